using HalfOpen.Wire.Netlink;

namespace HalfOpen.Linux.Netlink;

/// <summary>
/// The nf_tables rules of one network namespace: changes them, reads them, and tells when anybody changed them. Must be
/// made by a thread in that namespace; may then be used from any, by one at a time. Never waits: the kernel answers
/// such requests before the call that sends them returns.
/// </summary>
public sealed class FilterTables : IDisposable
{
    private const int ReceiveBufferBytes = 1 << 20;

    /// <summary>What was told matters less than that something was: what does not fit is not missed.</summary>
    private const int ChangesBufferBytes = 64 << 10;

    /// <summary>
    /// How often a list is asked for, while others change theirs. One asking takes about 0.05 ms, in which a busy
    /// program (Docker, fail2ban, kube-proxy) may well have changed something; a hundred times in a row it has not.
    /// </summary>
    private const int MostTries = 100;

    private const int NoAnswer = 71; // EPROTO
    private readonly NetlinkSocket _socket;
    private readonly NetlinkSocket _changes;
    private readonly byte[] _request = new byte[256];
    private uint _sequence;

    /// <exception cref="LinuxException">No netlink here.</exception>
    public FilterTables()
    {
        _socket = new NetlinkSocket(Native.NetlinkNetfilter, ReceiveBufferBytes);
        try
        {
            // First a request, which has the kernel load nf_tables and waits for that. To subscribe would begin to load
            // it in the background, and what is asked meanwhile is refused as not supported.
            _ = TryGetGeneration(out _);
            _changes = new NetlinkSocket(Native.NetlinkNetfilter, ChangesBufferBytes, 1u << (FilterMessages.ChangesGroup - 1));
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    /// <summary>Readable after any change by anybody, ourselves included; made silent by <see cref="Hush"/>.</summary>
    public int Number => _changes.Number;

    /// <summary>The sequence number to put on the last message of a batch for <see cref="Apply"/>; never 0.</summary>
    public uint NextSequence() => _sequence = unchecked(_sequence + 1) is 0 ? 1 : unchecked(_sequence + 1);

    /// <summary>Carries out a batch.</summary>
    /// <param name="batch">From begin to end; its last message but the end asks for an acknowledgement.</param>
    /// <returns>The first errno that the kernel gave, or 0: all of it is in force.</returns>
    public int Apply(ReadOnlySpan<byte> batch)
    {
        _socket.AllowSending(checked(batch.Length + 65_536));
        var errno = _socket.Send(batch);
        if (errno != 0)
        {
            return errno;
        }

        var acknowledged = false;
        for (var datagram = _socket.TryReceive(); !datagram.IsEmpty; datagram = _socket.TryReceive())
        {
            var reader = new NetlinkReader(datagram);
            while (reader.TryRead(out var message))
            {
                if (message.TryReadError(out var told))
                {
                    errno = errno == 0 ? told : errno;
                    acknowledged = true;
                }
            }
        }

        return acknowledged ? errno : NoAnswer;
    }

    /// <summary>Grows by one with every change by anybody; false where the kernel does not tell.</summary>
    public bool TryGetGeneration(out uint generation)
    {
        generation = 0;
        var writer = new NetlinkWriter(_request);
        FilterMessages.AskGeneration(ref writer, NextSequence());
        if (_socket.Send(_request.AsSpan(0, writer.Length)) != 0)
        {
            return false;
        }

        var found = false;
        for (var datagram = _socket.TryReceive(); !datagram.IsEmpty; datagram = _socket.TryReceive())
        {
            var reader = new NetlinkReader(datagram);
            while (reader.TryRead(out var message))
            {
                found |= FilterMessages.TryReadGeneration(message, out generation);
            }
        }

        return found;
    }

    /// <summary>Whether the calling thread's namespace has a table of this name for IPv4.</summary>
    /// <exception cref="LinuxException">No netlink here.</exception>
    public static bool HasTable(string table)
    {
        using var filter = new FilterTables();
        ulong mixed = 0;
        return filter.TryDescribeTable(FilterFamily.IPv4, table, ref mixed);
    }

    /// <summary>Mixes what the kernel says about a table into a number that differs when anything of it does.</summary>
    /// <returns>False: there is no such table.</returns>
    public bool TryDescribeTable(FilterFamily family, string table, ref ulong mixed)
    {
        var writer = new NetlinkWriter(_request);
        FilterMessages.AskTable(ref writer, family, table, NextSequence());
        return Read(_request.AsSpan(0, writer.Length), isDump: false, ref mixed) == DumpEnd.Whole;
    }

    /// <summary>The same for a chain: its hook, priority and policy, not its rules.</summary>
    public bool TryDescribeChain(FilterFamily family, string table, string chain, ref ulong mixed)
    {
        var writer = new NetlinkWriter(_request);
        FilterMessages.AskChain(ref writer, family, table, chain, NextSequence());
        return Read(_request.AsSpan(0, writer.Length), isDump: false, ref mixed) == DumpEnd.Whole;
    }

    /// <summary>
    /// Whether a chain is there that stops what none of its rules decides: somebody gave it another policy than ACCEPT.
    /// </summary>
    public bool Stops(FilterFamily family, string table, string chain)
    {
        var writer = new NetlinkWriter(_request);
        FilterMessages.AskChain(ref writer, family, table, chain, NextSequence());
        var stops = false;
        if (_socket.Send(_request.AsSpan(0, writer.Length)) == 0)
        {
            for (var datagram = _socket.TryReceive(); !datagram.IsEmpty; datagram = _socket.TryReceive())
            {
                var reader = new NetlinkReader(datagram);
                while (reader.TryRead(out var message))
                {
                    stops |= message.Sequence == _sequence && FilterMessages.TryReadPolicy(message, out var accepts) && !accepts;
                }
            }
        }

        return stops;
    }

    /// <summary>As of a table for all its rules, of one moment: asked again while others change theirs.</summary>
    public bool TryDescribeRules(FilterFamily family, string table, ref ulong mixed)
    {
        for (var tries = 0; tries < MostTries; tries++)
        {
            var writer = new NetlinkWriter(_request);
            FilterMessages.AskRules(ref writer, family, table, NextSequence());
            var described = mixed;
            var answer = Read(_request.AsSpan(0, writer.Length), isDump: true, ref described);
            if (answer != DumpEnd.Interrupted)
            {
                mixed = described;
                return answer == DumpEnd.Whole;
            }
        }

        return false;
    }

    /// <summary>Forgets which changes were told.</summary>
    public void Hush()
    {
        while (!_changes.TryReceive().IsEmpty)
        {
        }
    }

    public void Dispose()
    {
        _changes.Dispose();
        _socket.Dispose();
    }

    private DumpEnd Read(ReadOnlySpan<byte> request, bool isDump, ref ulong mixed)
    {
        if (_socket.Send(request) != 0)
        {
            return DumpEnd.None;
        }

        var answer = DumpEnd.None;
        var interrupted = false;
        for (var datagram = _socket.TryReceive(); !datagram.IsEmpty; datagram = _socket.TryReceive())
        {
            var reader = new NetlinkReader(datagram);
            while (reader.TryRead(out var message))
            {
                if (message.Sequence != _sequence)
                {
                    continue;
                }

                // A dump during which somebody changed something shows neither what was nor what is. The kernel says
                // so once, on whatever message comes next.
                interrupted |= isDump && (message.Flags & NetlinkConstants.DumpInterrupted) != 0;
                var content = FilterMessages.TryReadObject(message, out var told);
                if (content)
                {
                    mixed = Mix(mixed, told);
                }

                if (isDump ? message.IsDone : content)
                {
                    answer = DumpEnd.Whole;
                }
            }
        }

        return interrupted ? DumpEnd.Interrupted : answer;
    }

    /// <summary>FNV-1a.</summary>
    private static ulong Mix(ulong mixed, ReadOnlySpan<byte> content)
    {
        unchecked
        {
            foreach (var one in content)
            {
                mixed = (mixed ^ one) * 0x100000001b3;
            }

            return (mixed ^ (ulong)content.Length) * 0x100000001b3;
        }
    }

    private enum DumpEnd
    {
        /// <summary>There is no such thing, or no answer.</summary>
        None,

        /// <summary>Somebody changed something meanwhile.</summary>
        Interrupted,

        Whole,
    }
}
