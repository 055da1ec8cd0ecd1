using System.Text;
using System.Text.Json;

namespace HalfOpen.Guard.Control;

/// <summary>
/// From a request line to a response line. Never throws, whatever the bytes. Thread-safe as its guard is.
/// </summary>
public static class ControlProtocol
{
    /// <summary>Longest request, without its line feed.</summary>
    public const int MaxRequestBytes = 4096;

    /// <summary>Longest answer that a client reads: 64 programs of 4 KB names and then some.</summary>
    public const int MaxResponseBytes = 4 << 20;

    public static byte[] Answer(ReadOnlySpan<byte> line, IGuardControl guard)
    {
        try
        {
            return Serialize(Handle(line, guard));
        }
        catch (GuardException e)
        {
            return Serialize(Failure(e.Message));
        }
        catch (JsonException e)
        {
            return Serialize(
                Failure($"that is no request: a JSON object such as {{\"command\":\"status\"}} is expected (byte "
                    + $"{e.BytePositionInLine ?? 0})"));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A bug of ours; the guard goes on.
            return Serialize(Failure("internal error: " + e.GetType().Name));
        }
    }

    private static ControlResponse Handle(ReadOnlySpan<byte> line, IGuardControl guard)
    {
        var request = JsonSerializer.Deserialize(line, ControlJson.Default.ControlRequest);
        switch (request?.Command)
        {
            case "status":
                return new ControlResponse { Ok = true, Status = guard.Snapshot() };
            case "limit":
                if (request.Limit is not { } limit)
                {
                    return Failure("limit needs a number: {\"command\":\"limit\",\"limit\":50}");
                }

                guard.SetLimit(limit);
                return new ControlResponse { Ok = true };
            case "reload":
                return new ControlResponse { Ok = true, NeedRestart = guard.Reload() };
            default:
                return Failure("the commands are status, limit and reload");
        }
    }

    internal static ControlResponse Failure(string message) => new() { Ok = false, Error = message };

    internal static byte[] Serialize(ControlResponse response) =>
        Encoding.UTF8.GetBytes(JsonSerializer.Serialize(response, ControlJson.Default.ControlResponse) + "\n");
}
