namespace HalfOpen.Core.Statistics;

/// <summary>
/// How often something happened lately: counts of this window of 10 s and the one before. Mutable struct: never copy.
/// </summary>
internal struct RecentRate
{
    private const long Window = TimeSpan.TicksPerSecond * 10;
    private long _begin;
    private long _count;
    private long _previous;
    private bool _hasPrevious;
    private bool _begun;

    public void Add(long now)
    {
        Roll(now);
        _count++;
    }

    /// <summary>Per second; 0 before the first.</summary>
    public double PerSecond(long now)
    {
        Roll(now);
        var span = now - _begin + (_hasPrevious ? Window : 0);
        return (_count + _previous) / (Math.Max(span, TimeSpan.TicksPerSecond) / (double)TimeSpan.TicksPerSecond);
    }

    private void Roll(long now)
    {
        if (!_begun)
        {
            (_begin, _begun) = (now, true);
        }

        if (now - _begin < Window)
        {
            return; // nearly always: no division
        }

        var windows = (now - _begin) / Window;
        _previous = windows == 1 ? _count : 0;
        _hasPrevious = true;
        _count = 0;
        _begin += windows * Window;
    }
}
