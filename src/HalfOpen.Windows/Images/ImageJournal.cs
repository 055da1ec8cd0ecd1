using System.Text.Json;
using System.Text.Json.Serialization;
using HalfOpen.Windows.Lifting;

namespace HalfOpen.Windows.Images;

/// <summary>
/// What was done to the drivers inside an image: stands beside it as <c>xp.vdi.halfopen-backup.json</c>. It is written
/// and on the disk before the first
/// byte of the image changes, and is all that <c>restore</c> needs. Immutable.
/// </summary>
public sealed record ImageJournal
{
    /// <summary>Follows the image's name.</summary>
    public const string Suffix = ".halfopen-backup.json";

    /// <summary>Bytes; a driver takes 2,000.</summary>
    public const int MaxSize = 1024 * 1024;

    private const int MaxDrivers = 400;

    /// <value>Which shape this document has; 1 so far.</value>
    public required int Format { get; init; }

    public required JournalImage Image { get; init; }

    public required IReadOnlyList<JournalDriver> Drivers { get; init; }

    public byte[] ToBytes() => [.. JsonSerializer.SerializeToUtf8Bytes(this, JournalJson.Default.ImageJournal), (byte)'\n'];

    /// <summary>Reads a journal; null when the bytes are none. Never throws, whatever the bytes.</summary>
    public static ImageJournal? FromBytes(byte[] bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, JournalJson.Default.ImageJournal) is { Format: 1, Image: not null,
                Drivers.Count: <= MaxDrivers } journal
                && journal.Drivers.All(d => d is not null && d.IsSound) ? journal : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return null; // InvalidOperationException: text that is no UTF-8
        }
    }
}

/// <summary>Which image a journal belongs to.</summary>
/// <param name="Identity">The container's UUID or the disk's signature, and the volumes' serial numbers.</param>
/// <param name="DiskSize">Bytes of the disk inside.</param>
public sealed record JournalImage(string Name, string Container, string Identity, long DiskSize);

/// <summary>One driver that was changed.</summary>
public sealed record JournalDriver
{
    /// <value>In the image: <c>1:/WINDOWS/system32/drivers/tcpip.sys</c>.</value>
    public required string Path { get; init; }

    /// <value>Bytes.</value>
    public required long Size { get; init; }

    /// <value>The same as stands beside a driver in a folder.</value>
    public required BackupManifest Manifest { get; init; }

    /// <value>The limit, then the checksum.</value>
    public required IReadOnlyList<JournalEdit> Edits { get; init; }

    internal bool IsSound => !string.IsNullOrEmpty(Path) && Path.Length < 4096 && Size is > 0 and <= Files.FileNames.MaxDriverSize
        && Manifest is not null && Manifest.IsSound && Edits is { Count: 2 }
        && Edits.All(e => e is not null && e.Offset >= 0 && e.Offset <= Size - JournalEdit.Length && e.IsSound);
}

/// <summary>Four bytes of a driver. Bytes are in file order, as 8 hexadecimal digits.</summary>
public sealed record JournalEdit
{
    /// <summary>Bytes.</summary>
    public const int Length = 4;

    /// <value>Into the driver.</value>
    public required long Offset { get; init; }

    /// <value>Before the first patch.</value>
    public required string Original { get; init; }

    /// <value>Before the last one.</value>
    public required string Before { get; init; }

    /// <value>After it.</value>
    public required string After { get; init; }

    /// <value>Where the bytes stood in the image's files. For people: what is written is looked for anew.</value>
    public required IReadOnlyList<JournalPlace> Places { get; init; }

    internal bool IsSound => Places is not null && IsHex(Original) && IsHex(Before) && IsHex(After);

    internal byte[] OriginalBytes => Convert.FromHexString(Original);

    /// <summary>Whether each byte is one that this edit may leave behind when it is cut short.</summary>
    internal bool Explains(ReadOnlySpan<byte> bytes)
    {
        var (original, before, after) = (OriginalBytes, Convert.FromHexString(Before), Convert.FromHexString(After));
        for (var i = 0; i < Length; i++)
        {
            if (bytes[i] != original[i] && bytes[i] != before[i] && bytes[i] != after[i])
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsHex(string? text) => text is { Length: 2 * Length } && text.All(char.IsAsciiHexDigit);
}

/// <param name="File">Name of the image's file.</param>
/// <param name="Offset">Bytes into that file.</param>
/// <param name="Length">Bytes.</param>
public sealed record JournalPlace(string File, long Offset, int Length);

[JsonSerializable(typeof(ImageJournal))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
internal sealed partial class JournalJson : JsonSerializerContext;
