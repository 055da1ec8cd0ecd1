using HalfOpen.Core;

namespace HalfOpen.Hosting.Decisions;

/// <summary>
/// What a host asks of a limiter: the engine's calls and nothing else. The engine is one implementation; the tests of
/// the simulator's checkers bring others that are broken on purpose.
/// </summary>
public interface ILimiter : IDecisionSource
{
    /// <summary>Started attempts without an outcome, whether they hold a slot or not.</summary>
    int HalfOpen { get; }

    /// <summary>Slots held.</summary>
    int Counted { get; }

    int Waiting { get; }

    int Limit { get; }

    /// <summary>
    /// When the host must call <see cref="AdvanceTo"/> again at the latest, in ticks; <see cref="long.MaxValue"/>:
    /// never.
    /// </summary>
    long NextDeadline { get; }

    /// <param name="program">Its name.</param>
    /// <param name="owner">Whom it belongs to, if the limiter did not know the program before; null: it is an owner by
    /// itself.</param>
    ProgramId Intern(string program, string? owner = null);

    AttemptId Submit(in AttemptRequest request, Instant now);

    /// <summary>It was half-open already.</summary>
    AttemptId Adopt(in AttemptRequest request, Instant now);

    void Complete(AttemptId attempt, Outcome outcome, Instant now);

    void ConnectionClosed(in Destination destination, Instant now);

    void AdvanceTo(Instant now);

    void SetLimit(int limit, Instant now);
}
