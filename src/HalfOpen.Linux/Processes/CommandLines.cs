using System.Diagnostics;

namespace HalfOpen.Linux.Processes;

/// <summary>
/// Command lines of processes, bounded in length and in time: the kernel reads them from the process's own memory,
/// under a lock that a process can keep (a fork of a big one does for a while). After a slow one, at most one part in
/// ten of our time goes into the next. Not thread-safe.
/// </summary>
public sealed class CommandLines
{
    /// <summary>Longest that is read, in bytes: class paths are long.</summary>
    public const int MaxLength = 32 * 1024;

    private const int WaitFactor = 9;
    private static readonly long Slow = Stopwatch.Frequency / 500;
    private readonly byte[] _buffer = new byte[MaxLength];
    private long _nextRead;

    /// <summary>
    /// Arguments with a zero byte behind each, as proc_pid_cmdline(5) has them; cut at <see cref="MaxLength"/>; empty:
    /// gone, not ours to see, or no time for it. Valid until the next call.
    /// </summary>
    public ReadOnlySpan<byte> Read(uint processId)
    {
        var start = Stopwatch.GetTimestamp();
        if (start < _nextRead)
        {
            return default;
        }

        var length = 0;
        try
        {
            using var file = File.OpenHandle($"/proc/{processId}/cmdline");
            length = RandomAccess.Read(file, _buffer, 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // As documented.
        }

        var end = Stopwatch.GetTimestamp();
        _nextRead = end - start > Slow ? end + (WaitFactor * (end - start)) : 0;
        return _buffer.AsSpan(0, length);
    }
}
