using System.Text;
using HalfOpen.Core;
using HalfOpen.Hosting.Decisions;
using HalfOpen.Hosting.Replay;
using HalfOpen.Tests.Cli;
using Xunit;

namespace HalfOpen.Tests.Hosting;

/// <summary>One replay format: what hosts write, <c>halfopen replay</c> reads, for every kind of event.</summary>
public sealed class RecordingTests
{
    [Fact]
    public async Task Every_kind_of_event_that_a_host_records_is_replayed_to_the_same_end()
    {
        var file = new MemoryStream();
        var engine = new Engine(new EngineOptions { Limit = 1, Policy = new FifoOptions() });
        using (var events = new RecordingEngine(engine, new ReplayRecording(file, new Instant(5_000))))
        {
            AttemptRequest To(string program, uint host) => new()
            {
                Program = engine.Programs.Intern(program),
                Destination = Destination.FromIPv4(host, 443),
                Priority = 2,
                Deadline = new Instant(9_000_000),
            };

            Instant At(int ms) => new(5_000 + (ms * TimeSpan.TicksPerMillisecond));
            var adopted = events.Adopt(To("sshd", 1), At(0), out var one);
            var second = events.Submit(To("/usr/bin/\"quoted\" \u202e\t名", 2), At(1), out var two);
            events.SetLimit(3, At(2));
            events.Complete(second, two, Outcome.Established, At(3));
            events.ConnectionClosed(Destination.FromIPv4(2, 443), two, At(4));
            events.Submit(To("", 3), At(5), out _);
            events.Submit(To(new string('x', 10_000), 4), At(6), out _);
            foreach (var outcome in Enum.GetValues<Outcome>())
            {
                var id = events.Submit(To("many", 10 + (uint)outcome), At(7), out var number);
                events.Complete(id, number, outcome, At(8 + (int)outcome));
            }

            events.Submit(To("late", 30), At(15), out _);
            events.Submit(To("late", 31), At(16), out _);
            events.Complete(adopted, one, Outcome.TimedOut, At(20));
            events.AdvanceTo(At(2_000)); // deadlines are due: time is recorded
            Assert.Equal("", events.Problem);
        }

        var text = Encoding.UTF8.GetString(file.ToArray());
        foreach (var kind in (string[])["submit", "adopt", "outcome", "close", "limit", "priority", "deadline", .. OutcomeWords.All])
        {
            Assert.Contains($"\"{kind}\"", text, StringComparison.Ordinal);
        }

        Assert.Contains("{\"t\":2000}", text, StringComparison.Ordinal);
        var (code, output, error) = await CliRunner.RunAsync(["replay", "--policy", "fifo", "--limit", "1"], text);
        Assert.Equal((0, ""), (code, error));
        var last = output.TrimEnd('\n').Split('\n')[^1];
        Assert.Contains($"\"inFlight\":{engine.Counted},\"waiting\":{engine.Waiting}", last, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fair")]
    [InlineData("windows-xp")]
    public async Task What_simulate_records_replay_reads_and_decides_alike(string policy)
    {
        var file = Path.GetTempFileName();
        try
        {
            var (code, _, error) = await CliRunner.RunAsync(
                ["simulate", "--scenario", "crawler", "--policy", policy, "--limit", "10", "--seed", "7", "--set", "durationSeconds=60",
                    "--record", file]);
            Assert.Equal((0, ""), (code, error));
            var lines = await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken);
            (code, var output, error) = await CliRunner.RunAsync(["replay", "--policy", policy, "--limit", "10", file]);
            Assert.Equal((0, ""), (code, error));
            Assert.Equal(lines.Length, output.Split('\n').Length - 1);

            // Every attempt that has an outcome other than cancelled in the file was started here as well, before it.
            var started = output.Split('\n').SelectMany(l => Numbers(l, "\"started\":[")).ToHashSet();
            var ended = lines.Where(l => l.Contains("\"as\":\"established\"", StringComparison.Ordinal))
                .Select(l => long.Parse(l.Split("\"outcome\":")[1].Split(',')[0], System.Globalization.CultureInfo.InvariantCulture))
                    .ToList();
            Assert.NotEmpty(ended);
            Assert.All(ended, id => Assert.Contains(id, started));
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Random traffic of programs of several owners, some without one, recorded and played again.</summary>
    [Theory]
    [InlineData("fair")]
    [InlineData("fifo")]
    public void A_recorded_run_with_owners_is_replayed_to_the_same_decisions(string policy)
    {
        var options = new EngineOptions { Limit = 4, Policy = PolicyTable.Shipped.Find(policy)!.Default };
        for (var seed = 0; seed < 40; seed++)
        {
            var file = new MemoryStream();
            var engine = new Engine(options);
            var decided = new List<(DecisionKind, ulong)>();
            var random = new Random(seed);
            using (var events = new RecordingEngine(engine, new ReplayRecording(file, Instant.Zero)))
            {
                var live = new List<(AttemptId Attempt, long Number)>();
                for (var i = 0; i < 400; i++)
                {
                    var now = new Instant(i * 20 * TimeSpan.TicksPerMillisecond);
                    events.AdvanceTo(now);
                    Take(events, decided);
                    if (random.Next(3) > 0 || live.Count == 0)
                    {
                        var owner = random.Next(4);
                        var name = $"owner {owner}: program {random.Next(1 + (owner * 5))}";
                        var request = new AttemptRequest
                        {
                            Program = owner == 0 ? engine.Programs.Intern(name)
                                : engine.Programs.Intern(name, engine.Programs.InternOwner($"owner {owner}")),
                            Destination = Destination.FromIPv4((uint)random.Next(50), 443),
                            Tag = (ulong)(live.Count + 1),
                        };
                        live.Add((events.Submit(request, now, out var number), number));
                    }
                    else
                    {
                        var at = random.Next(live.Count);
                        events.Complete(live[at].Attempt, live[at].Number, (Outcome)random.Next(6), now);
                    }

                    Take(events, decided);
                }
            }

            var replayed = new Decisions();
            var player = new ReplayPlayer(new EngineLimiter(options), replayed);
            foreach (var line in Encoding.UTF8.GetString(file.ToArray()).TrimEnd('\n').Split('\n'))
            {
                player.Play(ReplayParser.Parse(line));
            }

            Assert.Equal(decided, replayed.All);
        }

        static void Take(RecordingEngine events, List<(DecisionKind, ulong)> decided)
        {
            foreach (var decision in events.Decisions)
            {
                decided.Add((decision.Kind, decision.Tag));
            }

            events.ClearDecisions();
        }
    }

    [Fact]
    public void A_disk_that_fails_ends_the_recording_and_not_the_host()
    {
        var engine = new Engine(new EngineOptions { Limit = 1 });
        using var events = new RecordingEngine(engine, new ReplayRecording(new FullDisk(), Instant.Zero));
        for (var i = 0; i < 2_000; i++)
        {
            events.Submit(new AttemptRequest { Program = engine.Programs.Intern("p"), Destination = Destination.FromIPv4((uint)i, 1) },
                new Instant(i), out _);
        }

        Assert.Equal("recording ended: no space left", events.Problem);
        Assert.Equal(1_999, engine.Waiting);
    }

    [Fact]
    public void Attempts_to_one_name_share_a_destination_that_no_address_has()
    {
        var one = Destination.FromName("Example.org", 443);
        Assert.Equal(one, Destination.FromName("example.ORG", 443));
        Assert.NotEqual(one, Destination.FromName("example.org", 80));
        Assert.NotEqual(one, Destination.FromName("example.com", 443));
        Assert.StartsWith("[100::", one.ToString(), StringComparison.Ordinal);
        Assert.False(one.IsIPv4);
    }

    private static IEnumerable<long> Numbers(string line, string key) =>
        line.Contains(key, StringComparison.Ordinal)
            ? line.Split(key)[1].Split(']')[0].Split(',', StringSplitOptions.RemoveEmptyEntries)
                .Select(n => long.Parse(n, System.Globalization.CultureInfo.InvariantCulture))
            : [];

    private sealed class Decisions : IReplayObserver
    {
        public List<(DecisionKind, ulong)> All { get; } = [];

        public void Submitting(in ReplayEvent happened)
        {
        }

        public void Adopted(in ReplayEvent happened)
        {
        }

        public void Ending(long id, bool wasHalfOpen, Outcome outcome)
        {
        }

        public void LimitChanging(int limit)
        {
        }

        public void Decided(long id, in Decision decision) => All.Add((decision.Kind, decision.Tag));

        public void Stepped(Instant now)
        {
        }
    }

    private sealed class FullDisk : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("no space left");
    }
}
