// A page beside 40 dead peers in one program, behind four slots: once with one queue for all (fifo), once with shared
// slots (fair). Everything is on loopback, and nobody else's network is touched. It needs Linux: there a full listener
// is as silent as a host that is gone.
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using HalfOpen.Core;
using ConnectSample;

using var live = Listen(IPAddress.Loopback, backlog: 100);
using var dead = Listen(IPAddress.Any, backlog: 0);
var deadPort = ((IPEndPoint)dead.LocalEndPoint!).Port;
using var fills = new Socket(SocketType.Stream, ProtocolType.Tcp);
await fills.ConnectAsync(IPAddress.Loopback, deadPort); // the one connection that it has room for: from now on it says nothing

await Task.WhenAll(Show(new FifoOptions()), Show(new FairOptions()));

async Task Show(PolicyOptions policy)
{
    using var gate = new ConnectGate(limit: 4, policy);
    var swarm = Enumerable.Range(1, 40).Select(i => TryPeer(gate, new IPEndPoint(new IPAddress([127, 1, 0, (byte)i]), deadPort))).ToArray();

    var watch = Stopwatch.StartNew();
    var page = Enumerable.Range(0, 6).Select(_ => gate.ConnectAsync("browser", (IPEndPoint)live.LocalEndPoint!));
    foreach (var socket in await Task.WhenAll(page))
    {
        socket.Dispose();
    }

    Console.WriteLine($"{policy.Name}: the page took {watch.Elapsed.TotalSeconds:F2} s; {gate.Waiting} of 40 peers still wait");
    await Task.WhenAll(swarm);
}

// A peer that stays silent for a second is given up.
static async Task TryPeer(ConnectGate gate, IPEndPoint peer)
{
    var attempt = await gate.EnterAsync("swarm", peer);
    var outcome = Outcome.TimedOut;
    using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
    using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
    try
    {
        await socket.ConnectAsync(peer, patience.Token);
        outcome = Outcome.Established;
    }
    catch (Exception e) when (e is SocketException or OperationCanceledException)
    {
        // It is what most peers do.
    }
    finally
    {
        gate.Leave(attempt, outcome);
    }
}

static Socket Listen(IPAddress address, int backlog)
{
    var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
    socket.Bind(new IPEndPoint(address, 0));
    socket.Listen(backlog);
    return socket;
}
