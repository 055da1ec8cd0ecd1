using System.Net;
using System.Net.Sockets;
using System.Text;
using HalfOpen.Lab.World;

namespace HalfOpen.Lab.Programs;

/// <summary>
/// Everything that answers in the lab's internet: web pages, logins, peers. One listener a port serves every address,
/// since the namespace takes all of 10.0.0.0/8 for its own ("AnyIP"). Thread-safe.
/// </summary>
internal sealed class Servers : IDisposable
{
    private const int PageBytes = 4096;
    private static readonly byte[] Page =
        [.. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {PageBytes}\r\n\r\n"),
            .. Enumerable.Repeat((byte)'.', PageBytes)];

    private readonly List<Socket> _listeners = [];
    private readonly Internet? _internet;
    private uint _announced;

    /// <summary>Listens in the network namespace of the calling thread.</summary>
    public Servers(Internet internet)
    {
        _internet = internet;
        Listen(Internet.WebPort, ServePages);
        Listen(Internet.ShellPort, Echo);
        Listen(Internet.PeerPort, Hold);
        Listen(Internet.ScannedPort, Hold);
        Listen(Internet.ServicePort, Hold);
    }

    /// <summary>Only web pages, on a port of the kernel's choice.</summary>
    public Servers(IPAddress address, out int port)
    {
        Listen(0, ServePages, address);
        port = ((IPEndPoint)_listeners[0].LocalEndPoint!).Port;
    }

    public void Dispose()
    {
        foreach (var listener in _listeners)
        {
            listener.Dispose();
        }
    }

    private void Listen(ushort port, Func<Socket, byte[], Task> serve, IPAddress? address = null)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(address ?? IPAddress.Any, port));
        listener.Listen(4096);
        _listeners.Add(listener);
        _ = Accept(listener, serve);
    }

    private static async Task Accept(Socket listener, Func<Socket, byte[], Task> serve)
    {
        while (true)
        {
            try
            {
                _ = Serve(await listener.AcceptAsync(), serve);
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode != SocketError.OperationAborted)
            {
                // the caller went away before it was taken
            }
            catch (SocketException)
            {
                return;
            }
        }
    }

    private static async Task Serve(Socket socket, Func<Socket, byte[], Task> serve)
    {
        using (socket)
        {
            socket.NoDelay = true;
            try
            {
                await serve(socket, new byte[2048]);
            }
            catch (SocketException)
            {
                // the caller reset the connection
            }
        }
    }

    /// <summary>
    /// Answers each request on a connection until the caller closes it. A request here is whatever ends with an empty
    /// line.
    /// </summary>
    private async Task ServePages(Socket socket, byte[] buffer)
    {
        for (var length = 0; length < buffer.Length;)
        {
            var count = await socket.ReceiveAsync(buffer.AsMemory(length), SocketFlags.None);
            if (count == 0)
            {
                return;
            }

            length += count;
            if (buffer.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
            {
                await socket.SendAsync(buffer.AsSpan(0, length).StartsWith("GET /announce"u8) && _internet is { } internet
                    ? Announcement(internet) : Page, SocketFlags.None);
                length = 0;
            }
        }
    }

    /// <summary>Two hundred new peers for whoever asks.</summary>
    private byte[] Announcement(Internet internet)
    {
        const uint Peers = 200;
        var body = Torrent.Announcement(internet, Interlocked.Add(ref _announced, Peers), Peers);
        return [.. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {body.Length}\r\n\r\n"),
            .. body];
    }

    private static async Task Echo(Socket socket, byte[] buffer)
    {
        for (int count; (count = await socket.ReceiveAsync(buffer, SocketFlags.None)) > 0;)
        {
            await socket.SendAsync(buffer.AsMemory(0, count), SocketFlags.None);
        }
    }

    private static async Task Hold(Socket socket, byte[] buffer)
    {
        while (await socket.ReceiveAsync(buffer, SocketFlags.None) > 0)
        {
            // peers have nothing to say here
        }
    }
}
