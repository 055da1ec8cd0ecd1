using System.Buffers;
using System.Text;
using HalfOpen.Core;
using HalfOpen.Hosting.Replay;
using HalfOpen.Tests.Cli;
using Xunit;

namespace HalfOpen.Tests.Replay;

/// <summary>The verb as a user meets it.</summary>
public sealed class ReplayTests
{
    private const string Submit = """{"t":0,"submit":1,"program":"0x80123450","destination":"10.0.0.1:6881"}""";

    [Fact]
    public async Task The_output_has_the_documented_keys_in_their_order()
    {
        var (code, output, error) = await CliRunner.RunAsync(["replay", "--policy", "windows-xp", "--limit", "1"], string.Join('\n',
            Submit,
            """{"t":1,"submit":2,"program":2148676688,"destination":"[2001:db8::1]:443"}""",
            "",
            """{"t":30,"outcome":1,"as":"established"}""",
            """{"t":40,"close":1}""",
            """{"t":100.5}"""));
        Assert.Equal((0, ""), (code, error));
        Assert.Equal(
            """
            {"t":0,"started":[1],"queued":[],"rejected":[],"warnings":0,"inFlight":1,"waiting":0,"counted":1,"halfOpen":1}
            {"t":1,"started":[],"queued":[2],"rejected":[],"warnings":1,"inFlight":1,"waiting":1,"counted":1,"halfOpen":1}
            {"t":30,"started":[2],"queued":[],"rejected":[],"warnings":0,"inFlight":1,"waiting":0,"counted":1,"halfOpen":1}
            {"t":40,"started":[],"queued":[],"rejected":[],"warnings":0,"inFlight":1,"waiting":0,"counted":1,"halfOpen":1}
            {"t":100.5,"started":[],"queued":[],"rejected":[],"warnings":0,"inFlight":1,"waiting":0,"counted":1,"halfOpen":1}

            """,
            output);
    }

    [Fact]
    public async Task Rejections_name_the_reason_and_when_to_try_again()
    {
        var (_, output, _) = await CliRunner.RunAsync(["replay", "--policy", "fifo", "--limit", "1", "--max-queued", "1"], string.Join('\n',
            Submit,
            """{"t":0,"submit":2,"program":"b","destination":"10.0.0.2:1","deadline":500}""",
            """{"t":0,"submit":3,"program":"b","destination":"10.0.0.3:1"}""",
            """{"t":501}"""));
        var lines = output.Split('\n');
        Assert.Contains("""rejected":[{"id":3,"reason":"queue-full","retryAfterMs":1000}]""", lines[2], StringComparison.Ordinal);
        Assert.Contains("""rejected":[{"id":2,"reason":"expired","retryAfterMs":1000}]""", lines[3], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_other_writers_do_with_numbers_and_line_ends_is_understood()
    {
        var (code, output, error) = await CliRunner.RunAsync(["replay", "--policy", "windows-xp", "--limit", "1", "-"], string.Join("\r\n",
            "\uFEFF" + """{"t":0.0,"submit":1.0,"program":2148676688.0,"destination":"10.0.0.1:6881"}""",
            "  ",
            """ { "t" : 1e1, "outcome" : 1, "as" : "established" } """,
            ""));
        Assert.Equal((0, ""), (code, error));
        Assert.Equal(
            """
            {"t":0,"started":[1],"queued":[],"rejected":[],"warnings":0,"inFlight":1,"waiting":0,"counted":1,"halfOpen":1}
            {"t":10,"started":[],"queued":[],"rejected":[],"warnings":0,"inFlight":0,"waiting":0,"counted":0,"halfOpen":0}

            """,
            output);
    }

    [Theory]
    [InlineData("hello", "not JSON")]
    [InlineData("[1]", "not an object")]
    [InlineData("{}", "\"t\" is missing")]
    [InlineData("""{"t":-1}""", "\"t\" must be")]
    [InlineData("""{"t":1,"t":2}""", "stands twice")]
    [InlineData("""{"t":1,"frob":2}""", "submit, adopt, outcome, close, limit")]
    [InlineData("""{"t":1,"submit":9,"outcome":9}""", "one event a line")]
    [InlineData("""{"t":1,"submit":9,"program":"a","destination":"10.0.0.1"}""", "ADDRESS:PORT")]
    [InlineData("""{"t":1,"submit":9,"program":"a","destination":"10.1:80"}""", "ADDRESS:PORT")]
    [InlineData("""{"t":1,"submit":9,"program":-1,"destination":"10.0.0.1:80"}""", "process address")]
    [InlineData("""{"t":1,"submit":9,"program":1.5,"destination":"10.0.0.1:80"}""", "whole one")]
    [InlineData("""{"t":1,"submit":9,"program":1e30,"destination":"10.0.0.1:80"}""", "process address")]
    [InlineData("""{"t":1,"submit":1e20,"program":"a","destination":"10.0.0.1:80"}""", "whole number")]
    [InlineData("""{"t":1,"submit":1.5,"program":"a","destination":"10.0.0.1:80"}""", "whole number")]
    [InlineData("""{"t":1,"submit":1,"program":"a","destination":"10.0.0.1:80"}""", "submitted before")]
    [InlineData("""{"t":1,"outcome":1,"as":"maybe"}""", "established, refused, reset, timed-out, unreachable, cancelled")]
    [InlineData("""{"t":1,"outcome":7,"as":"refused"}""", "never submitted")]
    [InlineData("""{"t":1,"close":1}""", "comes first")]
    [InlineData("""{"t":1,"limit":0}""", "from 1 to 1000000")]
    [InlineData("""{"t":1,"submit":9,"program":"a","owner":"","destination":"10.0.0.1:80"}""", "\"owner\" must be a name")]
    [InlineData("""{"t":1,"submit":9,"program":"a","owner":7,"destination":"10.0.0.1:80"}""", "\"owner\" must be a name")]
    [InlineData("""{"t":1,"submit":9,"program":"7","owner":"b","destination":"10.0.0.1:80"}""", "not with a process address")]
    [InlineData("""{"t":1,"outcome":1,"as":"refused","owner":"b"}""", "\"owner\" is not known here")]
    [InlineData("""{"t":1,"submit":9,"program":"\ud800","destination":"10.0.0.1:80"}""", "surrogate")]
    public async Task A_bad_line_is_named_and_nothing_is_printed_for_it(string line, string says)
    {
        var (code, output, error) = await CliRunner.RunAsync(["replay"], Submit + "\n" + line + "\n" + """{"t":5}""");
        Assert.Equal(2, code);
        Assert.Single(output.TrimEnd().Split('\n'));
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.Contains("line 2: ", error, StringComparison.Ordinal);
        Assert.Contains(says, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Time_must_not_go_back_and_an_attempt_has_one_outcome()
    {
        var (_, _, error) = await CliRunner.RunAsync(["replay"], """{"t":7}""" + "\n" + """{"t":6.9}""");
        Assert.Contains("line 2: \"t\" is 6.9 after 7", error, StringComparison.Ordinal);
        const string refused = """{"t":1,"outcome":1,"as":"refused"}""";
        (_, _, error) = await CliRunner.RunAsync(["replay"], $"{Submit}\n{refused}\n{refused}");
        Assert.Contains("line 3: attempt 1 has its outcome already", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_has_one_owner()
    {
        const string first = """{"t":0,"submit":1,"program":"curl","owner":"user a","destination":"10.0.0.1:80"}""";
        foreach (var owner in (string[])["\"owner\":\"user b\",", ""])
        {
            var (code, output, error) = await CliRunner.RunAsync(["replay"],
                first + "\n" + $$"""{"t":0,"submit":2,"program":"curl",{{owner}}"destination":"10.0.0.1:80"}""");
            Assert.Equal(2, code);
            Assert.Single(output.TrimEnd().Split('\n'));
            Assert.Contains("line 2: \"owner\" is another than above for this program", error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--limit", "0", "1 to 1000000")]
    [InlineData("--max-queued", "-1", "a whole number from 0 to")]
    [InlineData("--policy", "best", "windows-xp")]
    [InlineData("no-such-file.jsonl", "", "no-such-file.jsonl")]
    public async Task Wrong_options_say_what_is_allowed(string option, string value, string says)
    {
        var (code, _, error) = await CliRunner.RunAsync([.. new[] { "replay", option, value }.Where(a => a.Length > 0)]);
        Assert.Equal(2, code);
        Assert.Contains(says, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_without_end_is_refused_not_stored()
    {
        var (code, _, error) = await CliRunner.RunAsync(["replay"], new string('x', 200_000));
        Assert.Equal(2, code);
        Assert.Contains("line 1: longer than", error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_host_records_is_what_replay_reads()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var events = new ReplayWriter(buffer, new Instant(5_000));
        events.Submit(new Instant(5_001), 1, "fire\"fox\u00e9", Destination.FromIPv4(0x0A000001, 80), priority: 2,
            deadline: new Instant(25_000));
        events.Submit(new Instant(5_001), 3, "user b: curl", Destination.FromIPv4(0x0A000001, 80), owner: "user b");
        events.Adopt(new Instant(15_000), 2, "0x10", Destination.Parse("[fe80::1]:22"));
        events.Ended(new Instant(14_000), 1, Outcome.TimedOut); // told late: the file's time stands still
        events.LimitChanged(new Instant(15_000), 3);
        events.Ended(new Instant(15_000), 2, Outcome.Established);
        events.Closed(new Instant(15_000), 2);
        events.Advanced(new Instant(105_000));
        var read = Encoding.UTF8.GetString(buffer.WrittenSpan).TrimEnd('\n').Split('\n').Select(ReplayParser.Parse).ToList();
        Assert.Equal(
            [
                new ReplayEvent(ReplayEventKind.Submit, 0.0001m, 1)
                    { ProgramName = "fire\"fox\u00e9", Destination = Destination.Parse("10.0.0.1:80"), Priority = 2, Deadline = 2 },
                new ReplayEvent(ReplayEventKind.Submit, 0.0001m, 3)
                    { ProgramName = "user b: curl", Owner = "user b", Destination = Destination.Parse("10.0.0.1:80") },
                new ReplayEvent(ReplayEventKind.Adopt, 1, 2) { ProgramNumber = 16, Destination = Destination.Parse("[fe80::1]:22") },
                new ReplayEvent(ReplayEventKind.Outcome, 1, 1) { Outcome = Outcome.TimedOut },
                new ReplayEvent(ReplayEventKind.Limit, 1, 3),
                new ReplayEvent(ReplayEventKind.Outcome, 1, 2) { Outcome = Outcome.Established },
                new ReplayEvent(ReplayEventKind.Close, 1, 2),
                new ReplayEvent(ReplayEventKind.Time, 10, 0),
            ],
            read);
    }

    [Fact]
    public async Task No_bytes_break_it()
    {
        string[] good = [Submit, """{"t":1,"submit":2,"program":"b","destination":"[2001:db8::1]:443","priority":3,"deadline":9.5}""", """{"t":2,"submit":4,"program":"c","owner":"user b","destination":"10.0.0.2:80"}""", """{"t":30,"outcome":1,"as":"established"}""", """{"t":40,"close":1}""", """{"t":100}""", """{"t":101,"limit":3}""", """{"t":102,"adopt":3,"program":7,"destination":"1.2.3.4:5"}"""];
        var random = new Random(20261123);
        for (var round = 0; round < 1500; round++)
        {
            var bytes = Encoding.UTF8.GetBytes(string.Join('\n', good)).ToList();
            for (var n = random.Next(1, 6); n > 0; n--)
            {
                var at = random.Next(bytes.Count);
                switch (random.Next(4))
                {
                    case 0: bytes[at] = (byte)random.Next(256); break;
                    case 1: bytes.RemoveAt(at); break;
                    case 2: bytes.Insert(at, (byte)"{}[]\",:0123456789eE.-\\u"[random.Next(22)]); break;
                    default: bytes.InsertRange(at, bytes.Skip(random.Next(bytes.Count)).Take(random.Next(1, 30)).ToList()); break;
                }
            }

            foreach (var policy in PolicyTable.Shipped.Names)
            {
                var (code, _, error) =
                    await CliRunner.RunAsync(["replay", "--policy", policy, "--limit", "1"], Encoding.UTF8.GetString([.. bytes]));
                Assert.True(code is 0 or 2, $"round {round}: exit {code}: {error}");
                Assert.True(code == 0 || (error.Contains("line ", StringComparison.Ordinal) && error.TrimEnd().Split('\n').Length == 1),
                    $"round {round}: {error}");
            }
        }
    }
}
