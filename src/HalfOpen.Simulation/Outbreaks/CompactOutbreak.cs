using HalfOpen.Simulation.Randomness;
using HalfOpen.Simulation.Results;
using HalfOpen.Simulation.Scenarios;
using HalfOpen.Simulation.Time;

namespace HalfOpen.Simulation.Outbreaks;

/// <summary>
/// A worm in a population, one event for each attempt that meets a machine which can be infected. All other attempts
/// meet silence; how many there are before the next meeting is geometric, and when they start says the
/// <see cref="StartSchedule"/> of a real engine. One approximation: an attempt that meets somebody gives its slot back
/// early, which the schedule does not know; with one meeting in thousands of attempts that is far below the noise (a
/// test compares with an engine on every machine).
/// </summary>
internal static class CompactOutbreak
{
    private readonly record struct Meeting(int Host, uint Index);

    public static (OutbreakResult Result, long Events) Run(
        OutbreakSpec spec, StartSchedule schedule, double durationSeconds, ulong seed, Action<double>? progress, CancellationToken cancel)
    {
        var random = Prng.ForStream(seed, 0x0B);
        var curve = new InfectionCurve(spec.Hosts);
        var infectedAt = new long[spec.Hosts];
        Array.Fill(infectedAt, long.MaxValue);
        var queue = new EventQueue<Meeting>(spec.Hosts + 4);
        var end = Ticks.FromSeconds(durationSeconds);
        var delay = Ticks.FromSeconds(spec.InfectSeconds);
        var share = (double)spec.Hosts / spec.Addresses;
        var inverseLogOfMiss = share < 1 ? 1 / PortableMath.Ln(1 - share) : 0;
        var stop = Math.Max(1, (int)Math.Ceiling(spec.StopAtShare * spec.Hosts));
        var events = 0L;

        void Infect(int host, long at)
        {
            infectedAt[host] = at;
            Next(host, -1);
        }

        void Next(int host, long index)
        {
            index += 1 + random.NextGeometric(inverseLogOfMiss);
            var after = index > uint.MaxValue ? long.MaxValue : schedule[index];
            if (after < end - infectedAt[host])
            {
                queue.Add(infectedAt[host] + after, new Meeting(host, (uint)index));
            }
        }

        for (var i = 0; i < spec.Initial; i++)
        {
            curve.Add(0);
            Infect(i, 0); // which machines they are does not matter: addresses are drawn at random
        }

        while (queue.Count > 0 && curve.Infected < stop)
        {
            var (host, index) = queue.Take(out var now);
            events++;
            if ((events & 0xFFFF) == 0)
            {
                cancel.ThrowIfCancellationRequested();
                progress?.Invoke((double)curve.Infected / stop);
            }

            var victim = random.NextBelow(spec.Hosts);
            if (infectedAt[victim] == long.MaxValue)
            {
                curve.Add(now + delay);
                Infect(victim, now + delay);
            }

            Next(host, index);
        }

        progress?.Invoke(1);
        return (curve.Result(schedule.RatePerSecond), events);
    }
}
