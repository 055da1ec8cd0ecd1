using HalfOpen.Core;

namespace HalfOpen.Simulation.World;

/// <summary>
/// What the world asks of the thing it tests: the engine's calls and nothing else. The engine is one implementation; the tests
/// of the checkers bring others that are broken on purpose.
/// </summary>
internal interface ILimiter
{
    /// <summary>Started attempts without an outcome, whether they hold a slot or not.</summary>
    int HalfOpen { get; }

    /// <summary>Slots held.</summary>
    int Counted { get; }

    int Waiting { get; }

    int Limit { get; }

    /// <summary>When the world must call <see cref="AdvanceTo"/> again at the latest, in ticks; <see cref="long.MaxValue"/>: never.</summary>
    long NextDeadline { get; }

    ReadOnlySpan<Decision> Decisions { get; }

    ProgramId Intern(string program);

    AttemptId Submit(in AttemptRequest request, Instant now);

    /// <summary>It was half-open already.</summary>
    AttemptId Adopt(in AttemptRequest request, Instant now);

    void Complete(AttemptId attempt, Outcome outcome, Instant now);

    void ConnectionClosed(in Destination destination, Instant now);

    void AdvanceTo(Instant now);

    void SetLimit(int limit, Instant now);

    void ClearDecisions();
}
