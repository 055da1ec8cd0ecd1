using System.Text.Json;
using System.Text.Json.Serialization;

namespace HalfOpen.Windows.Lifting;

/// <summary>
/// What was done to a driver: stands beside it as <c>tcpip.sys.halfopen-manifest.json</c>, for people and for
/// <c>restore</c>. Hashes are SHA-256 in 64 lower-case hexadecimal digits. Immutable.
/// </summary>
public sealed record BackupManifest
{
    /// <value>Which shape this document has; 1 so far.</value>
    public required int Format { get; init; }

    /// <value>Version of the program that wrote it.</value>
    public required string ToolVersion { get; init; }

    public required DateTime TimeUtc { get; init; }

    /// <value>Name of the driver, without folder: a Windows folder may be mounted anywhere.</value>
    public required string File { get; init; }

    /// <value>Of the backup: the file as it was before the first patch.</value>
    public required string OriginalSha256 { get; init; }

    /// <value>Of the file as the last patch meant to leave it.</value>
    public required string PatchedSha256 { get; init; }

    /// <value>Of the file as the last patch found it: the same as the original at the first patch.</value>
    public required string PreviousSha256 { get; init; }

    public required long LimitFileOffset { get; init; }

    /// <value>The limit in the backup.</value>
    public required uint OldLimit { get; init; }

    /// <value>The limit that the last patch set.</value>
    public required uint NewLimit { get; init; }

    /// <summary>Whether it says what it must.</summary>
    internal bool IsSound => Format == 1 && IsHash(OriginalSha256) && IsHash(PatchedSha256) && IsHash(PreviousSha256);

    public byte[] ToBytes() => [.. JsonSerializer.SerializeToUtf8Bytes(this, ManifestJson.Default.BackupManifest), (byte)'\n'];

    /// <summary>Reads a manifest; null when the bytes are none. Never throws, whatever the bytes.</summary>
    public static BackupManifest? FromBytes(byte[] bytes)
    {
        try
        {
            var manifest = JsonSerializer.Deserialize(bytes, ManifestJson.Default.BackupManifest);
            return manifest is { IsSound: true } ? manifest : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return null; // InvalidOperationException: text that is no UTF-8
        }
    }

    private static bool IsHash(string? text) => text is { Length: 64 } && text.All(char.IsAsciiHexDigitLower);
}

[JsonSerializable(typeof(BackupManifest))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
internal sealed partial class ManifestJson : JsonSerializerContext;
