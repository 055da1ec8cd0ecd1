using HalfOpen.Core;
using HalfOpen.Hosting.Decisions;

namespace HalfOpen.Hosting.Replay;

/// <summary>
/// The engine as a host calls it, each event also recorded for <c>halfopen replay</c> when one wishes so. Not
/// thread-safe.
/// </summary>
/// <param name="recording">Owned from now on; null: nothing is recorded.</param>
public sealed class RecordingEngine(Engine engine, ReplayRecording? recording = null) : IDecisionSource, IDisposable
{
    private long _numbers;

    /// <summary>Why recording ended early; empty otherwise.</summary>
    public string Problem => recording?.Problem ?? "";

    /// <summary>The engine itself, for what is no event.</summary>
    public Engine Engine => engine;

    /// <inheritdoc/>
    public ReadOnlySpan<Decision> Decisions => engine.Decisions;

    /// <inheritdoc/>
    public void ClearDecisions() => engine.ClearDecisions();

    /// <inheritdoc cref="Engine.Submit"/>
    /// <param name="number">The attempt's number in the recording, for the calls that follow.</param>
    public AttemptId Submit(in AttemptRequest request, Instant now, out long number)
    {
        number = ++_numbers;
        recording?.Events?.Submit(
            now, number, engine.Programs.Name(request.Program), request.Destination, request.Priority, request.Deadline,
            engine.Programs.OwnerName(request.Program));
        return engine.Submit(request, now);
    }

    /// <inheritdoc cref="Engine.Adopt"/>
    /// <param name="number">The attempt's number in the recording, for the calls that follow.</param>
    public AttemptId Adopt(in AttemptRequest request, Instant now, out long number)
    {
        number = ++_numbers;
        recording?.Events?.Adopt(now, number, engine.Programs.Name(request.Program), request.Destination,
            engine.Programs.OwnerName(request.Program));
        return engine.Adopt(request, now);
    }

    /// <summary>
    /// <see cref="Engine.AdoptLeased"/>; in the recording it is an attempt that was half-open already.
    /// </summary>
    /// <param name="number">The attempt's number in the recording, for the calls that follow.</param>
    public AttemptId AdoptLeased(in AttemptRequest request, Instant now, out long number)
    {
        number = ++_numbers;
        recording?.Events?.Adopt(now, number, engine.Programs.Name(request.Program), request.Destination);
        return engine.AdoptLeased(request, now);
    }

    /// <inheritdoc cref="Engine.Complete"/>
    public void Complete(AttemptId attempt, long number, Outcome outcome, Instant now)
    {
        if (engine.Complete(attempt, outcome, now))
        {
            recording?.Events?.Ended(now, number, outcome);
        }
    }

    /// <inheritdoc cref="Engine.ConnectionClosed"/>
    public void ConnectionClosed(in Destination destination, long number, Instant now)
    {
        recording?.Events?.Closed(now, number);
        engine.ConnectionClosed(destination, now);
    }

    /// <inheritdoc cref="Engine.SetLimit"/>
    public void SetLimit(int limit, Instant now)
    {
        recording?.Events?.LimitChanged(now, limit);
        engine.SetLimit(limit, now);
    }

    /// <inheritdoc cref="Engine.AdvanceTo"/>
    public void AdvanceTo(Instant now)
    {
        if (recording is not null && engine.NextDeadline <= now)
        {
            recording.Events?.Advanced(now);
        }

        engine.AdvanceTo(now);
    }

    /// <summary>Writes what has gathered to the file.</summary>
    public void WriteOut() => recording?.WriteOut();

    public void Dispose() => recording?.Dispose();
}
