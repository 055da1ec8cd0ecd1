using HalfOpen.Core;
namespace HalfOpen.Hosting.Replay;

/// <summary>
/// Where each attempt of a replay file stands, and so which events still fit it. A file recorded under one policy may
/// be played under another: an outcome of an attempt that still waits here takes it out of the queue, and one of an
/// attempt that ended here in its own way is ignored. Not thread-safe.
/// </summary>
public sealed class ReplayAttempts
{
    private readonly Dictionary<long, ReplayAttempt> _entries = [];
    private readonly Dictionary<string, string?> _owners = new(StringComparer.Ordinal);
    private decimal _last;

    /// <summary>Where an attempt stands.</summary>
    public enum Phase
    {
        /// <summary>Submitted, neither started nor gone.</summary>
        Waiting,

        /// <summary>Half-open.</summary>
        Started,

        /// <summary>Established and not closed.</summary>
        Open,

        /// <summary>Over, as the file says.</summary>
        Ended,

        /// <summary>Over in a way that the file cannot know: rejected, given up, or taken out of the queue.</summary>
        EndedHere,
    }

    /// <summary>One attempt.</summary>
    /// <param name="Attempt">The engine's name for it.</param>
    /// <param name="Destination">Where to.</param>
    /// <param name="Phase">Where it stands.</param>
    public readonly record struct ReplayAttempt(AttemptId Attempt, Destination Destination, Phase Phase);

    /// <summary>The attempt of that number in the file.</summary>
    public ReplayAttempt this[long id] => _entries[id];

    /// <summary>Takes an event in; nothing changes when it does not fit those before it.</summary>
    /// <exception cref="ReplayFormatException">It does not.</exception>
    public void Check(in ReplayEvent happened)
    {
        if (happened.At < _last)
        {
            throw new ReplayFormatException(
                FormattableString.Invariant($"\"t\" is {happened.At:0.####} after {_last:0.####}: it must not decrease"));
        }

        var known = _entries.TryGetValue(happened.Id, out var entry);
        switch (happened.Kind)
        {
            case ReplayEventKind.Submit or ReplayEventKind.Adopt when known:
                throw new ReplayFormatException($"attempt {happened.Id} was submitted before: every attempt has its own number");
            case ReplayEventKind.Submit or ReplayEventKind.Adopt when _owners.TryGetValue(happened.ProgramText, out var owner)
                && owner != happened.Owner:
                throw new ReplayFormatException(
                    "\"owner\" is another than above for this program: programs of two owners need two names");
            case ReplayEventKind.Outcome or ReplayEventKind.Close when !known:
                throw new ReplayFormatException($"attempt {happened.Id} was never submitted");
            case ReplayEventKind.Outcome when entry.Phase is Phase.Open or Phase.Ended:
                throw new ReplayFormatException($"attempt {happened.Id} has its outcome already: one outcome an attempt");
            case ReplayEventKind.Close when entry.Phase is Phase.Waiting or Phase.Started:
                throw new ReplayFormatException($"attempt {happened.Id} is no open connection: its outcome \"established\" comes first");
            case ReplayEventKind.Close when entry.Phase == Phase.Ended:
                throw new ReplayFormatException($"attempt {happened.Id} is no open connection (any more)");
        }

        _last = happened.At;
    }

    /// <summary>It is about to be submitted: decisions about it may come before its id does.</summary>
    public void Submitted(in ReplayEvent happened)
    {
        _owners.TryAdd(happened.ProgramText, happened.Owner);
        _entries.Add(happened.Id, new ReplayAttempt(default, happened.Destination, Phase.Waiting));
    }

    /// <summary>The engine's name for it.</summary>
    public void Named(long id, AttemptId attempt) => _entries[id] = _entries[id] with { Attempt = attempt };

    /// <summary>It was started, or adopted.</summary>
    public void Started(long id) => Move(id, Phase.Started);

    /// <summary>It was rejected or given up here.</summary>
    public void EndedHere(long id) => Move(id, Phase.EndedHere);

    /// <summary>The file says how it ended.</summary>
    /// <returns>What the engine is to be told: null when it is over here already; of a waiting one, that it only leaves
    /// the queue.</returns>
    public Outcome? End(long id, Outcome outcome)
    {
        switch (_entries[id].Phase)
        {
            case Phase.Started:
                Move(id, outcome == Outcome.Established ? Phase.Open : Phase.Ended);
                return outcome;
            case Phase.Waiting:
                Move(id, outcome == Outcome.Cancelled ? Phase.Ended : Phase.EndedHere);
                return Outcome.Cancelled;
            default:
                return null;
        }
    }

    /// <summary>The file says that its connection ended.</summary>
    /// <returns>False when there is none here.</returns>
    public bool Close(long id)
    {
        var wasOpen = _entries[id].Phase == Phase.Open;
        if (wasOpen)
        {
            Move(id, Phase.Ended);
        }

        return wasOpen;
    }

    private void Move(long id, Phase phase) => _entries[id] = _entries[id] with { Phase = phase };
}
