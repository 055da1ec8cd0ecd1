namespace HalfOpen.Lab;

/// <summary>Something the user can act upon: one line that says what. No stack trace is shown.</summary>
public sealed class LabException(string message, bool isMissing = false) : Exception(message)
{
    /// <summary>This machine lacks something that the message names, with the command that installs it.</summary>
    public bool IsMissing { get; } = isMissing;
}
