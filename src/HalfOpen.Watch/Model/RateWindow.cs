namespace HalfOpen.Watch.Model;

/// <summary>
/// How many happened in the last seconds: a ring of seconds. Time comes in as a value and does not run backwards: what
/// is told late counts as now. A mutable value.
/// </summary>
internal struct RateWindow
{
    /// <summary>Seconds that are averaged.</summary>
    public const int Seconds = 5;

    /// <summary>The seconds averaged, and the one that is not over.</summary>
    [System.Runtime.CompilerServices.InlineArray(Seconds + 1)]
    private struct Ring
    {
        private int _first;
    }

    private Ring _counts;
    private long _second;

    public void Add(TimeSpan at)
    {
        MoveTo(at);
        _counts[(int)(_second % (Seconds + 1))]++;
    }

    /// <summary>A second, over the last five whole ones, or over what there was since the beginning.</summary>
    public double Rate(TimeSpan at)
    {
        MoveTo(at);
        var sum = 0L;
        foreach (var count in _counts)
        {
            sum += count;
        }

        // In the first seconds there is nothing but the time that has passed, of which a quarter is the least to divide
        // by.
        return at.TotalSeconds < Seconds ? sum / Math.Max(0.25, at.TotalSeconds)
            : (sum - _counts[(int)(_second % (Seconds + 1))]) / (double)Seconds;
    }

    private void MoveTo(TimeSpan at)
    {
        var second = Math.Max(0, at.Ticks / TimeSpan.TicksPerSecond);
        for (var steps = 0; _second < second && steps <= Seconds; steps++)
        {
            _second++;
            _counts[(int)(_second % (Seconds + 1))] = 0;
        }

        if (_second < second)
        {
            // Longer than the ring: it is empty, and only its place matters.
            _counts = default;
            _second = second;
        }
    }
}
