using System.Net.Sockets;
using HalfOpen.Guard.Rules;
using HalfOpen.Linux;

namespace HalfOpen.Guard.Control;

/// <summary>
/// The control socket of a running guard: root and the group <see cref="GuardPaths.GroupName"/> may connect. Bounded in
/// every direction: clients at a time, bytes a request, seconds a request. Thread-safe.
/// </summary>
public sealed class ControlServer : IDisposable
{
    /// <summary>More are turned away at once.</summary>
    public const int MaxClients = 16;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly IGuardControl _guard;
    private readonly string _path;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new();
    private int _clients;

    /// <summary>
    /// Listens. A socket that a killed guard left under the same path is replaced: the caller holds the lock that says
    /// so.
    /// </summary>
    /// <exception cref="GuardException">The socket cannot be made.</exception>
    public ControlServer(string path, IGuardControl guard)
    {
        _guard = guard;
        _path = path;
        try
        {
            File.Delete(path);
            _listener.Bind(new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
            Accounts.GiveToGroup(path, GuardPaths.GroupName);
            _listener.Listen(MaxClients);
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            _listener.Dispose();
            _stop.Dispose();
            throw new GuardException($"cannot make the control socket {path}: {e.Message}", e);
        }

        _ = Task.Run(AcceptAsync);
    }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        try
        {
            File.Delete(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The folder went first; nothing is left to delete.
        }
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptAsync(_stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // Out of descriptors, or the client left already: the next one may do better, later.
                await Task.Delay(100);
                continue;
            }

            if (Interlocked.Increment(ref _clients) > MaxClients)
            {
                Interlocked.Decrement(ref _clients);
                client.Dispose();
                continue;
            }

            _ = ServeAsync(client);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        try
        {
            using (client)
            {
                var buffer = new byte[ControlProtocol.MaxRequestBytes + 1];
                var count = 0;
                while (true)
                {
                    using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                    limit.CancelAfter(Patience);
                    var end = buffer.AsSpan(0, count).IndexOf((byte)'\n');
                    if (end >= 0)
                    {
                        var answer = ControlProtocol.Answer(buffer.AsSpan(0, end), _guard);
                        buffer.AsSpan(end + 1, count - end - 1).CopyTo(buffer);
                        count -= end + 1;
                        await SendAsync(client, answer, limit.Token);
                        continue;
                    }

                    if (count == buffer.Length)
                    {
                        await SendAsync(client,
                            ControlProtocol.Serialize(
                                ControlProtocol.Failure($"a request has at most {ControlProtocol.MaxRequestBytes} bytes")), limit.Token);
                        return;
                    }

                    var read = await client.ReceiveAsync(buffer.AsMemory(count), limit.Token);
                    if (read == 0)
                    {
                        return;
                    }

                    count += read;
                }
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The client left, or was too slow.
        }
        finally
        {
            Interlocked.Decrement(ref _clients);
        }
    }

    private static async Task SendAsync(Socket client, ReadOnlyMemory<byte> answer, CancellationToken cancel)
    {
        while (answer.Length > 0)
        {
            answer = answer[await client.SendAsync(answer, cancel)..];
        }
    }
}
