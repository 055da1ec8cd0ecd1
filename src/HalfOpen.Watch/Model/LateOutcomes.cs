namespace HalfOpen.Watch.Model;

/// <summary>Outcomes of the last minute: a ring of twelve parts of five seconds. Not thread-safe.</summary>
internal sealed class LateOutcomes
{
    private const int Parts = 12;
    private static readonly TimeSpan Part = TimeSpan.FromSeconds(5);
    private readonly WatchOutcomes[] _parts = new WatchOutcomes[Parts];
    private long _part;

    public void Add(WatchEnd end, TimeSpan silent, TimeSpan at)
    {
        MoveTo(at);
        ref var part = ref _parts[_part % Parts];
        part = part.With(end, silent);
    }

    /// <summary>Their sum, and over how long.</summary>
    public (WatchOutcomes Outcomes, TimeSpan Span) Sum(TimeSpan at)
    {
        MoveTo(at);
        var sum = default(WatchOutcomes);
        foreach (ref var part in _parts.AsSpan())
        {
            sum += part;
        }

        var first = Math.Max(0, _part - Parts + 1) * Part;
        return (sum, at > first ? at - first : TimeSpan.Zero);
    }

    private void MoveTo(TimeSpan at)
    {
        var part = Math.Max(0, at / Part) is var parts ? (long)parts : 0;
        for (var steps = 0; _part < part && steps < Parts; steps++)
        {
            _part++;
            _parts[_part % Parts] = default;
        }

        _part = Math.Max(_part, part);
    }
}
