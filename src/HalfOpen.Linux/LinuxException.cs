namespace HalfOpen.Linux;

/// <summary>
/// The kernel refused something, in words that a user can act upon: what was tried, why it failed, the errno. Hosts
/// pass the message on in an exception of their own.
/// </summary>
public sealed class LinuxException : Exception
{
    /// <param name="message">One line, without a full stop.</param>
    /// <param name="isMissing">Whether this kernel or machine lacks what is needed, rather than refusing it.</param>
    public LinuxException(string message, bool isMissing = false)
        : base(message) => IsMissing = isMissing;

    /// <summary>This kernel or machine has no such thing; a package, a module or another kernel would have.</summary>
    public bool IsMissing { get; }
}
