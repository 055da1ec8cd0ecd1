using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using HalfOpen.Core;
using HalfOpen.Guard;
using HalfOpen.Guard.Control;
using Xunit;

namespace HalfOpen.Tests.Guard;

public sealed class ControlTests
{
    private readonly FakeGuard _guard = new();

    [Fact]
    public void Status_limit_and_reload_are_answered()
    {
        var status = Ask("""{"command":"status"}""");
        Assert.True(status.Ok);
        Assert.Equal("windows-xp", status.Status!.Policy);
        Assert.Equal(["aria2c", "firefox"], status.Status.Programs.Select(p => p.Name));
        Assert.True(Ask("""{"command":"limit","limit":50}""").Ok);
        Assert.Equal(50, _guard.Limit);
        Assert.Equal(["queue number"], Ask("""{"command":"reload"}""").NeedRestart);
        Assert.Contains("\"policy\":\"windows-xp\"", Encoding.UTF8.GetString(ControlProtocol.Answer("""{"command":"status"}"""u8, _guard)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "no request")]
    [InlineData("null", "the commands are")]
    [InlineData("[1]", "no request")]
    [InlineData("""{"command":"limit"}""", "limit needs a number")]
    [InlineData("""{"command":"limit","limit":-5}""", "out of range")]
    [InlineData("""{"command":"limit","limit":1e99}""", "no request")]
    [InlineData("""{"command":"stop"}""", "the commands are")]
    public void A_wrong_request_is_told_why(string line, string expected)
    {
        var answer = Ask(line);
        Assert.False(answer.Ok);
        Assert.Contains(expected, answer.Error, StringComparison.Ordinal);
        Assert.Equal(10, _guard.Limit);
    }

    [Fact]
    public void Whatever_the_bytes_one_line_comes_back()
    {
        byte[][] seeds = [.. new[] { """{"command":"status"}""", """{"command":"limit","limit":50}""", """{"command":"reload","x":[[{}]]}""" }.Select(Encoding.UTF8.GetBytes)];
        for (var seed = 0; seed < 50_000; seed++)
        {
            var random = new Random(seed);
            var line = seeds[random.Next(seeds.Length)].ToArray();
            for (var i = random.Next(5); i > 0; i--)
            {
                line[random.Next(line.Length)] = (byte)random.Next(256);
            }

            var answer = ControlProtocol.Answer(line.AsSpan(0, random.Next(line.Length + 1)), _guard);
            Assert.Equal((byte)'\n', answer[^1]);
            Assert.Equal(1, answer.Count(b => b == '\n'));
            var parsed = JsonSerializer.Deserialize(answer, ControlJson.Default.ControlResponse)!;
            Assert.DoesNotContain("internal error", parsed.Error ?? "", StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_socket_is_for_owner_and_group_and_answers_many_requests()
    {
        using var server = NewServer(out var path);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite,
            File.GetUnixFileMode(path));
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ControlClient.AskAsync(path, new ControlRequest("status"))));
        Assert.All(answers, a => Assert.Equal(2, a.Status!.Programs.Count));
    }

    [Fact]
    public async Task Requests_that_arrive_in_pieces_or_together_are_the_same_requests()
    {
        using var server = NewServer(out var path);
        using var socket = await ConnectAsync(path);
        await socket.SendAsync("{\"comm"u8.ToArray());
        await socket.SendAsync("and\":\"limit\",\"limit\":7}\n{\"command\":\"reload\"}\n{\"com"u8.ToArray());
        var received = "";
        while (received.Count(c => c == '\n') < 2)
        {
            var buffer = new byte[1000];
            var read = await socket.ReceiveAsync(buffer);
            Assert.NotEqual(0, read);
            received += Encoding.UTF8.GetString(buffer, 0, read);
        }

        Assert.Equal(7, _guard.Limit);
    }

    [Fact]
    public async Task A_request_without_end_is_cut_off()
    {
        using var server = NewServer(out var path);
        using var socket = await ConnectAsync(path);
        await socket.SendAsync(new byte[ControlProtocol.MaxRequestBytes + 1]);
        var buffer = new byte[1000];
        var read = await socket.ReceiveAsync(buffer);
        Assert.Contains("at most 4096 bytes", Encoding.UTF8.GetString(buffer, 0, read), StringComparison.Ordinal);
        Assert.Equal(0, await socket.ReceiveAsync(buffer));
    }

    [Fact]
    public async Task Beyond_the_most_clients_one_more_is_turned_away_and_later_served()
    {
        using var server = NewServer(out var path);
        var idle = new List<Socket>();
        for (var i = 0; i < ControlServer.MaxClients; i++)
        {
            idle.Add(await ConnectAsync(path));
        }

        using var late = await ConnectAsync(path);
        Assert.Equal(0, await late.ReceiveAsync(new byte[1]));
        idle.ForEach(s => s.Dispose());
        while (true)
        {
            try
            {
                Assert.True((await ControlClient.AskAsync(path, new ControlRequest("status"))).Ok);
                return;
            }
            catch (ControlException)
            {
                // The server has not yet seen all of them leave.
            }
        }
    }

    [Fact]
    public async Task Nobody_there_is_told_apart_from_nonsense()
    {
        var path = Path.Combine(Path.GetTempPath(), $"halfopen-{Guid.NewGuid():N}");
        Assert.Equal(ControlFailure.NoGuard,
            (await Assert.ThrowsAsync<ControlException>(() => ControlClient.AskAsync(path, new ControlRequest("status")))).Failure);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        var asking = ControlClient.AskAsync(path, new ControlRequest("status"));
        using (var client = await listener.AcceptAsync())
        {
            await client.SendAsync("HTTP/1.1 200 OK\n"u8.ToArray());
        }

        Assert.Equal(ControlFailure.NoAnswer, (await Assert.ThrowsAsync<ControlException>(() => asking)).Failure);
        File.Delete(path);
    }

    private ControlResponse Ask(string line) =>
        JsonSerializer.Deserialize(ControlProtocol.Answer(Encoding.UTF8.GetBytes(line), _guard), ControlJson.Default.ControlResponse)!;

    private ControlServer NewServer(out string path) =>
        new(path = Path.Combine(Path.GetTempPath(), $"halfopen-{Guid.NewGuid():N}.sock"), _guard);

    private static async Task<Socket> ConnectAsync(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        return socket;
    }
}

/// <summary>A guard that only remembers what it was told.</summary>
internal sealed class FakeGuard : IGuardControl
{
    public int Limit { get; private set; } = 10;

    public GuardStatus Status { get; set; } = new()
    {
        Policy = "windows-xp",
        Limit = 10,
        HalfOpen = 10,
        Counted = 10,
        Waiting = 31,
        Programs = [new("aria2c", 10, 9, 30, "every slot is held", 4.5, 200), new("firefox", 0, 0, 1, "every slot is held", 0.5, 12)],
        Totals = new OutcomeTotals { Submitted = 250, Started = 212, Established = 100, TimedOut = 102 },
    };

    public GuardStatus Snapshot() => Status;

    public void SetLimit(int limit) =>
        Limit = limit is >= 1 and <= 1_000_000 ? limit : throw new GuardException($"limit {limit} is out of range: give 1 to 1,000,000");

    public string? ReloadProblem { get; set; }

    public IReadOnlyList<string> Reload() =>
        ReloadProblem is { } problem ? throw new GuardException(problem) : ["queue number"];
}
