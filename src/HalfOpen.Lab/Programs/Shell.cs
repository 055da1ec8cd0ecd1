using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using HalfOpen.Lab.World;

namespace HalfOpen.Lab.Programs;

/// <summary>
/// Somebody logged in to a few machines: <c>sessions</c> connections, a key pressed every <c>key</c> seconds and
/// echoed; a session lasts <c>open</c> seconds and is opened again, always to the same host. Reports <c>login</c> with
/// the seconds until the first echo, and <c>lost</c> for each session that broke or could not be opened.
/// </summary>
internal sealed class Shell(ProgramHost host, ProgramArguments arguments)
{
    private readonly Neighbourhood _shells = new Internet { Seed = arguments.Seed }.Shells;

    public Action<string> Start()
    {
        for (uint i = 0; i < arguments.Count("sessions", 3); i++)
        {
            _ = Work(_shells.Address(i, arguments.Seed));
        }

        return _ => { };
    }

    private async Task Work(uint address)
    {
        var end = new IPEndPoint(IPAddress.HostToNetworkOrder(unchecked((int)address)) & 0xffff_ffffL, _shells.Port);
        while (true)
        {
            try
            {
                await Session(end);
            }
            catch (SocketException)
            {
                host.Report("lost");
                await Task.Delay(arguments.Seconds("key"));
            }
        }
    }

    private async Task Session(IPEndPoint end)
    {
        var began = Stopwatch.GetTimestamp();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(end);
        var key = new byte[1];
        for (var isFirst = true; Stopwatch.GetElapsedTime(began) < arguments.Seconds("open"); isFirst = false)
        {
            await socket.SendAsync(key, SocketFlags.None);
            if (await socket.ReceiveAsync(key, SocketFlags.None) == 0)
            {
                throw new SocketException((int)SocketError.ConnectionReset);
            }

            if (isFirst)
            {
                host.Report("login", Stopwatch.GetElapsedTime(began).TotalSeconds);
            }

            await Task.Delay(arguments.Seconds("key"));
        }
    }
}
