namespace HalfOpen.Cli.CommandLine;

/// <summary>
/// An expected failure whose message is the whole of what the user sees: one line that says what is wrong and what to
/// do.
/// </summary>
internal sealed class CliException(string message, int exitCode = ExitCode.WrongUsage) : Exception(message)
{
    /// <summary>One of <see cref="CommandLine.ExitCode"/>.</summary>
    public int ExitCode { get; } = exitCode;

    /// <summary>A safety rule or the state of a file forbids it: exit code 1.</summary>
    public static CliException Refused(string message) => new(message, CommandLine.ExitCode.FoundOrRefused);

    /// <summary>The command line or the machine does not fit: exit code 2.</summary>
    public static CliException Usage(string message) => new(message, CommandLine.ExitCode.WrongUsage);
}
