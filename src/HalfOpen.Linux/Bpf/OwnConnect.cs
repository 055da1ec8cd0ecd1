using System.Net;
using System.Net.Sockets;
using HalfOpen.Wire.Sockets;

namespace HalfOpen.Linux.Bpf;

/// <summary>
/// A connect of our own over loopback, to a port that nobody listens on, to see whether <see cref="SocketEvents"/> tell
/// of it. That a program was loaded and attached proves nothing: in a container it may hang where no other program is.
/// </summary>
/// <param name="Connecting">The event of its connect; null: none came.</param>
/// <param name="Ended">The event of its end came.</param>
public sealed record OwnConnect(SocketEvent? Connecting, bool Ended)
{
    /// <summary>
    /// In the namespace of the calling thread. Reads all events that are there; those of others are dropped, so this
    /// comes before anything is known of them.
    /// </summary>
    /// <returns>What was seen; null where no connect could be made, as with loopback down.</returns>
    public static OwnConnect? Try(SocketEvents events)
    {
        Flow flow;
        try
        {
            // Bound and never listening: nobody else can listen there meanwhile.
            using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            flow = new Flow(
                Flow.FromAddress(IPAddress.Loopback),
                (ushort)((IPEndPoint)socket.LocalEndPoint!).Port,
                Flow.FromAddress(IPAddress.Loopback),
                (ushort)((IPEndPoint)closed.LocalEndPoint!).Port);
            Connect(socket, closed.LocalEndPoint!);
        }
        catch (SocketException)
        {
            return null;
        }

        SocketEvent? connecting = null;
        var ended = false;
        while (events.TryRead(out var e))
        {
            if (e.Flow == flow)
            {
                connecting = e.Kind == SocketEventKind.Connecting ? e : connecting;
                ended |= e.Kind == SocketEventKind.StateChanged && e.Old == TcpState.SynSent;
            }
        }

        return new OwnConnect(connecting, ended);
    }

    private static void Connect(Socket socket, EndPoint to)
    {
        try
        {
            socket.Connect(to);
        }
        catch (SocketException e)
            when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress or SocketError.ConnectionRefused)
        {
            // Both are what we want. It ends when it is closed, at the latest.
        }
    }
}
