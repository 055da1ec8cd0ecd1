using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace HalfOpen.Guard.Control;

/// <summary>Why there was no answer.</summary>
public enum ControlFailure
{
    /// <summary>No socket, or nobody behind it.</summary>
    NoGuard,

    /// <summary>The caller is neither root nor in the group.</summary>
    NotAllowed,

    /// <summary>Something else sits behind the socket, or the guard did not answer in time.</summary>
    NoAnswer,
}

/// <summary>No answer from a guard.</summary>
public sealed class ControlException(ControlFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    public ControlFailure Failure { get; } = failure;
}

/// <summary>Asks a running guard. Thread-safe: each request has a connection of its own.</summary>
public static class ControlClient
{
    private const int PermissionDenied = 13;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Sends one request, gives the answer. At most ten seconds.</summary>
    /// <exception cref="ControlException">There was no answer.</exception>
    public static async Task<ControlResponse> AskAsync(string path, ControlRequest request, CancellationToken cancel = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), limit.Token);
            await socket.SendAsync(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(request, ControlJson.Default.ControlRequest) + "\n"),
                limit.Token);
            var line = await ReadLineAsync(socket, limit.Token);
            return JsonSerializer.Deserialize(line, ControlJson.Default.ControlResponse) ?? throw new JsonException("null");
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied || e.NativeErrorCode == PermissionDenied)
        {
            throw new ControlException(ControlFailure.NotAllowed,
                $"not allowed to ask the guard at {path}: be root (sudo) or a member of the group {Rules.GuardPaths.GroupName}", e);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            throw new ControlException(ControlFailure.NoGuard, $"no guard answers at {path}", e);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new ControlException(ControlFailure.NoAnswer, $"the guard at {path} did not answer within {Patience.TotalSeconds:0} s",
                e);
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            throw new ControlException(ControlFailure.NoAnswer, $"no answer that makes sense from {path}", e);
        }
    }

    /// <summary>
    /// Whether somebody listens behind the socket at <paramref name="path"/>. Never waits, never throws.
    /// </summary>
    public static bool IsThere(string path)
    {
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            return false;
        }
    }

    private static async Task<byte[]> ReadLineAsync(Socket socket, CancellationToken cancel)
    {
        using var line = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (line.Length < ControlProtocol.MaxResponseBytes)
        {
            var read = await socket.ReceiveAsync(buffer, cancel);
            var end = buffer.AsSpan(0, read).IndexOf((byte)'\n');
            line.Write(buffer, 0, end >= 0 ? end : read);
            if (end >= 0 || read == 0)
            {
                return line.ToArray();
            }
        }

        throw new IOException("the answer is too long");
    }
}
