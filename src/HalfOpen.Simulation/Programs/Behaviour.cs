using HalfOpen.Core;
using HalfOpen.Simulation.Randomness;
using HalfOpen.Simulation.Scenarios;
using HalfOpen.Simulation.Time;
using HalfOpen.Simulation.World;

namespace HalfOpen.Simulation.Programs;

/// <summary>
/// One running program: decides what to connect to and when, and hears how it went. Calls come from the world's loop; a
/// behaviour answers by submitting attempts and asking to be woken, never by waiting.
/// </summary>
internal abstract class Behaviour(SimulatedWorld world, int index, ProgramSpec spec, string name)
{
    protected SimulatedWorld World { get; } = world;

    /// <summary>Its place among the programs of the world.</summary>
    public int Index { get; } = index;

    public ProgramSpec Spec { get; } = spec;

    /// <summary>Name in results; clones are numbered.</summary>
    public string Name { get; } = name;

    /// <summary>Its own chance: another program's draws do not shift it.</summary>
    protected Prng Random { get; private set; } = new(0);

    public ProgramTally Statistics { get; } = new();

    /// <summary>The hosts that it uses again and again; empty when every host is new.</summary>
    public virtual IReadOnlyList<int> Pool => [];

    /// <summary>The machine starts (or has restarted).</summary>
    public void Start(ulong seed)
    {
        Random = Prng.ForStream(seed, (ulong)Index + 1);
        Begin();
    }

    public abstract void OnWake(int word);

    /// <summary>An attempt that had been queued or started did not become a connection.</summary>
    public abstract void OnFailed(int word, Outcome outcome);

    public abstract void OnEstablished(int word);

    /// <summary>
    /// The policy would not take it; the world has asked for the pause that the policy (or caution) wants.
    /// </summary>
    public abstract void OnRejected(int word, TimeSpan retryAfter);

    /// <summary>An established connection ended.</summary>
    public virtual void OnClosed(int word)
    {
    }

    protected abstract void Begin();

    /// <summary>Draws a host with this program's mix of fates.</summary>
    protected int NewHost()
    {
        var u = Random.NextDouble();
        var fate = u < Spec.Silent ? Fate.Silent
            : u < Spec.Silent + Spec.Refused ? Fate.Refusing
            : u < Spec.Silent + Spec.Refused + Spec.Slow ? Fate.Slow
            : Fate.Alive;
        var port = Spec.PortFrom == Spec.PortTo ? Spec.PortFrom : (int)Random.NextBetween(Spec.PortFrom, Spec.PortTo);
        return World.Hosts.Add(fate, port);
    }

    /// <summary>How long a host of this fate takes to answer, in ticks.</summary>
    public long DrawAnswer(Fate fate)
    {
        var range = fate == Fate.Slow ? Spec.SlowSeconds : Spec.AnswerSeconds;
        return Random.NextBetween(Ticks.FromSeconds(range.From), Ticks.FromSeconds(range.To));
    }

    /// <summary>
    /// The pause after a rejection: what the policy asks for, at least 0.1 s, so that a program cannot spin in virtual
    /// time.
    /// </summary>
    protected static long PauseAfterRejection(TimeSpan retryAfter) => Math.Max(retryAfter.Ticks, Ticks.PerSecond / 10);
}
