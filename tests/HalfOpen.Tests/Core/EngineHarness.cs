using HalfOpen.Core;

namespace HalfOpen.Tests.Core;

/// <summary>An engine with a host that carries out its decisions at once, in whole milliseconds and small numbers.</summary>
internal sealed class EngineHarness
{
    private readonly Dictionary<int, AttemptId> _ids = [];

    public EngineHarness(PolicyOptions policy, int limit, Func<EngineOptions, EngineOptions>? with = null)
    {
        var options = new EngineOptions { Limit = limit, Policy = policy };
        Engine = new Engine(with?.Invoke(options) ?? options);
    }

    public Engine Engine { get; }

    public long NowMs { get; set; }

    public List<int> Started { get; } = [];

    public List<int> GivenUp { get; } = [];

    public List<(int Id, RejectReason Reason)> Rejected { get; } = [];

    public int Warnings { get; private set; }

    public static Destination Host(int number, ushort port = 80) => Destination.FromIPv4(0x0A000000u + (uint)number, port);

    public void Submit(int id, string program, Destination destination, int priority = 0, long? deadlineMs = null)
    {
        _ids[id] = Engine.Submit(
            new AttemptRequest
            {
                Program = Engine.Programs.Intern(program),
                Destination = destination,
                Priority = priority,
                Deadline = deadlineMs is { } ms ? Instant.FromMilliseconds(ms) : null,
                Tag = (ulong)id,
            },
            Instant.FromMilliseconds(NowMs));
        Take();
    }

    public bool End(int id, Outcome outcome)
    {
        var known = Engine.Complete(_ids[id], outcome, Instant.FromMilliseconds(NowMs));
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
                    break;
                case DecisionKind.Rejected:
                    Rejected.Add(((int)decision.Tag, decision.Reason));
                    break;
                case DecisionKind.GiveUp:
                    GivenUp.Add((int)decision.Tag);
                    break;
                case DecisionKind.LimitWarning:
                    Warnings++;
                    break;
            }
        }

        Engine.ClearDecisions();
    }
}
