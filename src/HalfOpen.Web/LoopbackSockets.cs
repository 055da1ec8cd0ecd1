using System.Net;
using System.Net.Sockets;

namespace HalfOpen.Web;

/// <summary>
/// Sockets on 127.0.0.1 and, where there is IPv6, on ::1, with one port for both; bound by us, so that no port has to
/// be guessed and taken later. Not thread-safe.
/// </summary>
internal sealed class LoopbackSockets : IDisposable
{
    private const int Tries = 16;
    private readonly List<Socket> _sockets = [];

    /// <exception cref="SocketException">The port is taken, or not ours to take.</exception>
    public LoopbackSockets(int port)
    {
        for (var i = 0; ; i++)
        {
            try
            {
                _sockets.Add(Bind(IPAddress.Loopback, port));
                Port = ((IPEndPoint)_sockets[0].LocalEndPoint!).Port;
                if (Socket.OSSupportsIPv6)
                {
                    _sockets.Add(Bind(IPAddress.IPv6Loopback, Port));
                }

                return;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressNotAvailable && _sockets.Count == 1)
            {
                return; // IPv6 is off
            }
            catch (SocketException) when (port == 0 && _sockets.Count == 1 && i < Tries)
            {
                Dispose(); // somebody else has this port on ::1 only: another one
            }
            catch (SocketException)
            {
                Dispose();
                throw;
            }
        }
    }

    public int Port { get; private set; }

    public IEnumerable<IPEndPoint> Addresses => _sockets.Select(s => (IPEndPoint)s.LocalEndPoint!);

    /// <summary>The socket of an address; who takes it closes it.</summary>
    public Socket Take(EndPoint address)
    {
        var socket = _sockets.First(s => s.LocalEndPoint!.Equals(address));
        _sockets.Remove(socket);
        return socket;
    }

    public void Dispose()
    {
        _sockets.ForEach(s => s.Dispose());
        _sockets.Clear();
    }

    private static Socket Bind(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
