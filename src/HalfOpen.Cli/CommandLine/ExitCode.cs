namespace HalfOpen.Cli.CommandLine;

/// <summary>What the process says to scripts: one meaning a number, the same for every verb.</summary>
internal static class ExitCode
{
    /// <summary>The verb did what it was asked.</summary>
    public const int Done = 0;

    /// <summary>
    /// Something was found (a finding of a check) or refused (a safety rule held, no guard runs), or the work failed on
    /// the way; the output says what.
    /// </summary>
    public const int FoundOrRefused = 1;

    /// <summary>
    /// The command line is wrong, what it names is not there or cannot be read, or this machine lacks something that
    /// the message names. Nothing was done.
    /// </summary>
    public const int WrongUsage = 2;

    /// <summary>Ended by Ctrl-C: 128 + SIGINT, as shells expect.</summary>
    public const int Interrupted = 130;

    /// <summary>The table of manual pages and of docs/exit-codes.md.</summary>
    public static IReadOnlyList<(int Code, string Meaning)> Table { get; } =
    [
        (Done, "It did what it was asked."),
        (FoundOrRefused, "Something was found or refused, or the work failed on the way; the output says what."),
        (WrongUsage, "The command line is wrong, what it names is not there or cannot be read, or this machine lacks something that the "
            + "message names. Nothing was done."),
        (Interrupted, "Ended by Ctrl-C, or by SIGTERM."),
    ];
}
