using System.Globalization;
using HalfOpen.Simulation.Time;

namespace HalfOpen.Simulation.Checking;

/// <summary>The last few events of a run, kept without allocation, for the message of a failed check.</summary>
internal sealed class EventLog(int capacity)
{
    private readonly (long Time, string What, long Subject)[] _ring = new (long, string, long)[capacity];
    private long _count;

    public void Add(long time, string what, long subject)
    {
        _ring[_count % _ring.Length] = (time, what, subject);
        _count++;
    }

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<string> Lines()
    {
        var lines = new List<string>();
        for (var i = Math.Max(0, _count - _ring.Length); i < _count; i++)
        {
            var (time, what, subject) = _ring[i % _ring.Length];
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{(double)time / Ticks.PerMillisecond,14:0.0###} ms  {what} {subject}"));
        }

        return lines;
    }
}
