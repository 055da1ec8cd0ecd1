using System.Net;
using System.Net.Sockets;

namespace HalfOpen.XpShow;

/// <summary>Other programs that a test needs on a Windows: each does one thing until its input ends.</summary>
internal static class Neighbours
{
    /// <summary>Uses a file, so that nobody can replace it.</summary>
    public static int Use(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        return WaitForEnd();
    }

    /// <summary>Has connection attempts out that nobody answers.</summary>
    public static int Connect(string address, int count)
    {
        var sockets = new List<Socket>();
        for (var i = 0; i < count; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            sockets.Add(socket);
            try
            {
                socket.Connect(new IPEndPoint(IPAddress.Parse(address), 6881 + i));
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
                // Under way, as it should be.
            }
        }

        return WaitForEnd();
    }

    private static int WaitForEnd()
    {
        Console.WriteLine("ready");
        Console.In.ReadToEnd();
        return 0;
    }
}
