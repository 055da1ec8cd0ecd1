using HalfOpen.Simulation.Checking;
using HalfOpen.Simulation.Scenarios;
using HalfOpen.Simulation.Time;
using HalfOpen.Simulation.World;

namespace HalfOpen.Simulation.Outbreaks;

/// <summary>
/// When one infected machine starts its attempts, counted from its infection: recorded from a real engine that limits a
/// worm whose destinations are all silent, and continued periodically beyond the recording. This is what makes a
/// population of a million affordable: nearly every attempt of a worm meets silence, and silence looks the same on
/// every machine. Immutable, thread-safe.
/// </summary>
internal sealed class StartSchedule
{
    private const double RecordSeconds = 1050;
    private const double PeriodSeconds = 105; // five times the 21 s that a silent attempt holds a slot
    private const int MostStarts = 400_000;
    private readonly long[] _starts;
    private readonly int _cycle;
    private readonly long _period;

    private StartSchedule(long[] starts, int cycle, long period)
    {
        _starts = starts;
        _cycle = cycle;
        _period = period;
    }

    /// <summary>Starts a second in the long run.</summary>
    public double RatePerSecond => _cycle / Ticks.ToSeconds(_period);

    public static StartSchedule Record(OutbreakSpec spec, StackSpec stack, PolicyUnderTest policy, ulong seed)
    {
        var seconds = Math.Clamp(MostStarts / spec.ScanPerSecond, 2 * PeriodSeconds, RecordSeconds);
        var scenario = new Scenario
        {
            Name = "one infected machine",
            DurationSeconds = seconds,
            Stack = stack,
            Programs =
            [
                ProgramDefaults.Of(ProgramKind.Worm) with
                {
                    Key = "worm",
                    RatePerSecond = spec.ScanPerSecond,
                    MaxOutstanding = spec.MaxOutstanding,
                    Silent = 1,
                    Refused = 0,
                },
            ],
        };
        var times = new List<long>();
        new SimulatedWorld(scenario, policy, seed) { StartTimes = times }.Run();
        var period = Ticks.FromSeconds(PeriodSeconds);
        var from = Ticks.FromSeconds(seconds) - period;
        var cycle = times.Count(t => t > from);
        return new StartSchedule([.. times], cycle, period);
    }

    /// <summary>
    /// The instant of start number <paramref name="index"/> (from 0) after the infection, in ticks;
    /// <see cref="long.MaxValue"/> when it never comes.
    /// </summary>
    public long this[long index]
    {
        get
        {
            if (index < _starts.Length)
            {
                return _starts[index];
            }

            if (_cycle == 0)
            {
                return long.MaxValue;
            }

            var beyond = index - _starts.Length;
            var periods = (beyond / _cycle) + 1;
            return periods > long.MaxValue / (2 * _period)
                ? long.MaxValue
                : _starts[_starts.Length - _cycle + (int)(beyond % _cycle)] + (periods * _period);
        }
    }
}
