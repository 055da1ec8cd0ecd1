using System.Diagnostics;
using System.Globalization;

namespace HalfOpen.Linux.Processes;

/// <summary>
/// From the inode of a socket to its process, by a walk over /proc/PID/fd: 3-36 ms each (measured), so at most one part
/// in ten of our time goes into it; what a walk saw of all sockets is kept for the next question. For guards without
/// BPF, and for sockets older than the guard. Not thread-safe.
/// </summary>
public sealed class SocketProcesses
{
    private const int MaxSockets = 262_144;
    private const int WaitFactor = 9;
    private readonly Dictionary<uint, uint> _processOf = [];
    private readonly byte[] _link = new byte[64];
    private long _nextWalk;

    /// <summary>The process that has this socket open; 0: not known (yet).</summary>
    public uint Find(uint inode)
    {
        if (inode == 0)
        {
            return 0;
        }

        if (_processOf.TryGetValue(inode, out var process))
        {
            return process;
        }

        var start = Stopwatch.GetTimestamp();
        if (start < _nextWalk)
        {
            return 0;
        }

        _processOf.Clear();
        foreach (var folder in Entries("/proc"))
        {
            if (uint.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                Look(id, folder);
            }
        }

        var end = Stopwatch.GetTimestamp();
        _nextWalk = end + (WaitFactor * (end - start));
        return _processOf.GetValueOrDefault(inode);
    }

    /// <summary>The number in "socket:[12345]"; false for any other link.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> link, out uint inode)
    {
        inode = 0;
        return link.StartsWith("socket:["u8) && link[^1] == ']'
            && uint.TryParse(link["socket:[".Length..^1], NumberStyles.None, CultureInfo.InvariantCulture, out inode);
    }

    private void Look(uint process, string folder)
    {
        foreach (var descriptor in Entries(folder + "/fd"))
        {
            var length = Native.ReadLink(descriptor, _link);
            if (length > 0 && TryParse(_link.AsSpan(0, length), out var inode) && _processOf.Count < MaxSockets)
            {
                // A socket that was handed to a child belongs to whoever comes first, the parent.
                _processOf.TryAdd(inode, process);
            }
        }
    }

    private static string[] Entries(string folder)
    {
        try
        {
            return Directory.GetFileSystemEntries(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // ended meanwhile, or not ours to see
        }
    }
}
