using HalfOpen.Core;
using Xunit;
using static HalfOpen.Tests.Core.EngineHarness;

namespace HalfOpen.Tests.Core;

/// <summary>
/// All orders of events of up to six attempts by two programs at limits 1 to 3, for every policy. Attempts are numbered in the order of submission and programs in the order of their first attempt, so that
/// streams that differ in names only are visited once; so are streams that led to the same starts, ends and queue by another order. At each step: submit the next attempt (by either program, to a new destination or to the one before), end any started one (answered or silent),
/// withdraw the oldest waiting one, or let a long time pass.
/// </summary>
public sealed class ExhaustiveTests
{
    private const int Attempts = 6;

    public static TheoryData<string, int> Cases()
    {
        var data = new TheoryData<string, int>();
        foreach (var name in PolicyOptions.Names)
        {
            for (var limit = 1; limit <= 3; limit++)
            {
                data.Add(name, limit);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_order_of_submissions_and_ends(string policy, int limit)
    {
        // Who asks and where to: patterns of programs and of shared destinations, each with all orders of submissions and ends.
        var visited = 0;
        for (var programs = 0; programs < 1 << (Attempts - 1); programs += 3)
        {
            for (var shared = 0; shared < 1 << (Attempts - 1); shared += 15)
            {
                visited += Explore(new Stream(policy, limit, programs, shared, WithTime: false), [], [], depth: 0);
            }
        }

        Assert.True(visited > 2_000, $"only {visited} streams");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_order_with_withdrawals_and_time_for_four(string policy, int limit)
    {
        var visited = 0;
        foreach (var programs in new[] { 0b000, 0b010, 0b101 })
        {
            foreach (var shared in new[] { 0b000, 0b110 })
            {
                visited += Explore(new Stream(policy, limit, programs, shared, WithTime: true), [], [], depth: 0);
            }
        }

        Assert.True(visited > 500, $"only {visited} streams");
    }

    private sealed record Stream(string Policy, int Limit, int Programs, int Shared, bool WithTime)
    {
        public int Attempts => WithTime ? 4 : ExhaustiveTests.Attempts;
    }

    /// <summary>Plays the path again for each child: engines cannot be copied, and are quick.</summary>
    private static int Explore(Stream stream, List<int> path, HashSet<string> seen, int depth)
    {
        var harness = Play(stream, path, out var submitted, out var moves);
        var history = $"{harness.NowMs}|{string.Join(',', harness.Started)}|{string.Join(',', harness.Ends)}|{string.Join(',', harness.WaitingIds)}|{(path is [.., Wait] ? 1 : 0)}";
        if (!seen.Add(history))
        {
            return 0;
        }

        Check(stream, harness, path);
        if (moves.Count == 0 || depth >= 9)
        {
            Finish(stream, harness, path, submitted);
            return 1;
        }

        var visited = 1;
        foreach (var move in moves)
        {
            path.Add(move);
            visited += Explore(stream, path, seen, depth + 1);
            path.RemoveAt(path.Count - 1);
        }

        return visited;
    }

    private const int SubmitMove = 0;
    private const int EndOldest = 1;
    private const int EndNewest = 2;
    private const int AnswerOldest = 3;
    private const int Withdraw = 4;
    private const int Wait = 5;

    private static EngineHarness Play(Stream stream, List<int> path, out int submitted, out List<int> moves)
    {
        var harness = new EngineHarness(PolicyOptions.FromName(stream.Policy)!, stream.Limit);
        var next = 0;
        foreach (var move in path)
        {
            switch (move)
            {
                case SubmitMove:
                    var program = next > 0 && (stream.Programs >> (next - 1) & 1) == 1 ? "b" : "a";
                    var host = next;
                    while (host > 0 && (stream.Shared >> (host - 1) & 1) == 1)
                    {
                        host--;
                    }

                    harness.Submit(++next, program, Host(host));
                    break;
                case EndOldest:
                    harness.End(harness.HalfOpen[0], Outcome.TimedOut);
                    break;
                case EndNewest:
                    harness.End(harness.HalfOpen[^1], Outcome.TimedOut);
                    break;
                case AnswerOldest:
                    harness.End(harness.HalfOpen[0], Outcome.Established);
                    break;
                case Withdraw:
                    harness.End(harness.WaitingIds[0], Outcome.Cancelled);
                    break;
                default:
                    harness.At(harness.NowMs + 1500);
                    break;
            }
        }

        submitted = next;
        moves = [];
        if (next < stream.Attempts)
        {
            moves.Add(SubmitMove);
        }

        if (harness.HalfOpen.Count > 0)
        {
            moves.Add(EndOldest);
            moves.Add(AnswerOldest);
        }

        if (harness.HalfOpen.Count > 1)
        {
            moves.Add(EndNewest);
        }

        if (stream.WithTime && harness.WaitingIds.Count > 0)
        {
            moves.Add(Withdraw);
        }

        if (stream.WithTime && path is not [.., Wait])
        {
            moves.Add(Wait);
        }

        return harness;
    }

    private static void Check(Stream stream, EngineHarness harness, List<int> path)
    {
        var engine = harness.Engine;
        var held = engine.InFlight;
        var fits = stream.Policy == "unlimited" || held <= stream.Limit;
        var adds = engine.HalfOpen == harness.HalfOpen.Count && engine.Waiting == harness.WaitingIds.Count && held <= engine.HalfOpen;

        // Somebody waits though nobody holds a slot and no time is due: stuck.
        var stuck = engine.Waiting > 0 && held == 0 && engine.HalfOpen == 0 && engine.NextDeadline is null;
        Assert.True(fits && adds && !stuck, $"{stream}, {string.Join(' ', path)}: {held} held, {engine.HalfOpen} half-open, {engine.Waiting} waiting");
    }

    /// <summary>Everything that was submitted comes to its end.</summary>
    private static void Finish(Stream stream, EngineHarness harness, List<int> path, int submitted)
    {
        for (var round = 0; round < 20 && (harness.HalfOpen.Count > 0 || harness.WaitingIds.Count > 0); round++)
        {
            harness.At(harness.NowMs + 100);
            while (harness.HalfOpen.Count > 0)
            {
                harness.End(harness.HalfOpen[0], Outcome.TimedOut);
            }
        }

        var engine = harness.Engine;
        Assert.True(
            engine is { InFlight: 0, HalfOpen: 0, Waiting: 0 } && harness.Ended == submitted,
            $"{stream}, {string.Join(' ', path)}: {engine.InFlight} held, {engine.HalfOpen} half-open, {engine.Waiting} waiting at the end");
    }
}
