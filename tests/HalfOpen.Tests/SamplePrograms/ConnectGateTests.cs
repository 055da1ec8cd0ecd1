using System.Net;
using System.Net.Sockets;
using HalfOpen.Core;
using ConnectSample;
using Xunit;

namespace HalfOpen.Tests.SamplePrograms;

/// <summary>The sample that people copy: no slot leaks, whatever happens to an attempt, and slots are shared.</summary>
public sealed class ConnectGateTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Dead_peers_of_one_part_keep_another_part_waiting_under_fifo_and_not_under_fair()
    {
        foreach (var (policy, waits) in new (PolicyOptions, bool)[] { (new FifoOptions(), true), (new FairOptions(), false) })
        {
            using var gate = new ConnectGate(4, policy);
            for (var i = 0; i < 40; i++)
            {
                _ = gate.EnterAsync("swarm", Peer(i), Cancel);
            }

            var page = gate.EnterAsync("browser", new IPEndPoint(IPAddress.Parse("198.51.100.1"), 443), Cancel);
            Assert.Equal(waits, !page.IsCompleted);
        }
    }

    [Fact]
    public async Task Who_is_cancelled_while_waiting_leaves_and_the_next_gets_the_slot()
    {
        using var gate = new ConnectGate(1);
        var first = await gate.EnterAsync("a", Peer(1), Cancel);
        using var stop = new CancellationTokenSource();
        var second = gate.EnterAsync("a", Peer(2), stop.Token);
        var third = gate.EnterAsync("a", Peer(3), Cancel);
        Assert.Equal(2, gate.Waiting);

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Equal(1, gate.Waiting);

        gate.Leave(first, Outcome.TimedOut);
        gate.Leave(first, Outcome.TimedOut); // told twice: nothing
        gate.Leave(await third, Outcome.Established);
        Assert.Equal(0, gate.Waiting);
        gate.Leave(await gate.EnterAsync("a", Peer(4), Cancel), Outcome.Refused);
    }

    [Fact]
    public async Task Refused_and_established_attempts_give_their_slot_back()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var gate = new ConnectGate(1);
        var bound = (IPEndPoint)listener.LocalEndPoint!;
        for (var i = 0; i < 3; i++)
        {
            var refused = await Assert.ThrowsAsync<SocketException>(() => gate.ConnectAsync("a", bound, Cancel));
            Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        }

        listener.Listen(10);
        for (var i = 0; i < 3; i++)
        {
            using var socket = await gate.ConnectAsync("a", bound, Cancel);
            Assert.True(socket.Connected);
        }
    }

    [Fact]
    public async Task HttpClient_waits_for_a_slot_and_gives_it_back()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var gate = new ConnectGate(1);
        using var client = new HttpClient(GatedHttp.Handler(gate, "http"));
        var holder = await gate.EnterAsync("http", Peer(1), Cancel);
        var page = client.GetStringAsync(new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/"), Cancel);
        while (gate.Waiting == 0) // until the request has come to its connect
        {
            await Task.Delay(1, Cancel);
        }

        Assert.False(listener.Pending());
        gate.Leave(holder, Outcome.TimedOut);
        using var server = await listener.AcceptTcpClientAsync(Cancel);
        var stream = server.GetStream();
        _ = await stream.ReadAtLeastAsync(new byte[16], 16, cancellationToken: Cancel);
        await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"u8.ToArray(), Cancel);
        Assert.Equal("hi", await page);
        gate.Leave(await gate.EnterAsync("http", Peer(2), Cancel), Outcome.Refused);
    }

    private static IPEndPoint Peer(int i) => new(new IPAddress([192, 0, 2, (byte)(i + 1)]), 6881);
}
