using System.Net;
using System.Net.Sockets;
using System.Text;

namespace HalfOpen.Tests.Web;

/// <summary>Sends bytes as they are: a client that keeps no rule.</summary>
internal static class RawClient
{
    /// <summary>What comes back until the other end closes. Half-closed, it would be cut off instead.</summary>
    public static async Task<string> AskAsync(Uri link, byte[] request, CancellationToken cancel)
    {
        using var socket = await ConnectAsync(link, cancel);
        var answer = new MemoryStream();
        var buffer = new byte[65536];
        try
        {
            await socket.SendAsync(request, cancel);
            for (int read; (read = await socket.ReceiveAsync(buffer, cancel)) > 0;)
            {
                answer.Write(buffer, 0, read);
            }
        }
        catch (SocketException)
        {
            // Cut off: what had come stands.
        }

        return Encoding.Latin1.GetString(answer.ToArray());
    }

    /// <summary>One request whose head is given, without the line that names the host when <paramref name="host"/> is
    /// null.</summary>
    public static Task<string> AskAsync(Uri link, string path, CancellationToken cancel, string method = "GET", string? host = "",
        string head = "")
    {
        var name = host is null ? "" : $"Host: {(host.Length == 0 ? link.Authority : host)}\r\n";
        return AskAsync(link, Encoding.Latin1.GetBytes($"{method} {path} HTTP/1.1\r\n{name}{head}Connection: close\r\n\r\n"), cancel);
    }

    public static async Task<Socket> ConnectAsync(Uri link, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, link.Port, cancel);
        return socket;
    }
}
