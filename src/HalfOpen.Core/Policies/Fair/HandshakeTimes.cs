namespace HalfOpen.Core.Policies.Fair;

/// <summary>
/// How long handshakes take that succeed, and what silence means therefore. Follows the network by forgetting half
/// after every 4,096.
/// </summary>
internal sealed class HandshakeTimes(FairOptions options)
{
    private const int Enough = 30;
    private static readonly long MinLate = TimeSpan.FromSeconds(1).Ticks;
    private static readonly long MaxLate = TimeSpan.FromSeconds(3).Ticks;
    private static readonly long MaxGiveUp = TimeSpan.FromSeconds(20).Ticks;
    private readonly DurationHistogram _times = new();
    private int _untilUpdate;

    /// <summary>Silent for longer: probably a dead peer. 1 to 3 s.</summary>
    public long LateAfter { get; private set; } = MinLate;

    /// <summary>
    /// Silent for longer than (nearly) all that ever answered, twice: not worth a slot. Between the option's minimum
    /// and 20 s.
    /// </summary>
    public long GiveUpAfter { get; private set; } = options.MinGiveUpAfter.Ticks;

    public void Record(long ticks)
    {
        _times.Record(ticks);
        if (--_untilUpdate > 0)
        {
            return;
        }

        // A quantile walks 512 counters: every 64th time is soon enough.
        _untilUpdate = 64;
        if (_times.Count >= 4096)
        {
            _times.Halve();
        }

        if (_times.Count >= Enough)
        {
            var twice = _times.Quantile(0.999).Ticks * 2;
            LateAfter = Math.Clamp(twice, MinLate, MaxLate);
            GiveUpAfter = Math.Max(options.MinGiveUpAfter.Ticks, Math.Min(twice, MaxGiveUp));
        }
    }
}
