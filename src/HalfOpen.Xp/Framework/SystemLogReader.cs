using System.ComponentModel;
using System.Diagnostics;
using HalfOpen.Xp.Machine;
using HalfOpen.Xp.Network;

namespace HalfOpen.Xp.Framework;

/// <summary>The System log through .NET Framework's own class.</summary>
internal static class SystemLogReader
{
    /// <exception cref="LogUnreadableException">It cannot be read, or this is no Windows.</exception>
    public static IEnumerable<LogEntry> Read()
    {
        if (Environment.OSVersion.Platform != PlatformID.Win32NT)
        {
            throw new LogUnreadableException("no Windows");
        }

        using var log = new EventLog("System");
        int count;
        try
        {
            count = log.Entries.Count;
        }
        catch (Exception e) when (IsExpected(e))
        {
            throw new LogUnreadableException(e.Message, e);
        }

        for (var i = count - 1; i >= 0; i--)
        {
            LogEntry? entry = null;
            try
            {
                var read = log.Entries[i];
                entry = new LogEntry(read.Source, read.InstanceId, read.TimeGenerated.ToUniversalTime());
            }
            catch (Exception e) when (IsExpected(e))
            {
                // The log wrapped meanwhile, or this entry is damaged: the others count.
            }

            if (entry != null)
            {
                yield return entry;
            }
        }
    }

    private static bool IsExpected(Exception e) =>
        e is Win32Exception or InvalidOperationException or ArgumentException or IOException
            or UnauthorizedAccessException or System.Security.SecurityException;
}
