using HalfOpen.Core;

namespace HalfOpen.Hosting.Decisions;

/// <summary>What has decisions to carry out: an engine, or something that stands before one.</summary>
public interface IDecisionSource
{
    /// <summary>
    /// What was decided since the last <see cref="ClearDecisions"/>, in order. Valid until the next call of any kind.
    /// </summary>
    ReadOnlySpan<Decision> Decisions { get; }

    /// <summary>Forgets them: they are being carried out.</summary>
    void ClearDecisions();
}

/// <summary>Carries out one decision: lets a SYN go, refuses an attempt, ends one that stays silent.</summary>
public interface IDecisionSink
{
    /// <summary>
    /// Called once for each decision, in the order in which they were taken. May call the engine, also with what makes
    /// it decide more, and may call <see cref="DecisionLoop.Drain"/> (which then does nothing: the running one goes
    /// on).
    /// </summary>
    void Carry(in Decision decision);
}

/// <summary>
/// The one way in which hosts carry out what an engine decides. Its rules:
/// <list type="number">
/// <item>Copy, then clear, then carry out: the engine's list is valid only until its next call, and carrying out calls
/// it.</item>
/// <item>Repeat until nothing is left: what carrying out caused comes after what was decided before.</item>
/// <item>No re-entry: <see cref="Drain"/> inside a sink returns at once, so decisions are never carried out of order or
/// twice.</item>
/// <item>An engine decides about an attempt before <see cref="Engine.Submit"/> has returned its id. A host therefore
/// drains only after it has stored that id, and finds its attempt by <see cref="Decision.Tag"/>.</item>
/// <item>While a batch is carried out, an attempt in it may end, and its tag may go to a new one. A host that uses tags
/// again compares <see cref="Decision.Attempt"/> with the id it stored, and passes over what differs.</item>
/// </list>
/// Allocates nothing once its buffer has grown. Not thread-safe: the thread that calls the engine.
/// </summary>
public sealed class DecisionLoop(IDecisionSink sink)
{
    /// <summary>Rounds in one drain after which something is wrong: each answers the decisions of the last.</summary>
    public const int MaxRounds = 10_000_000;

    private Decision[] _batch = new Decision[64];
    private bool _running;

    /// <summary>
    /// Carries out everything that <paramref name="source"/> has decided, and what that makes it decide.
    /// </summary>
    /// <exception cref="InvalidOperationException">Decisions beget decisions without end: the sink or the engine is
    /// broken.</exception>
    public void Drain(IDecisionSource source)
    {
        if (_running)
        {
            return;
        }

        _running = true;
        try
        {
            for (var round = 0; source.Decisions is { IsEmpty: false } decisions; round++)
            {
                if (round == MaxRounds)
                {
                    throw new InvalidOperationException("decisions beget decisions without end in one instant");
                }

                var count = decisions.Length;
                if (count > _batch.Length)
                {
                    _batch = new Decision[count * 2];
                }

                decisions.CopyTo(_batch);
                source.ClearDecisions();
                for (var i = 0; i < count; i++)
                {
                    sink.Carry(_batch[i]);
                }
            }
        }
        finally
        {
            _running = false;
        }
    }
}
