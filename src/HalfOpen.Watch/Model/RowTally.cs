namespace HalfOpen.Watch.Model;

/// <summary>What is known of one destination of a program.</summary>
internal sealed class DestinationTally(UInt128 address, ushort port)
{
    public UInt128 Address { get; } = address;

    public ushort Port { get; } = port;

    public int HalfOpen { get; set; }

    /// <summary>Since the watch began, those found included.</summary>
    public long Attempts { get; set; }

    public WatchOutcomes Outcomes { get; set; }
}

/// <summary>
/// What is known of one program. Bounded: destinations that do not fit are summed up in <see cref="Rest"/>. Not
/// thread-safe.
/// </summary>
internal sealed class RowTally(long id, WatchWho who)
{
    /// <summary>Processes that are remembered.</summary>
    public const int MostProcesses = 8;

    private readonly Dictionary<(UInt128 Address, ushort Port), DestinationTally> _destinations = [];
    private readonly List<uint> _processes = [];
    private RateWindow _rate;

    public long Id { get; } = id;

    public WatchWho Who { get; } = who;

    public int HalfOpen { get; set; }

    public long Attempts { get; set; }

    public long Found { get; set; }

    public WatchOutcomes Outcomes { get; set; }

    /// <summary>When it last tried.</summary>
    public TimeSpan LastSeen { get; set; }

    public bool MoreProcesses { get; set; }

    public IReadOnlyList<uint> Processes => _processes;

    public IReadOnlyCollection<DestinationTally> Destinations => _destinations.Values;

    /// <summary>All destinations that have no place of their own.</summary>
    public DestinationTally Rest { get; private set; } = new(0, 0);

    /// <summary>How many were folded into <see cref="Rest"/>, each as often as it was.</summary>
    public long Folded { get; private set; }

    // Of one frame: the model counts them anew each time.
    public TimeSpan FrameOldest { get; set; }

    public int FrameSilent { get; set; }

    public void Began(TimeSpan at)
    {
        _rate.Add(at);
        LastSeen = at;
    }

    public double Rate(TimeSpan at) => _rate.Rate(at);

    public void Saw(uint process)
    {
        if (process == 0 || (_processes.Count > 0 && _processes[0] == process))
        {
            return;
        }

        _processes.Remove(process);
        if (_processes.Count == MostProcesses)
        {
            _processes.RemoveAt(MostProcesses - 1);
            MoreProcesses = true;
        }

        _processes.Insert(0, process);
    }

    /// <summary>The tally of a destination; <see cref="Rest"/> when there is no room.</summary>
    /// <param name="most">Destinations of this program.</param>
    /// <param name="isFull">All programs together have no room left.</param>
    /// <param name="added">One more than before: 1, or 0.</param>
    public DestinationTally Destination(UInt128 address, ushort port, int most, bool isFull, out int added)
    {
        added = 0;
        if (_destinations.TryGetValue((address, port), out var known))
        {
            return known;
        }

        if (isFull || _destinations.Count >= most)
        {
            if (Least() is not { } least)
            {
                Folded++;
                return Rest;
            }

            // It keeps its counts, in the sum.
            _destinations.Remove((least.Address, least.Port));
            Rest.Attempts += least.Attempts;
            Rest.Outcomes += least.Outcomes;
            Folded++;
            added--;
        }

        added++;
        var tally = new DestinationTally(address, port);
        _destinations.Add((address, port), tally);
        return tally;
    }

    /// <summary>Adds another program's counts to this one, which stands for many.</summary>
    /// <returns>Destinations that are forgotten with it.</returns>
    public int Fold(RowTally other)
    {
        Attempts += other.Attempts;
        Found += other.Found;
        Outcomes += other.Outcomes;
        Rest.Attempts += other.Rest.Attempts;
        Rest.Outcomes += other.Rest.Outcomes;
        foreach (var destination in other.Destinations)
        {
            Rest.Attempts += destination.Attempts;
            Rest.Outcomes += destination.Outcomes;
        }

        Folded += other.Destinations.Count;
        return other.Destinations.Count;
    }

    /// <summary>That with nothing half-open which was tried least; null: all have something half-open.</summary>
    private DestinationTally? Least()
    {
        DestinationTally? least = null;
        foreach (var destination in _destinations.Values)
        {
            if (destination.HalfOpen == 0 && (least is null || destination.Attempts < least.Attempts))
            {
                least = destination;
            }
        }

        return least;
    }
}
