using HalfOpen.Xp.Network;

namespace HalfOpen.Xp.Machine;

/// <summary>What Windows was sold as. The driver asks for it at its start and limits only workstations.</summary>
internal enum SoldAs
{
    Unknown,
    Workstation,
    Server,
}

/// <summary>What this program asks of the system it runs on. Tests answer for it.</summary>
internal interface IMachine
{
    /// <summary>The folder of the running Windows; null under mono on another system.</summary>
    string? WindowsFolder { get; }

    /// <summary>May this user change Windows' own files?</summary>
    bool IsAdministrator { get; }

    /// <summary>A program for 32 bits on a Windows for 64 is shown another system32 than the real one.</summary>
    bool IsRedirected { get; }

    SoldAs Product { get; }

    /// <summary>The sockets in SYN-SENT, by process. Null with a reason when the system does not tell.</summary>
    SocketList Sockets();

    /// <summary>
    /// The newest entries of the System log, newest first, as many as the reader asks for. An entry that cannot be read
    /// is left out.
    /// </summary>
    IEnumerable<LogEntry> SystemLog();
}

/// <summary>The System log could not be read.</summary>
internal sealed class LogUnreadableException : Exception
{
    public LogUnreadableException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}
