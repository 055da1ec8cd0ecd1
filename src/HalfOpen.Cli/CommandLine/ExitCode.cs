namespace HalfOpen.Cli.CommandLine;

/// <summary>What the process says to scripts: one meaning a number, the same for every verb.</summary>
internal static class ExitCode
{
    /// <summary>The verb did what it was asked.</summary>
    public const int Done = 0;

    /// <summary>
    /// Something was found (a finding of a check) or refused (a safety rule held); the output says what.
    /// </summary>
    public const int FoundOrRefused = 1;

    /// <summary>The command line is wrong, or this machine lacks something that the message names.</summary>
    public const int WrongUsage = 2;

    /// <summary>Ended by Ctrl-C: 128 + SIGINT, as shells expect.</summary>
    public const int Interrupted = 130;
}
