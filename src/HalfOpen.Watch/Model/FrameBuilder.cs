using HalfOpen.Wire.Sockets;

namespace HalfOpen.Watch.Model;

/// <summary>The rows of one frame.</summary>
internal sealed class FrameBuilder
{
    private readonly WatchLimits _limits;
    private readonly TimeSpan _now;
    private readonly Dictionary<(string Owner, string Program), WatchGuardRow> _guard = [];

    public FrameBuilder(WatchLimits limits, IReadOnlyCollection<RowTally> programs, RowTally others, WatchGuard? guard,
        TimeSpan now)
    {
        (_limits, _now) = (limits, now);
        foreach (var row in guard?.Programs ?? [])
        {
            _guard[(row.Owner, row.Program)] = row;
        }

        var sorted = programs.Select(p => (Program: p, Rate: p.Rate(now))).ToArray();
        Array.Sort(sorted, (a, b) =>
            a.Program.HalfOpen != b.Program.HalfOpen ? b.Program.HalfOpen.CompareTo(a.Program.HalfOpen)
            : Math.Abs(a.Rate - b.Rate) > 0 ? b.Rate.CompareTo(a.Rate)
            : a.Program.Attempts != b.Program.Attempts ? b.Program.Attempts.CompareTo(a.Program.Attempts)
            : a.Program.Id.CompareTo(b.Program.Id));
        var shown = Math.Min(sorted.Length, limits.Rows);
        var rows = new WatchProgram[shown];
        for (var i = 0; i < shown; i++)
        {
            rows[i] = Row(sorted[i].Program, sorted[i].Rate);
        }

        Rows = rows;
        LeftOut = sorted.Length - shown;
        Others = Sum(others, sorted.AsSpan(shown));
    }

    public IReadOnlyList<WatchProgram> Rows { get; }

    public int LeftOut { get; }

    public WatchProgram? Others { get; }

    private WatchProgram Row(RowTally p, double rate)
    {
        var who = p.Who;
        var guard = _guard.GetValueOrDefault((who.Owner, who.FullName)) ?? _guard.GetValueOrDefault(("", who.FlatName));
        var destinations = p.Destinations.ToArray();
        Array.Sort(destinations, (a, b) =>
            a.HalfOpen != b.HalfOpen ? b.HalfOpen.CompareTo(a.HalfOpen)
            : a.Outcomes.Silent != b.Outcomes.Silent ? b.Outcomes.Silent.CompareTo(a.Outcomes.Silent)
            : a.Attempts != b.Attempts ? b.Attempts.CompareTo(a.Attempts)
            : a.Address != b.Address ? a.Address.CompareTo(b.Address) : a.Port.CompareTo(b.Port));
        var shown = Math.Min(destinations.Length, _limits.DestinationsShown);
        var waiting = guard?.Waiting ?? 0;
        return new WatchProgram
        {
            Id = p.Id,
            Name = who.Name,
            FullName = who.FullName,
            Owner = who.Owner,
            Unit = who.Unit,
            ProcessIds = [.. p.Processes],
            MoreProcesses = p.MoreProcesses,
            HalfOpen = p.HalfOpen,
            OldestSilence = p.FrameOldest,
            AttemptsPerSecond = Math.Round(rate, 1),
            Attempts = p.Attempts,
            Found = p.Found,
            Outcomes = p.Outcomes,
            DeadShare = p.Outcomes.DeadShare(Math.Max(0, p.FrameSilent - waiting)),
            Slots = guard?.Slots ?? 0,
            Waiting = waiting,
            LongestWait = guard?.LongestWait ?? TimeSpan.Zero,
            WhyItWaits = guard?.Reason ?? "",
            Destinations = [.. destinations.AsSpan(0, shown).ToArray().Select(d => new WatchDestination(
                Flow.ToAddress(d.Address).ToString(), d.Port, d.HalfOpen, d.Attempts, d.Outcomes))],
            DestinationsLeftOut = (int)Math.Min(int.MaxValue, destinations.Length - shown + p.Folded),
        };
    }

    /// <summary>All that have no row; null when that is nothing.</summary>
    private WatchProgram? Sum(RowTally others, ReadOnlySpan<(RowTally Program, double Rate)> hidden)
    {
        var (halfOpen, silent, attempts, found) = (others.HalfOpen, others.FrameSilent, others.Attempts, others.Found);
        var (oldest, outcomes, rate) = (others.FrameOldest, others.Outcomes, others.Rate(_now));
        foreach (var (p, r) in hidden)
        {
            halfOpen += p.HalfOpen;
            silent += p.FrameSilent;
            attempts += p.Attempts;
            found += p.Found;
            oldest = p.FrameOldest > oldest ? p.FrameOldest : oldest;
            outcomes += p.Outcomes;
            rate += r;
        }

        return attempts + found == 0 ? null : new WatchProgram
        {
            Id = 0,
            Name = others.Who.Name,
            HalfOpen = halfOpen,
            OldestSilence = oldest,
            AttemptsPerSecond = Math.Round(rate, 1),
            Attempts = attempts,
            Found = found,
            Outcomes = outcomes,
            DeadShare = outcomes.DeadShare(silent),
        };
    }
}
