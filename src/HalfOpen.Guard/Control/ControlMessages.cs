using System.Text.Json.Serialization;

namespace HalfOpen.Guard.Control;

/// <summary>One line to the guard: a JSON object.</summary>
/// <param name="Command">status, limit or reload.</param>
/// <param name="Limit">For limit.</param>
public sealed record ControlRequest(string? Command, int? Limit = null);

/// <summary>One line back.</summary>
public sealed record ControlResponse
{
    /// <summary>The command was carried out.</summary>
    public bool Ok { get; init; }

    /// <summary>Why not, for a user.</summary>
    public string? Error { get; init; }

    /// <summary>Answer to status.</summary>
    public GuardStatus? Status { get; init; }

    /// <summary>Answer to reload: what keeps its old value until a restart.</summary>
    public IReadOnlyList<string>? NeedRestart { get; init; }
}

/// <summary>The shapes that go over the control socket and out of <c>halfopen status --json</c>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ControlRequest))]
[JsonSerializable(typeof(ControlResponse))]
[JsonSerializable(typeof(GuardStatus))]
[JsonSerializable(typeof(GuardWarning))]
public sealed partial class ControlJson : JsonSerializerContext;
