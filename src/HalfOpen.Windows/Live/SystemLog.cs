using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using HalfOpen.Windows.EventLogs;
using Microsoft.Win32.SafeHandles;

namespace HalfOpen.Windows.Live;

/// <summary>
/// The System event log of this Windows through OpenEventLog and ReadEventLog, which every Windows has; records come as
/// they stand in an <c>.Evt</c> file (EVENTLOGRECORD). Thread-safe: nothing is kept.
/// </summary>
[SupportedOSPlatform("windows")]
public static partial class SystemLog
{
    private const uint NewestFirst = 0x1 | 0x8; // EVENTLOG_SEQUENTIAL_READ | EVENTLOG_BACKWARDS_READ
    private const int EndOfLog = 38;
    private const int InsufficientBuffer = 122;
    private const int LargestRead = 0x7FFFF;
    private const int FirstRead = 64 * 1024;
    private const long MostBytes = EventLogFile.MaxSize;

    /// <summary>Each record, the newest first.</summary>
    /// <exception cref="Win32Exception">Windows refuses.</exception>
    public static IEnumerable<EventLogRecord> Read()
    {
        using var log = OpenEventLog(null, "System");
        if (log.IsInvalid)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        var buffer = new byte[FirstRead];
        for (var bytes = 0L; bytes < MostBytes;)
        {
            if (ReadEventLog(log, NewestFirst, 0, buffer, (uint)buffer.Length, out var read, out var needed))
            {
                if (read == 0)
                {
                    yield break;
                }

                bytes += read;
                var part = EventLogFile.Read(buffer.AsSpan(0, (int)Math.Min(read, (uint)buffer.Length)));
                foreach (var record in (part?.Records ?? []).Reverse())
                {
                    yield return record;
                }

                continue;
            }

            var error = Marshal.GetLastPInvokeError();
            if (error != InsufficientBuffer || needed <= buffer.Length || needed > LargestRead)
            {
                if (error is EndOfLog or 0)
                {
                    yield break;
                }

                throw new Win32Exception(error);
            }

            buffer = new byte[needed];
        }
    }

    [LibraryImport("advapi32", EntryPoint = "OpenEventLogW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    private static partial EventLogHandle OpenEventLog(string? server, string source);

    [LibraryImport("advapi32", EntryPoint = "ReadEventLogW", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool ReadEventLog(EventLogHandle log, uint flags, uint offset, Span<byte> buffer, uint size, out uint read,
        out uint needed);

    [LibraryImport("advapi32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool CloseEventLog(nint log);

    private sealed class EventLogHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
    {
        protected override bool ReleaseHandle() => CloseEventLog(handle);
    }
}
