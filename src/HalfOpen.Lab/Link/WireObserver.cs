namespace HalfOpen.Lab.Link;

/// <summary>
/// What an outsider sees of the machine's attempts: SYNs that reached the wire, and what came back. An attempt that
/// ends without an answer (its socket closed or timed out) is invisible on the wire, so whenever a count would set a
/// record the kernel is asked which sockets still are in SYN-SENT: the records are exact but for what lasts shorter
/// than that question, about 0.3 ms. A SYN that somebody holds back has a socket in SYN-SENT too, but never reached the
/// wire and is not counted. Not thread-safe: it lives on the link's thread.
/// </summary>
/// <param name="dump">Fills an empty set with the flows of all sockets in SYN-SENT.</param>
/// <param name="onePerDestination">Count destinations instead of attempts, as Windows does.</param>
internal sealed class WireObserver(Action<HashSet<ulong>> dump, bool onePerDestination)
{
    private readonly HashSet<ulong> _unanswered = [];
    private readonly Dictionary<uint, int> _strangers = []; // unanswered attempts a destination that never answered
    private readonly HashSet<uint> _known = [];
    private readonly HashSet<ulong> _alive = [];
    private readonly List<ulong> _gone = [];
    private int _toStrangers;

    /// <summary>The most half-open attempts to destinations not known to answer.</summary>
    public int MaxCounted { get; private set; }

    /// <summary>The most half-open attempts of any kind.</summary>
    public int MaxHalfOpen { get; private set; }

    private int Counted => onePerDestination ? _strangers.Count : _toStrangers;

    /// <summary>A SYN on the wire; true: the first of its attempt.</summary>
    public bool Syn(ulong flow)
    {
        if (!_unanswered.Add(flow))
        {
            return false;
        }

        var address = FlowKey.Address(flow);
        if (!_known.Contains(address))
        {
            _strangers[address] = _strangers.GetValueOrDefault(address) + 1;
            _toStrangers++;
        }

        if (Counted > MaxCounted || _unanswered.Count > MaxHalfOpen)
        {
            ForgetEnded();
            MaxCounted = Math.Max(MaxCounted, Counted);
            MaxHalfOpen = Math.Max(MaxHalfOpen, _unanswered.Count);
        }

        return true;
    }

    /// <summary>
    /// An answer reaches the machine: yes (SYN-ACK) or no (RST). Either way its destination is known to answer from now
    /// on.
    /// </summary>
    public void Answered(ulong flow)
    {
        var address = FlowKey.Address(flow);
        Remove(flow);
        if (_known.Add(address) && _strangers.Remove(address, out var count))
        {
            _toStrangers -= count; // those still unanswered now go to a destination that is known to answer
        }
    }

    private void ForgetEnded()
    {
        _alive.Clear();
        dump(_alive);
        _gone.Clear();
        foreach (var flow in _unanswered)
        {
            if (!_alive.Contains(flow))
            {
                _gone.Add(flow);
            }
        }

        foreach (var flow in _gone)
        {
            Remove(flow);
        }
    }

    private void Remove(ulong flow)
    {
        if (!_unanswered.Remove(flow))
        {
            return;
        }

        var address = FlowKey.Address(flow);
        if (_strangers.TryGetValue(address, out var count))
        {
            _toStrangers--;
            if (count == 1)
            {
                _strangers.Remove(address);
            }
            else
            {
                _strangers[address] = count - 1;
            }
        }
    }
}
