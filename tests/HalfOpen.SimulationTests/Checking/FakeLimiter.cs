using HalfOpen.Hosting.Decisions;
using HalfOpen.Core;

namespace HalfOpen.SimulationTests.Checking;

/// <summary>What is wrong with a <see cref="FakeLimiter"/>.</summary>
public enum Bug
{
    None,
    StartsOneTooMany,
    LosesASlot,
    ForgetsToCountWaiting,
    StartsNewestFirst,
    StarvesTheBrowser,
    StartsTwice,
    CountsNothing,
    NeverMovesTime,
}

/// <summary>
/// A plain first-in first-out limiter, written without a look at the engine, that can be broken on purpose.
/// </summary>
internal sealed class FakeLimiter(int limit, Bug bug) : ILimiter
{
    private readonly Dictionary<AttemptId, (AttemptRequest Request, bool Started)> _live = [];
    private readonly LinkedList<AttemptId> _queue = new();
    private readonly List<Decision> _decisions = [];
    private readonly List<string> _programs = [];
    private int _next;
    private int _lost;

    public int HalfOpen { get; private set; }

    public int Counted => bug == Bug.CountsNothing ? 0 : HalfOpen + _lost;

    public int Waiting => _queue.Count - (bug == Bug.ForgetsToCountWaiting && _queue.Count > 3 ? 1 : 0);

    public int Limit { get; private set; } = limit;

    public long NextDeadline => bug == Bug.NeverMovesTime ? 5 : long.MaxValue;

    public ReadOnlySpan<Decision> Decisions => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_decisions);

    public ProgramId Intern(string program, string? owner = null)
    {
        var at = _programs.IndexOf(program);
        if (at < 0)
        {
            at = _programs.Count;
            _programs.Add(program);
        }

        return Ids.Program(at);
    }

    public AttemptId Submit(in AttemptRequest request, Instant now)
    {
        var id = Ids.Attempt(_next++);
        _live[id] = (request, false);
        _queue.AddLast(id);
        Drain();
        return id;
    }

    public AttemptId Adopt(in AttemptRequest request, Instant now)
    {
        var id = Ids.Attempt(_next++);
        _live[id] = (request, true);
        HalfOpen++;
        return id;
    }

    public void Complete(AttemptId attempt, Outcome outcome, Instant now)
    {
        if (!_live.Remove(attempt, out var entry))
        {
            return;
        }

        if (entry.Started)
        {
            HalfOpen--;
            _lost += bug == Bug.LosesASlot && _lost < 3 ? 1 : 0;
        }
        else
        {
            _queue.Remove(attempt);
        }

        Drain();
    }

    public void ConnectionClosed(in Destination destination, Instant now)
    {
    }

    public void AdvanceTo(Instant now)
    {
    }

    public void SetLimit(int limit, Instant now)
    {
        Limit = limit;
        Drain();
    }

    public void ClearDecisions() => _decisions.Clear();

    private void Drain()
    {
        var room = Limit + (bug is Bug.StartsOneTooMany or Bug.CountsNothing ? 1 : 0);
        while (_queue.Count > 0 && HalfOpen + _lost < room)
        {
            if (Choose() is not { } node)
            {
                return;
            }

            _queue.Remove(node);
            var request = _live[node.Value].Request;
            _live[node.Value] = (request, true);
            HalfOpen++;
            var start = new Decision(DecisionKind.Start, node.Value, request.Tag, default, default);
            _decisions.Add(start);
            if (bug == Bug.StartsTwice)
            {
                _decisions.Add(start);
            }
        }
    }

    private LinkedListNode<AttemptId>? Choose()
    {
        switch (bug)
        {
            case Bug.StartsNewestFirst:
                return _queue.Last;
            case Bug.StarvesTheBrowser:
                for (var node = _queue.First; node is not null; node = node.Next)
                {
                    if (_live[node.Value].Request.Program != Intern("browser"))
                    {
                        return node;
                    }
                }

                return null;
            default:
                return _queue.First;
        }
    }
}
