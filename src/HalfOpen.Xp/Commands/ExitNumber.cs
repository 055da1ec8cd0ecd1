namespace HalfOpen.Xp.Commands;

/// <summary>What the process says to scripts: the numbers of the Linux program.</summary>
internal static class ExitNumber
{
    public const int Done = 0;

    /// <summary>Something was found or refused; the output says what.</summary>
    public const int FoundOrRefused = 1;

    /// <summary>The command line is wrong, or this machine lacks something that the message names.</summary>
    public const int WrongUsage = 2;

    /// <summary>Ended by Ctrl-C.</summary>
    public const int Interrupted = 130;
}
