using HalfOpen.Hosting.Decisions;
using System.Text;
using HalfOpen.Core;
using HalfOpen.Simulation.Experiments;
using HalfOpen.Simulation.Scenarios;
using HalfOpen.Simulation.Traces;
using Xunit;

namespace HalfOpen.SimulationTests.Traces;

/// <summary>
/// What the simulator records it can play again, and so can it a guard's recording: same lines, same decisions,
/// checkers on.
/// </summary>
public sealed class TraceReplayTests
{
    private const string Submit = """{"t":0,"submit":1,"program":"a","destination":"10.0.0.1:80"}""";

    [Theory]
    [InlineData("unlimited", "freeze")]
    [InlineData("fifo", "freeze")]
    [InlineData("windows-xp", "freeze")]
    [InlineData("fair", "freeze")]
    [InlineData("fair", "crawler")]
    public async Task A_recorded_run_replayed_is_the_same_run(string policy, string scenario)
    {
        var request = new RunRequest { Policy = Policies.Of(policy), Limit = Policies.Of(policy).Promises.Limited ? 10 : null, Seed = 3 };
        var small = ShippedScenarios.Find(scenario)! with
            { DurationSeconds = 200, Faults = [new FaultSpec { Kind = FaultKind.Limit, At = 90, Limit = 20 }] };
        using var record = new MemoryStream();
        var run = Experiment.RunRecorded(small, request, record, out var incomplete, TestContext.Current.CancellationToken);
        Assert.Null(incomplete);
        var replayed = await Replay(Encoding.UTF8.GetString(record.ToArray()), request);
        Assert.Equal(run.MaxCounted, replayed.MaxCounted);
        Assert.Equal(run.AttemptsPerSecond.Values.Sum() * 200, replayed.Started, 0.5);
        Assert.True(policy == "unlimited" || replayed.MaxCounted == 20);
    }

    [Fact]
    public async Task What_a_guard_records_is_understood()
    {
        var result = await Replay(string.Join('\n',
            """{"t":0,"adopt":1,"program":"sshd","destination":"[2001:db8::1]:22"}""",
            """{"t":0,"adopt":2,"program":"sshd","destination":"[2001:db8::2]:22"}""",
            """{"t":1,"submit":3,"program":"curl","destination":"10.0.0.1:80","deadline":50}""",
            """{"t":60,"submit":4,"program":"curl","destination":"10.0.0.2:80"}""",
            """{"t":60,"limit":3}""",
            """{"t":70,"outcome":4,"as":"established"}""",
            """{"t":80,"close":4}""",
            """{"t":81,"outcome":3,"as":"cancelled"}""",
            """{"t":90,"outcome":1,"as":"timed-out"}"""), new RunRequest { Policy = Policies.Of("fifo"), Limit = 1, Seed = 1 });
        Assert.Equal((9, 2, 1, 3), (result.Lines, result.Submitted, result.Started, result.MaxCounted)); // 3 had expired
    }

    [Fact]
    public void A_program_that_is_a_number_is_the_process_address_here_too()
    {
        var limiter = new EngineLimiter(new EngineOptions { Limit = 1, Policy = new WindowsXpOptions() });
        string[] programs = ["first", "0x80", "5", "0x0500", "3"]; // lists: any, 0, 5, 5, 3
        for (var i = 0; i < programs.Length; i++)
        {
            limiter.Submit(
                new AttemptRequest
                    { Program = limiter.Intern(programs[i]), Destination = Destination.FromIPv4(0x0A000000u + (uint)i, 80),
                        Tag = (ulong)i }, Instant.Zero);
        }

        var order = new List<ulong>();
        for (var turn = 0; turn < programs.Length; turn++)
        {
            var start = limiter.Decisions.ToArray().Last(d => d.Kind == DecisionKind.Start);
            limiter.ClearDecisions();
            order.Add(start.Tag);
            limiter.Complete(start.Attempt, Outcome.TimedOut, Instant.Zero);
        }

        Assert.Equal([0ul, 4, 2, 1, 3], order);
    }

    [Theory]
    [InlineData("hello\n", "trace.jsonl:3: not JSON")]
    [InlineData("hello", "trace.jsonl:3: the file ends in the middle of this line")]
    [InlineData("""{"t":1,"frob":2}""", "trace.jsonl:3: \"frob\" is not known here")]
    [InlineData("""{"t":-1}""", "trace.jsonl:3: \"t\" must be")]
    [InlineData(Submit, "trace.jsonl:3: attempt 1 was submitted before")]
    [InlineData("""{"t":1,"outcome":7,"as":"refused"}""", "trace.jsonl:3: attempt 7 was never submitted")]
    public async Task A_bad_line_is_named(string line, string says)
    {
        var e = await Assert.ThrowsAsync<ScenarioException>(
            () => Replay(Submit + "\n\n" + line, new RunRequest { Policy = Policies.Of("fair"), Limit = 1, Seed = 1 }));
        Assert.StartsWith(says, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_bytes_break_it()
    {
        string[] good = [Submit, """{"t":1,"submit":2,"program":7,"destination":"[2001:db8::1]:443","priority":3,"deadline":9.5}""", """{"t":2,"submit":4,"program":"c","owner":"user b","destination":"10.0.0.2:80"}""", """{"t":30,"outcome":1,"as":"established"}""", """{"t":40,"close":1}""", """{"t":101,"limit":3}""", """{"t":102,"adopt":3,"program":"b","destination":"1.2.3.4:5"}"""];
        var random = new Random(20261125);
        var whole = 0;
        for (var round = 0; round < 3000; round++)
        {
            var bytes = Encoding.UTF8.GetBytes(string.Join('\n', good)).ToList();
            for (var n = random.Next(1, 4); n > 0; n--)
            {
                var at = random.Next(bytes.Count);
                switch (random.Next(3))
                {
                    case 0: bytes[at] = (byte)random.Next(256); break;
                    case 1: bytes.RemoveAt(at); break;
                    default: bytes.Insert(at, (byte)"{}[]\",:0123456789eE.-\\u"[random.Next(22)]); break;
                }
            }

            try
            {
                await Replay(Encoding.UTF8.GetString([.. bytes]),
                    new RunRequest { Policy = PolicyTable.Shipped.Rows[round % 4].Default, Limit = 1, Seed = 1 });
                whole++;
            }
            catch (ScenarioException e)
            {
                Assert.Matches(@"^trace\.jsonl:[1-9]\d*: ", e.Message);
            }
        }

        Assert.InRange(whole, 10, 2990);
    }

    private static Task<ReplayResult> Replay(string lines, RunRequest request) =>
        TraceReplay.RunAsync(new StringReader(lines), "trace.jsonl", request, TestContext.Current.CancellationToken);
}
