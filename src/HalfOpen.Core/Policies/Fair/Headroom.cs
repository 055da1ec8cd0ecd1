using HalfOpen.Core.Attempts;
using HalfOpen.Core.Queueing;

namespace HalfOpen.Core.Policies.Fair;

/// <summary>
/// Slots that those who hold theirs for long must leave to those who give them back within a round trip: as many as
/// these needed at once lately, up to a twentieth of the limit. It is lent while no newcomer is expected before what is
/// lent comes back.
/// </summary>
internal sealed class Headroom
{
    private const int LimitPerSlot = 20;

    /// <summary>Where the headroom is this share of the limit or more, a slot is lent for a short time too.</summary>
    private const int LargeShare = 10;
    private static readonly long Window = TimeSpan.FromMinutes(3).Ticks;

    private readonly FairOptions _options;
    private int _limit;
    private int _peak;
    private int _lastPeak;
    private long _windowEnds;
    private Pauses _pauses = new();
    private SteadyTime _silenceEnds;

    public Headroom(FairOptions options, int limit, long now)
    {
        _options = options;
        SetLimit(limit, now);
    }

    /// <summary>Slots that may be kept free at most; none at limit 1.</summary>
    public int Most { get; private set; }

    /// <summary>Slots kept free now.</summary>
    public int Size { get; private set; }

    /// <summary>
    /// Slots that somebody may hold before it has shown what it is, and that it may take from the headroom.
    /// </summary>
    public int Trial { get; private set; }

    /// <summary>Slots held by those who do not give them back within a round trip.</summary>
    public int LongHeld { get; set; }

    /// <summary>Those may take no more, unless something is lent.</summary>
    public bool IsReached => LongHeld >= _limit - Size;

    /// <summary>They have some of what is kept free for others.</summary>
    public bool IsExceeded => LongHeld > _limit - Size;

    /// <summary>Not reached, whatever size it may have.</summary>
    public bool IsFar => LongHeld < _limit - Most;

    private bool LendsShortly =>
        Size > 0 && Size * LargeShare >= _limit && _options.LendBefore > TimeSpan.Zero && _silenceEnds.Value != 0;

    public void SetLimit(int limit, long now)
    {
        _limit = limit;
        Most = Math.Min(_options.MaxHeadroom ?? (limit + LimitPerSlot - 1) / LimitPerSlot, limit - 1);
        Trial = Math.Max(1, Most);
        Size = _lastPeak = _peak = Most;
        _windowEnds = now + Window;
    }

    /// <summary>
    /// So many slots are held by those who give them back soon, or wanted by them: the most of this window of time and
    /// the one before counts, at least one.
    /// </summary>
    public void Need(int slots, long now)
    {
        if (now >= _windowEnds)
        {
            (_lastPeak, _peak) = (_peak, 0);
            _pauses.NextWindow();
            _windowEnds = now + Window;
        }
        else if (slots <= _peak)
        {
            return; // nearly always
        }

        _peak = Math.Max(_peak, slots);
        Size = !_options.LearnHeadroom ? Most : Math.Min(Most, Math.Max(1, Math.Max(_peak, _lastPeak)));
    }

    /// <summary>Somebody who gives slots back soon has started.</summary>
    public void BriefStarted(long now) => _pauses.Record(now);

    /// <summary>The stack gave a silent attempt up.</summary>
    public void SilenceEnded(long held) => _silenceEnds.Record(held);

    /// <summary>
    /// One more slot may be lent: what is lent already and this one will have come back before a newcomer is expected,
    /// or soon enough.
    /// </summary>
    /// <param name="late">Silent attempts, the oldest first.</param>
    public bool MayLend(AttemptSlab slab, in AttemptList late, long now)
    {
        var lent = LongHeld - (_limit - Size);
        if (_silenceEnds.Value == 0 || lent >= Size)
        {
            return false;
        }

        // The oldest silent attempts make good what is lent; no longer than the headroom, this walk is a few steps.
        var index = late.Head;
        for (var i = 0; i < lent && index >= 0; i++)
        {
            index = slab[index].Next;
        }

        if (index < 0)
        {
            return false;
        }

        var ends = slab[index].Since + _silenceEnds.Value;
        return (_options.LendHeadroom && ends <= _pauses.QuietUntil(now))
            || (lent == 0 && LendsShortly && ends - _options.LendBefore.Ticks <= now);
    }

    /// <summary>
    /// A slot comes back so soon that it is worth waiting for: the time within which one is lent. False once it should
    /// have come back, by as much, and did not.
    /// </summary>
    /// <param name="oldestSince">Start of the oldest silent attempt.</param>
    public bool ComesBackShortly(long oldestSince, long now)
    {
        var due = OverdueAt(oldestSince);
        return _silenceEnds.Value != 0 && due > now && due - now <= 2 * _options.LendBefore.Ticks;
    }

    private long OverdueAt(long since) => since + _silenceEnds.Value + _options.LendBefore.Ticks;

    /// <summary>When <see cref="MayLend"/> may become true by time alone: asked while somebody waits.</summary>
    /// <param name="oldestSince">Start of the oldest silent attempt; long.MaxValue: none.</param>
    public long NextDue(long oldestSince, long now)
    {
        var due = long.MaxValue;
        if (_options.LendHeadroom && _silenceEnds.Value != 0 && _pauses.BurstEnds > now && IsReached)
        {
            due = _pauses.BurstEnds;
        }

        if (oldestSince != long.MaxValue && IsExceeded && ComesBackShortly(oldestSince, now))
        {
            due = Math.Min(due, OverdueAt(oldestSince));
        }

        if (LendsShortly && LongHeld == _limit - Size && oldestSince != long.MaxValue)
        {
            var lendsAt = oldestSince + _silenceEnds.Value - _options.LendBefore.Ticks;
            due = lendsAt > now ? Math.Min(due, lendsAt) : due;
        }

        return due;
    }
}
