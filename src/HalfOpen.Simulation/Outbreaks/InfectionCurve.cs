using HalfOpen.Simulation.Results;
using HalfOpen.Simulation.Time;

namespace HalfOpen.Simulation.Outbreaks;

/// <summary>Counts infections as they happen and keeps some 200 points of the curve.</summary>
internal sealed class InfectionCurve(int hosts)
{
    private static readonly (string Name, double Share)[] Shares = [("1%", 0.01), ("10%", 0.1), ("50%", 0.5), ("90%", 0.9)];
    private readonly List<(double, int)> _points = [];
    private readonly double?[] _reached = new double?[Shares.Length];
    private readonly int _step = Math.Max(1, hosts / 200);

    public int Infected { get; private set; }

    public void Add(long now)
    {
        Infected++;
        if (Infected == 1 || Infected % _step == 0)
        {
            _points.Add((Ticks.ToSeconds(now), Infected));
        }

        for (var i = 0; i < Shares.Length; i++)
        {
            if (_reached[i] is null && Infected >= Shares[i].Share * hosts)
            {
                _reached[i] = Ticks.ToSeconds(now);
            }
        }
    }

    public OutbreakResult Result(double contactsPerSecond) => new()
    {
        Hosts = hosts,
        Infected = Infected,
        SecondsTo = Shares.Select((s, i) => (s.Name, _reached[i])).ToDictionary(p => p.Name, p => p.Item2, StringComparer.Ordinal),
        ContactsPerSecond = contactsPerSecond,
        Curve = _points,
    };
}
