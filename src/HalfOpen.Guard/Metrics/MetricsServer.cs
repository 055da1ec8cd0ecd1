using System.Net;
using System.Net.Sockets;
using System.Text;

namespace HalfOpen.Guard.Metrics;

/// <summary>
/// Answers <c>GET /metrics</c> and nothing else (docs/decisions/0063): one request a connection, at most
/// <see cref="MaxClients"/> at a time, <see cref="MaxHeadBytes"/> of head, ten seconds. Who may not read is told so,
/// and takes the place of nobody who may. Thread-safe.
/// </summary>
public sealed class MetricsServer : IDisposable
{
    public const int MaxClients = 8;

    /// <summary>Longest request line with headers.</summary>
    public const int MaxHeadBytes = 8192;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Func<GuardStatus> _snapshot;
    private readonly MetricsReaders _readers;
    private readonly Socket _listener;
    private readonly CancellationTokenSource _stop = new();
    private readonly Places _clients = new();
    private readonly Places _strangers = new();

    /// <param name="readers">Who may read; null: see <see cref="MetricsReaders.OfThisMachine"/>.</param>
    /// <exception cref="GuardException">The address is taken or not ours.</exception>
    public MetricsServer(IPEndPoint address, Func<GuardStatus> snapshot, MetricsReaders? readers = null)
    {
        _snapshot = snapshot;
        _readers = readers ?? MetricsReaders.OfThisMachine;
        _listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _listener.Bind(address);
            _listener.Listen(MaxClients);
        }
        catch (SocketException e)
        {
            _listener.Dispose();
            _stop.Dispose();
            throw new GuardException($"metrics cannot listen on {address}: {e.Message}", e);
        }

        Address = (IPEndPoint)_listener.LocalEndPoint!;
        _ = Task.Run(AcceptAsync);
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address { get; }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptAsync(_stop.Token);
                var places = MayRead(client) ? _clients : _strangers;
                if (!places.TryTake())
                {
                    client.Dispose();
                    continue;
                }

                _ = ServeAsync(client, places);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(100);
            }
        }
    }

    private bool MayRead(Socket client)
    {
        try
        {
            return client is { RemoteEndPoint: IPEndPoint from, LocalEndPoint: IPEndPoint to } && _readers.Allow(from, to);
        }
        catch (Exception e) when (e is GuardException or SocketException )
        {
            return false; // it left already, or the kernel does not tell
        }
    }

    private async Task ServeAsync(Socket client, Places places)
    {
        try
        {
            using (client)
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                limit.CancelAfter(Patience);
                var buffer = new byte[MaxHeadBytes];
                var count = 0;
                while (buffer.AsSpan(0, count).IndexOf("\r\n\r\n"u8) < 0)
                {
                    if (count == buffer.Length)
                    {
                        await SendAsync(client, Response("431 Request Header Fields Too Large", "text/plain", "too long\n"), limit.Token);
                        return;
                    }

                    var read = await client.ReceiveAsync(buffer.AsMemory(count), limit.Token);
                    if (read == 0)
                    {
                        return;
                    }

                    count += read;
                }

                var answer = places == _clients ? Answer(buffer.AsSpan(0, count), _snapshot)
                    : Response("403 Forbidden", "text/plain",
                        $"metrics are for root and members of the group {Rules.GuardPaths.GroupName}\n");
                await SendAsync(client, answer, limit.Token);
                client.Shutdown(SocketShutdown.Both);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The client left, or was too slow.
        }
        finally
        {
            places.GiveBack();
        }
    }

    /// <summary>From a request's head to the whole response. Never throws for what a client sends.</summary>
    internal static byte[] Answer(ReadOnlySpan<byte> head, Func<GuardStatus> snapshot)
    {
        var end = head.IndexOf("\r\n"u8);
        var line = end < 0 ? head : head[..end];
        var isHead = line.StartsWith("HEAD "u8);
        if (!isHead && !line.StartsWith("GET "u8))
        {
            return Response("405 Method Not Allowed", "text/plain", "only GET\n", "Allow: GET, HEAD\r\n");
        }

        var target = line[(isHead ? 5 : 4)..];
        var space = target.IndexOf((byte)' ');
        if (space < 0 || !target[(space + 1)..].StartsWith("HTTP/1."u8))
        {
            return Response("400 Bad Request", "text/plain", "no HTTP/1 request\n");
        }

        target = target[..space];
        var query = target.IndexOf((byte)'?');
        if (!(query < 0 ? target : target[..query]).SequenceEqual("/metrics"u8))
        {
            return Response("404 Not Found", "text/plain", "see /metrics\n");
        }

        return Response("200 OK", MetricsText.ContentType, MetricsText.Write(snapshot()), bodyToo: !isHead);
    }

    private static byte[] Response(string status, string type, string body, string more = "", bool bodyToo = true)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var head =
            Encoding.ASCII.GetBytes(
                $"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {bytes.Length}\r\n{more}Connection: close\r\n\r\n");
        return bodyToo ? [.. head, .. bytes] : head;
    }

    private static async Task SendAsync(Socket client, ReadOnlyMemory<byte> answer, CancellationToken cancel)
    {
        while (answer.Length > 0)
        {
            answer = answer[await client.SendAsync(answer, cancel)..];
        }
    }

    /// <summary>Bounds how many are served at a time. Thread-safe.</summary>
    private sealed class Places
    {
        private int _taken;

        public bool TryTake()
        {
            if (Interlocked.Increment(ref _taken) <= MaxClients)
            {
                return true;
            }

            GiveBack();
            return false;
        }

        public void GiveBack() => Interlocked.Decrement(ref _taken);
    }
}
