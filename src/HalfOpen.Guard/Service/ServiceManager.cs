using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using HalfOpen.Hosting;

namespace HalfOpen.Guard.Service;

/// <summary>
/// Tells systemd how we are: datagrams to the socket named by NOTIFY_SOCKET (sd_notify(3)). Without one, every call
/// does nothing. A lost notification is never an error. Thread-safe.
/// </summary>
public sealed class ServiceManager : IDisposable
{
    private readonly Socket? _socket;
    private readonly UnixDomainSocketEndPoint? _address;

    /// <param name="notifySocket">Value of NOTIFY_SOCKET: a path, or a name with a leading @ in the abstract namespace;
    /// null or empty: nobody to tell.</param>
    /// <param name="watchdogMicroseconds">Value of WATCHDOG_USEC; null or 0: no watchdog.</param>
    public ServiceManager(string? notifySocket, string? watchdogMicroseconds = null)
    {
        if (notifySocket is { Length: > 1 and < 108 } && notifySocket[0] is '/' or '@')
        {
            _address = new UnixDomainSocketEndPoint(notifySocket[0] == '@' ? "\0" + notifySocket[1..] : notifySocket);
            _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        }

        if (long.TryParse(watchdogMicroseconds, out var us) && us is > 0 and < 3_600_000_000 && _socket is not null)
        {
            WatchdogEvery = TimeSpan.FromMicroseconds(us / 2.0);
        }
    }

    public static ServiceManager FromEnvironment() =>
        new(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"), Environment.GetEnvironmentVariable("WATCHDOG_USEC"));

    /// <summary>Half of what systemd allows between two <see cref="Alive"/>; null: it does not watch.</summary>
    public TimeSpan? WatchdogEvery { get; }

    public void Ready(string status) => Send($"READY=1\nSTATUS={Line(status)}");

    /// <summary>MONOTONIC_USEC is what Type=notify-reload asks for; Type=notify does not mind.</summary>
    public void Reloading() => Send($"RELOADING=1\nMONOTONIC_USEC={Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000)}");

    public void Stopping() => Send("STOPPING=1");

    public void Alive() => Send("WATCHDOG=1");

    public void Status(string status) => Send($"STATUS={Line(status)}");

    public void Dispose() => _socket?.Dispose();

    private void Send(string message)
    {
        try
        {
            _socket?.SendTo(Encoding.UTF8.GetBytes(message), _address!);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Nobody listens: we go on.
        }
    }

    private static string Line(string text) => PlainText.Of(text.ReplaceLineEndings(" "));
}
