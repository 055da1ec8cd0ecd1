using System.Net;
using System.Net.Sockets;

namespace ConnectSample;

/// <summary>HttpClient behind a <see cref="ConnectGate"/>.</summary>
public static class GatedHttp
{
    /// <summary>
    /// For <c>new HttpClient(handler)</c>: every connection that it opens takes a slot first. The addresses of a name
    /// are tried one after the other; an attempt ends when the request is cancelled or at the stack's own time-out.
    /// </summary>
    public static SocketsHttpHandler Handler(ConnectGate gate, string part) => new()
    {
        ConnectCallback = async (context, cancel) =>
        {
            SocketException? last = null;
            foreach (var address in await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancel))
            {
                try
                {
                    var socket = await gate.ConnectAsync(part, new IPEndPoint(address, context.DnsEndPoint.Port), cancel);
                    socket.NoDelay = true;
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch (SocketException e)
                {
                    last = e;
                }
            }

            throw last ?? new SocketException((int)SocketError.HostNotFound);
        },
    };
}
