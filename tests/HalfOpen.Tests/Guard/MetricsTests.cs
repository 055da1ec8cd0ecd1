using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using HalfOpen.Guard;
using HalfOpen.Guard.Metrics;
using Xunit;

namespace HalfOpen.Tests.Guard;

public sealed partial class MetricsTests
{
    [Fact]
    public void Every_line_is_in_the_text_format_and_every_series_is_announced_and_unique()
    {
        var status = new FakeGuard()
            .Status with
            { Programs = [.. Enumerable.Range(0, 64).Select(i => new ProgramStatus($"/opt/p {i}\"\\\n", i + 7, i, 1, "", 0, 0))],
                OtherPrograms = 1000 };
        var lines = MetricsText.Write(status).Split('\n')[..^1];
        var announced = new HashSet<string>(StringComparer.Ordinal);
        var series = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in lines)
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                Assert.True(announced.Add(line.Split(' ')[2]), line);
            }
            else if (!line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                var match = Sample().Match(line);
                Assert.True(match.Success, line);
                Assert.True(series.Add(match.Groups["series"].Value), line);
                var name = match.Groups["name"].Value;
                Assert.True(announced.Contains(name) || announced.Contains(name.Replace("_count", "", StringComparison.Ordinal)), line);
            }
        }

        Assert.Equal(MetricsText.MaxPrograms + 1, series.Count(s => s.StartsWith("halfopen_program_in_flight{", StringComparison.Ordinal)));
        Assert.Contains("halfopen_program_in_flight{program=\"/opt/p 3\\\"\\\\?\"} 3", lines);
        Assert.Contains($"halfopen_program_in_flight{{program=\"other\"}} {Enumerable.Range(20, 44).Sum()}", lines);
        Assert.Contains("halfopen_program_counted{program=\"/opt/p 3\\\"\\\\?\"} 3", lines);
        Assert.Contains("halfopen_program_half_open{program=\"/opt/p 3\\\"\\\\?\"} 10", lines);
        Assert.Contains("halfopen_half_open 10", lines);
        Assert.Contains("halfopen_waiting 31", lines);
        Assert.Contains("halfopen_programs 1064", lines);
        Assert.Contains("halfopen_queued 31", lines);
        Assert.Contains("halfopen_outcomes_total{outcome=\"timed_out\"} 102", lines);
    }

    [Fact]
    public void Both_levels_are_shown()
    {
        var status = new GuardStatus
        {
            Owners = [.. Enumerable.Range(0, 30).Select(i => new OwnerStatus($"user {i}\"", i + 2, i + 1, i, 0, 0, 1))],
            OtherOwners = 5,
            Programs = [new("curl", 1, 2, 3, "", 0, 0) { Owner = "user 0\"" }, new("curl", 4, 5, 6, "", 0, 0) { Owner = "user 1" }],
        };
        var lines = MetricsText.Write(status).Split('\n');
        Assert.All(lines.Where(l => l.Length > 0 && l[0] != '#'), l => Assert.Matches(Sample(), l));
        Assert.Contains("halfopen_program_counted{owner=\"user 0\\\"\",program=\"curl\"} 2", lines);
        Assert.Contains("halfopen_program_counted{owner=\"user 1\",program=\"curl\"} 5", lines);
        Assert.Contains("halfopen_program_queued{owner=\"user 1\",program=\"curl\"} 6", lines);
        Assert.Contains("halfopen_program_counted{program=\"other\"} 0", lines);
        Assert.Contains("halfopen_owner_waiting{owner=\"user 3\\\"\"} 3", lines);
        Assert.Contains($"halfopen_owner_waiting{{owner=\"other\"}} {Enumerable.Range(20, 10).Sum()}", lines);
        Assert.Contains("halfopen_owners 35", lines);
    }

    [Fact]
    public void Hostile_program_names_stay_one_series_each()
    {
        var longName = new string('x', 5000);
        var status = new GuardStatus
            { Programs =
                [new(longName + "1", 1, 1, 0, "", 0, 0), new(longName + "2", 2, 2, 0, "", 0, 0), new("other", 4, 4, 0, "", 0, 0),
                    new("\ud800", 8, 8, 0, "", 0, 0), new("x\e[2J", 16, 16, 0, "", 0, 0), new("x\u202e[2J", 32, 32, 0, "", 0, 0)] };
        var text = MetricsText.Write(status);
        Assert.Contains("halfopen_program_half_open{program=\"other\"} 38\n", text, StringComparison.Ordinal);
        Assert.Contains("program=\"\ufffd\"} 8\n", text, StringComparison.Ordinal);
        Assert.Contains("program=\"x?[2J\"} 16\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain(longName, text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4")]
    [InlineData("GET /metrics?x=1 HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK")]
    [InlineData("GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 404 ")]
    [InlineData("POST /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 405 ")]
    [InlineData("GET /metrics\r\n\r\n", "HTTP/1.1 400 ")]
    public async Task It_answers_one_thing_only(string request, string expected)
    {
        using var server = new MetricsServer(new IPEndPoint(IPAddress.Loopback, 0), () => new FakeGuard().Status);
        var answer = await AskAsync(server.Address, Encoding.ASCII.GetBytes(request));
        Assert.StartsWith(expected, answer, StringComparison.Ordinal);
        var body = answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        Assert.Contains($"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_long_a_head_is_refused()
    {
        using var server = new MetricsServer(new IPEndPoint(IPAddress.Loopback, 0), () => new GuardStatus());
        Assert.StartsWith("HTTP/1.1 431 ", await AskAsync(server.Address, new byte[MetricsServer.MaxHeadBytes]), StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_the_head_there_is_a_response()
    {
        var good = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray();
        for (var seed = 0; seed < 50_000; seed++)
        {
            var random = new Random(seed);
            var head = good.ToArray();
            for (var i = random.Next(6); i > 0; i--)
            {
                head[random.Next(head.Length)] = (byte)random.Next(256);
            }

            var answer = MetricsServer.Answer(head.AsSpan(0, random.Next(head.Length + 1)), () => new GuardStatus());
            Assert.True(answer.AsSpan().StartsWith("HTTP/1.1 "u8));
        }
    }

    [Fact]
    public void An_address_in_use_is_one_line()
    {
        using var first = new MetricsServer(new IPEndPoint(IPAddress.Loopback, 0), () => new GuardStatus());
        Assert.Contains("metrics cannot listen on",
            Assert.Throws<GuardException>(() => new MetricsServer(first.Address, () => new GuardStatus())).Message,
                StringComparison.Ordinal);
    }

    private static async Task<string> AskAsync(IPEndPoint address, byte[] request)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(address);
        await socket.SendAsync(request);
        using var received = new MemoryStream();
        var buffer = new byte[8192];
        for (int read; (read = await socket.ReceiveAsync(buffer)) > 0;)
        {
            received.Write(buffer, 0, read);
        }

        return Encoding.UTF8.GetString(received.ToArray());
    }

    // https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4)
    [GeneratedRegex("""^(?<series>(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\\\|\\"|\\n)*",?)*\})?) -?[0-9.e+-]+$""")]
    private static partial Regex Sample();
}
