using HalfOpen.Wire.Sockets;

namespace HalfOpen.Watch.Model;

/// <summary>
/// Attempts and outcomes in, frames out. Knows no clock: time comes in as a value, counted from the beginning of the
/// watch; what is told late counts as now. Remembers no more than <see cref="WatchLimits"/> says. Not thread-safe; the
/// frames are.
/// </summary>
/// <param name="limits">Null: the defaults.</param>
public sealed class WatchModel(WatchLimits? limits = null)
{
    /// <summary>Silence after which an attempt that is out speaks for a dead peer: by then the SYN was repeated
    /// twice.</summary>
    internal static readonly TimeSpan LongSilence = TimeSpan.FromSeconds(3);

    /// <summary>When there is no room for a program, the longest idle part of all is folded at once.</summary>
    private const int FoldPart = 8;

    private readonly WatchLimits _limits = limits ?? new WatchLimits();
    private readonly Dictionary<(string Owner, string Name), RowTally> _programs = [];
    private readonly Dictionary<Flow, Pending> _pending = [];
    private readonly LateOutcomes _late = new();
    private readonly RowTally _others = new(0, new WatchWho("", "", "other programs"));
    private RateWindow _rate;
    private TimeSpan _now;
    private TimeSpan _noRoomUntil;
    private WatchOutcomes _outcomes;
    private int _destinations;
    private long _lastId;
    private long _attempts;
    private long _found;
    private long _frames;

    /// <summary>An attempt that was half-open already when the watch began, or that was seen late.</summary>
    /// <param name="silent">How long it has been out, at least.</param>
    public void Found(in Flow flow, WatchWho who, uint process, TimeSpan at, TimeSpan silent)
    {
        Advance(at);
        var tally = Program(who);
        tally.LastSeen = _now;
        tally.Found++;
        _found++;
        Begin(flow, tally, process, _now - (silent > TimeSpan.Zero ? silent : TimeSpan.Zero));
    }

    /// <summary>A new attempt.</summary>
    /// <param name="process">0: not known.</param>
    public void Started(in Flow flow, WatchWho who, uint process, TimeSpan at)
    {
        Advance(at);
        _rate.Add(_now);
        var tally = Program(who);
        tally.Began(_now);
        tally.Attempts++;
        _attempts++;
        Begin(flow, tally, process, _now);
    }

    /// <summary>Whether an attempt is out, as far as is known.</summary>
    public bool IsOut(in Flow flow) => _pending.ContainsKey(flow);

    /// <summary>An attempt is over. Of one that is not known nothing changes.</summary>
    public void Ended(in Flow flow, WatchEnd end, TimeSpan at)
    {
        Advance(at);
        if (_pending.Remove(flow, out var attempt))
        {
            attempt.Program.HalfOpen--;
            attempt.Destination.HalfOpen--;
            Count(attempt.Program, attempt.Destination, end, _now - attempt.Start);
        }
    }

    /// <summary>
    /// Ends what the kernel knows nothing of: its end was not told. What began after the kernel was asked is left
    /// alone.
    /// </summary>
    /// <param name="halfOpen">All that the kernel has in SYN-SENT.</param>
    /// <param name="asked">When it was asked.</param>
    public void Compare(IReadOnlySet<Flow> halfOpen, TimeSpan asked)
    {
        List<Flow>? gone = null;
        foreach (var (flow, attempt) in _pending)
        {
            if (attempt.Start < asked && !halfOpen.Contains(flow))
            {
                (gone ??= []).Add(flow);
            }
        }

        gone?.ForEach(f => Ended(f, WatchEnd.Unseen, _now));
    }

    /// <summary>What is to be seen now.</summary>
    /// <param name="at">Since the watch began.</param>
    /// <param name="time">By the machine's clock, UTC.</param>
    /// <param name="hasLost">More happened than could be read.</param>
    public WatchFrame Frame(TimeSpan at, DateTimeOffset time, WatchSource source, WatchTable? table = null, WatchGuard? guard = null,
        bool hasLost = false)
    {
        Advance(at);
        var (oldest, silent) = Measure();
        var (lately, span) = _late.Sum(_now);
        var builder = new FrameBuilder(_limits, _programs.Values, _others, guard, _now);
        return new WatchFrame
        {
            Number = ++_frames,
            Time = time,
            SinceStart = _now,
            Source = source,
            Totals = new WatchTotals
            {
                HalfOpen = _pending.Count,
                OldestSilence = oldest,
                AttemptsPerSecond = Math.Round(_rate.Rate(_now), 1),
                Attempts = _attempts,
                Found = _found,
                Outcomes = _outcomes,
                Lately = lately,
                LatelySpan = span,
                DeadShare = lately.DeadShare(Math.Max(0, silent - (guard?.Waiting ?? 0))),
                HasLost = hasLost,
            },
            Table = table,
            Guard = guard,
            Programs = builder.Rows,
            ProgramsLeftOut = builder.LeftOut,
            Others = builder.Others,
        };
    }

    private void Advance(TimeSpan at)
    {
        if (at > _now)
        {
            _now = at;
        }
    }

    private void Begin(in Flow flow, RowTally program, uint process, TimeSpan start)
    {
        Ended(flow, WatchEnd.Unseen, _now); // of an earlier attempt with these addresses nobody told the end
        program.Saw(process);
        var destination = program.Destination(flow.Remote, flow.RemotePort, program == _others ? 0 : _limits.DestinationsOfOne,
            _destinations >= _limits.Destinations, out var added);
        _destinations += added;
        destination.Attempts++;
        if (_pending.Count >= _limits.Attempts)
        {
            Count(program, destination, WatchEnd.Unseen, TimeSpan.Zero);
            return;
        }

        program.HalfOpen++;
        destination.HalfOpen++;
        _pending.Add(flow, new Pending(program, destination, start));
    }

    private void Count(RowTally program, DestinationTally destination, WatchEnd end, TimeSpan silent)
    {
        program.Outcomes = program.Outcomes.With(end, silent);
        destination.Outcomes = destination.Outcomes.With(end, silent);
        _outcomes = _outcomes.With(end, silent);
        _late.Add(end, silent, _now);
    }

    private RowTally Program(WatchWho who)
    {
        if (_programs.TryGetValue((who.Owner, who.FullName), out var tally))
        {
            return tally;
        }

        if (_programs.Count >= _limits.Programs && !MakeRoom())
        {
            return _others;
        }

        tally = new RowTally(++_lastId, who);
        _programs.Add((who.Owner, who.FullName), tally);
        return tally;
    }

    /// <summary>Folds programs with nothing half-open into the others.</summary>
    private bool MakeRoom()
    {
        if (_now < _noRoomUntil)
        {
            return false;
        }

        var idle = _programs.Where(p => p.Value.HalfOpen == 0).OrderBy(p => p.Value.LastSeen).ThenBy(p => p.Value.Id)
            .Take(Math.Max(1, _limits.Programs / FoldPart)).ToArray();
        foreach (var (key, tally) in idle)
        {
            _destinations -= _others.Fold(tally);
            _programs.Remove(key);
        }

        // All are busy: that does not change at once, and looking costs.
        _noRoomUntil = idle.Length > 0 ? TimeSpan.Zero : _now + TimeSpan.FromSeconds(1);
        return idle.Length > 0;
    }

    /// <summary>How long attempts have been out, program by program, and in all.</summary>
    private (TimeSpan Oldest, int Silent) Measure()
    {
        foreach (var program in _programs.Values.Append(_others))
        {
            (program.FrameOldest, program.FrameSilent) = (TimeSpan.Zero, 0);
        }

        var (oldest, silent) = (TimeSpan.Zero, 0);
        foreach (var attempt in _pending.Values)
        {
            var age = _now - attempt.Start;
            var program = attempt.Program;
            program.FrameOldest = age > program.FrameOldest ? age : program.FrameOldest;
            oldest = age > oldest ? age : oldest;
            if (age >= LongSilence)
            {
                program.FrameSilent++;
                silent++;
            }
        }

        return (oldest, silent);
    }

    private readonly record struct Pending(RowTally Program, DestinationTally Destination, TimeSpan Start);
}
