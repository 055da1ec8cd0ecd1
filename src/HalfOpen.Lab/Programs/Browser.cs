using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using HalfOpen.Lab.World;

namespace HalfOpen.Lab.Programs;

/// <summary>
/// Loads pages over HTTP/1.1: <c>perhost</c> connections to each of <c>hosts</c> hosts it never saw before, all at
/// once, one GET each. A page is there when the last answer is whole; the next begins <c>pause</c> seconds later. A
/// connection stays open for <c>open</c> seconds. Reports <c>begin</c>, then <c>page</c> with its seconds and how many
/// of its requests failed within <c>timeout</c> seconds.
/// </summary>
internal sealed class Browser(ProgramHost host, ProgramArguments arguments)
{
    private readonly Neighbourhood _web = new Internet { Seed = arguments.Seed }.Web;
    private readonly TimeSpan _open = arguments.Seconds("open");
    private readonly TimeSpan _timeout = arguments.Seconds("timeout");

    public Action<string> Start()
    {
        _ = Task.Run(Browse);
        return _ => { };
    }

    /// <summary>
    /// Loads two pages from itself over loopback, so that the first real page does not pay for the start of this
    /// process.
    /// </summary>
    public async Task WarmUp()
    {
        using var server = new Servers(IPAddress.Loopback, out var port);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        for (var i = 0; i < 2; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => Get(new IPEndPoint(IPAddress.Loopback, port), limit.Token)));
        }
    }

    private async Task Browse()
    {
        var hosts = arguments.Count("hosts", 5);
        var perHost = arguments.Count("perhost", 6);
        await Task.Delay(arguments.Seconds("first"));
        for (uint page = 0; ; page++)
        {
            var began = Stopwatch.GetTimestamp();
            host.Report("begin");
            using var limit = new CancellationTokenSource(_timeout);
            var gets = new List<Task<bool>>(hosts * perHost);
            for (uint i = 0; i < hosts; i++)
            {
                var address = _web.Address(unchecked((page * (uint)hosts) + i), arguments.Seed);
                var server = new IPEndPoint(IPAddress.HostToNetworkOrder(unchecked((int)address)) & 0xffff_ffffL, _web.Port);
                for (var n = 0; n < perHost; n++)
                {
                    gets.Add(Get(server, limit.Token));
                }
            }

            var done = await Task.WhenAll(gets);
            host.Report("page", Stopwatch.GetElapsedTime(began).TotalSeconds, done.Count(ok => !ok));
            await Task.Delay(arguments.Seconds("pause"));
        }
    }

    private async Task<bool> Get(IPEndPoint server, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(server, cancel);
            await socket.SendAsync(
                Encoding.ASCII.GetBytes($"GET /part HTTP/1.1\r\nHost: {server.Address}\r\nUser-Agent: halfopen-lab\r\n\r\n"),
                    SocketFlags.None, cancel);
            if (!await ReceiveWhole(socket, cancel))
            {
                socket.Dispose();
                return false;
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            socket.Dispose();
            return false;
        }

        _ = CloseLater(socket);
        return true;
    }

    private async Task CloseLater(Socket socket)
    {
        await Task.Delay(_open, CancellationToken.None);
        socket.Dispose();
    }

    /// <summary>Reads status line, headers and as many bytes as Content-Length says.</summary>
    private static async Task<bool> ReceiveWhole(Socket socket, CancellationToken cancel)
    {
        var buffer = new byte[16 * 1024];
        var length = 0;
        while (length < buffer.Length)
        {
            var count = await socket.ReceiveAsync(buffer.AsMemory(length), SocketFlags.None, cancel);
            if (count == 0)
            {
                return false;
            }

            length += count;
            if (HttpAnswer.IsWhole(buffer.AsSpan(0, length), out var isOk))
            {
                return isOk;
            }
        }

        return false;
    }
}

/// <summary>As much of HTTP as a page of the lab needs.</summary>
internal static class HttpAnswer
{
    /// <summary>Status line, headers, and a body of Content-Length bytes are all there (RFC 9112).</summary>
    public static bool IsWhole(ReadOnlySpan<byte> received, out bool isOk)
    {
        isOk = received.StartsWith("HTTP/1.1 200"u8);
        var end = received.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return false;
        }

        var name = "\r\nContent-Length: "u8;
        var at = received[..end].IndexOf(name);
        if (at < 0 || !System.Buffers.Text.Utf8Parser.TryParse(received[(at + name.Length)..], out int body, out _))
        {
            isOk = false;
            return true;
        }

        return received.Length >= end + 4L + body;
    }
}
