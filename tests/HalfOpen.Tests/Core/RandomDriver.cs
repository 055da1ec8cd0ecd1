using HalfOpen.Core;
using static HalfOpen.Tests.Core.EngineHarness;

namespace HalfOpen.Tests.Core;

/// <summary>
/// A seeded stream of events over few programs and few destinations, so that they meet often; keeps books of its own.
/// </summary>
internal sealed class RandomDriver(EngineHarness harness, int seed, bool adopts = false)
{
    private readonly Random _random = new(seed);
    private readonly Dictionary<int, (string Program, Destination Destination)> _submitted = [];
    private readonly List<Destination> _open = [];
    private readonly Dictionary<(string, Destination), int> _lastStarted = [];
    private int _next = 1;
    private int _seen;

    public EngineHarness Harness { get; } = harness;

    /// <returns>How many attempts were adopted.</returns>
    public int Step()
    {
        Harness.NowMs += _random.Next(6) == 0 ? _random.Next(4000) : _random.Next(30);
        switch (_random.Next(20))
        {
            case < 11:
                var destination = Host(_random.Next(12), (ushort)(_random.Next(2) == 0 ? 443 : 6881));
                var program = "p" + _random.Next(3);
                _submitted.Add(_next, (program, destination));
                Harness.Submit(_next++, program, destination, deadlineMs: _random.Next(8) == 0 ? Harness.NowMs + _random.Next(500) : null);
                break;
            case < 16 when Harness.HalfOpen.Count > 0:
                End(Harness.HalfOpen[_random.Next(Harness.HalfOpen.Count)], (Outcome)_random.Next(6));
                break;
            case 16 when Harness.WaitingIds.Count > 0:
                Harness.End(Harness.WaitingIds[_random.Next(Harness.WaitingIds.Count)], Outcome.Cancelled);
                break;
            case 17 when _open.Count > 0:
                Harness.Close(_open[0]);
                _open.RemoveAt(0);
                break;
            case 19 when adopts && _random.Next(8) == 0:
                return Adopt();
            case 18 when _random.Next(4) == 0:
                Harness.Limit(_random.Next(1, 6));
                break;
            default:
                Harness.At(Harness.NowMs);
                break;
        }

        return 0;
    }

    /// <summary>The engine's numbers are those that its decisions imply.</summary>
    public void CheckBooks()
    {
        var engine = Harness.Engine;
        var statistics = engine.GetStatistics();
        Require(engine.HalfOpen == Harness.HalfOpen.Count, $"{engine.HalfOpen} half-open, {Harness.HalfOpen.Count} started and not ended");
        Require(engine.Waiting == Harness.WaitingIds.Count,
            $"{engine.Waiting} waiting, {Harness.WaitingIds.Count} submitted and not started");
        Require(statistics.Programs.Sum(p => p.Counted) == engine.Counted, "slots by program do not add up");
        Require(statistics.Programs.Sum(p => p.Waiting) == engine.Waiting, "waiting by program does not add up");
        Require(statistics.Programs.Sum(p => p.HalfOpen) == engine.HalfOpen, "half-open by program does not add up");
        Require(engine.Counted >= 0, "fewer than no slots");
        Require(engine.NextDeadline is not { } due || due >= engine.Now, $"due at {engine.NextDeadline}, and it is {engine.Now} already");
        Harness.At(Harness.NowMs);
        Require(engine.NextDeadline is not { } next || next > engine.Now, $"due at {engine.NextDeadline} still, and it is {engine.Now}");
    }

    /// <summary>Within a program, or a program and destination, nobody is overtaken.</summary>
    public void CheckOrder(bool wholeProgram)
    {
        for (; _seen < Harness.Started.Count; _seen++)
        {
            var id = Harness.Started[_seen];
            var (program, destination) = _submitted[id];
            var key = (program, wholeProgram ? default : destination);
            var last = _lastStarted.GetValueOrDefault(key);
            Require(id > last, $"{id} started after {last}");
            _lastStarted[key] = id;
        }
    }

    public void EndEverything()
    {
        for (var i = 0; i < 10_000 && (Harness.HalfOpen.Count > 0 || Harness.WaitingIds.Count > 0); i++)
        {
            Harness.At(Harness.NowMs + 500);
            foreach (var id in Harness.HalfOpen.ToList())
            {
                End(id, Outcome.TimedOut);
            }

            foreach (var destination in _open)
            {
                Harness.Close(destination);
            }

            _open.Clear();
        }

        Harness.At(Harness.NowMs + 2_000_000);
        Require(Harness.Engine is { Counted: 0, Waiting: 0, HalfOpen: 0 },
            $"left: {Harness.Engine.Counted} slots, {Harness.Engine.Waiting} waiting, {Harness.Engine.HalfOpen} half-open");
    }

    private int Adopt()
    {
        var count = _random.Next(1, 12);
        for (var i = 0; i < count; i++)
        {
            var destination = Host(_random.Next(12), (ushort)(_random.Next(2) == 0 ? 443 : 6881));
            var program = "p" + _random.Next(3);
            _submitted.Add(_next, (program, destination));
            Harness.Adopt(_next++, program, destination);
        }

        return count;
    }

    private void End(int id, Outcome outcome)
    {
        Require(Harness.End(id, outcome), $"{id} was not known");
        if (outcome == Outcome.Established)
        {
            _open.Add(_submitted[id].Destination);
        }
    }

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new InvalidOperationException(otherwise);
        }
    }
}
