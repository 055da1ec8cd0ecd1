using HalfOpen.Core;

namespace HalfOpen.Tests.Core;

/// <summary>
/// An engine with a host that carries out its decisions at once, in whole milliseconds and small numbers.
/// </summary>
internal sealed class EngineHarness
{
    private readonly Dictionary<int, AttemptId> _ids = [];

    public EngineHarness(PolicyOptions policy, int limit, Func<EngineOptions, EngineOptions>? with = null)
    {
        var options = new EngineOptions { Limit = limit, Policy = policy };
        Engine = new Engine(with?.Invoke(options) ?? options);
    }

    public Engine Engine { get; }

    /// <summary>What <c>fair</c> knows; only under that policy.</summary>
    public FairStatistics Fair => (FairStatistics)Engine.GetStatistics().Policy!;

    public long NowMs { get; set; }

    public List<int> Started { get; } = [];

    /// <summary>Started and not ended, in the order of their starts.</summary>
    public List<int> HalfOpen { get; } = [];

    /// <summary>Submitted, neither started nor gone.</summary>
    public List<int> WaitingIds { get; } = [];

    public int Ended => Ends.Count;

    /// <summary>Which attempts ended and how, by number.</summary>
    public SortedDictionary<int, Outcome> Ends { get; } = [];

    public List<int> GivenUp { get; } = [];

    public List<(int Id, RejectReason Reason)> Rejected { get; } = [];

    public int Warnings { get; private set; }

    /// <summary>Slots reported as come back; needs <see cref="EngineOptions.ReportFreed"/>.</summary>
    public int Freed { get; private set; }

    public static Destination Host(int number, ushort port = 80) => Destination.FromIPv4(0x0A000000u + (uint)number, port);

    public void Submit(
        int id, string program, Destination destination, int priority = 0, long? deadlineMs = null, string? owner = null)
    {
        WaitingIds.Add(id);
        _ids[id] = Engine.Submit(
            new AttemptRequest
            {
                Program = owner is null
                    ? Engine.Programs.Intern(program) : Engine.Programs.Intern(program, Engine.Programs.InternOwner(owner)),
                Destination = destination,
                Priority = priority,
                Deadline = deadlineMs is { } ms ? Instant.FromMilliseconds(ms) : null,
                Tag = (ulong)id,
            },
            Instant.FromMilliseconds(NowMs));
        Take();
    }

    /// <summary>It was half-open before the engine came.</summary>
    public void Adopt(int id, string program, Destination destination, string? owner = null)
    {
        _ids[id] = Engine.Adopt(
            new AttemptRequest
            {
                Program = owner is null
                    ? Engine.Programs.Intern(program) : Engine.Programs.Intern(program, Engine.Programs.InternOwner(owner)),
                Destination = destination,
                Tag = (ulong)id,
            },
            Instant.FromMilliseconds(NowMs));
        HalfOpen.Add(id);
        Take();
    }

    public bool End(int id, Outcome outcome)
    {
        Engine.AdvanceTo(Instant.FromMilliseconds(NowMs)); // it may expire or start first
        Take();
        var known = Engine.Complete(_ids[id], outcome, Instant.FromMilliseconds(NowMs));
        if (known)
        {
            Ends[id] = outcome;
            HalfOpen.Remove(id);
            WaitingIds.Remove(id);
        }

        Take();
        return known;
    }

    public void Close(Destination destination)
    {
        Engine.ConnectionClosed(destination, Instant.FromMilliseconds(NowMs));
        Take();
    }

    public void At(long ms)
    {
        NowMs = ms;
        Engine.AdvanceTo(Instant.FromMilliseconds(ms));
        Take();
    }

    public void Limit(int limit)
    {
        Engine.SetLimit(limit, Instant.FromMilliseconds(NowMs));
        Take();
    }

    public void Take()
    {
        foreach (var decision in Engine.Decisions)
        {
            switch (decision.Kind)
            {
                case DecisionKind.Start:
                    Started.Add((int)decision.Tag);
                    HalfOpen.Add((int)decision.Tag);
                    WaitingIds.Remove((int)decision.Tag);
                    break;
                case DecisionKind.Rejected:
                    Rejected.Add(((int)decision.Tag, decision.Reason));
                    WaitingIds.Remove((int)decision.Tag);
                    break;
                case DecisionKind.GiveUp:
                    GivenUp.Add((int)decision.Tag);
                    break;
                case DecisionKind.Freed:
                    Freed++;
                    break;
                case DecisionKind.LimitWarning:
                    Warnings++;
                    break;
            }
        }

        Engine.ClearDecisions();
    }
}
