namespace HalfOpen.Core.Policies.Fair;

/// <summary>
/// The shortest pause between bursts of brief handshakes, over the last two windows of time. Until so long after the
/// last of them no newcomer is expected; the shortest, because to be wrong makes somebody wait.
/// </summary>
internal struct Pauses()
{
    private const int Enough = 3;

    /// <summary>What is closer together is one burst: a page, not two.</summary>
    private static readonly long BurstGap = TimeSpan.FromMilliseconds(250).Ticks;
    private long _last = long.MinValue;
    private long _shortest = long.MaxValue;
    private long _lastShortest = long.MaxValue;
    private int _seen;
    private int _lastSeen;

    /// <summary>
    /// No newcomer is expected before; long.MinValue: nothing is known, or the burst may not be over.
    /// </summary>
    public readonly long QuietUntil(long now) =>
        _seen + _lastSeen >= Enough && now - _last > BurstGap ? _last + Math.Min(_shortest, _lastShortest) : long.MinValue;

    /// <summary>When the burst will be over, if nothing more of it comes.</summary>
    public readonly long BurstEnds => _last == long.MinValue ? long.MaxValue : _last + BurstGap + 1;

    public void Record(long now)
    {
        if (_last != long.MinValue && now - _last > BurstGap)
        {
            _shortest = Math.Min(_shortest, now - _last);
            _seen++;
        }

        _last = now;
    }

    public void NextWindow()
    {
        (_lastShortest, _shortest) = (_shortest, long.MaxValue);
        (_lastSeen, _seen) = (_seen, 0);
    }
}
