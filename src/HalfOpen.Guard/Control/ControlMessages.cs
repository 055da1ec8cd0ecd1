using System.Text.Json;
using System.Text.Json.Serialization;
using HalfOpen.Guard.Service;

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

/// <summary>Policies as users write them.</summary>
internal sealed class PolicyConverter : JsonConverter<GuardPolicy>
{
    public override GuardPolicy Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetString() switch
    {
        "windows-xp" => GuardPolicy.WindowsXp,
        "fifo" => GuardPolicy.Fifo,
        "unlimited" => GuardPolicy.Unlimited,
        "fair" => GuardPolicy.Fair,
        var other => throw new JsonException($"unknown policy '{other}'"),
    };

    public override void Write(Utf8JsonWriter writer, GuardPolicy value, JsonSerializerOptions options) => writer.WriteStringValue(SettingTable.Word(value));
}

/// <summary>The shapes that go over the control socket and out of <c>halfopen status --json</c>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = [typeof(PolicyConverter)])]
[JsonSerializable(typeof(ControlRequest))]
[JsonSerializable(typeof(ControlResponse))]
[JsonSerializable(typeof(GuardStatus))]
[JsonSerializable(typeof(GuardWarning))]
public sealed partial class ControlJson : JsonSerializerContext;
