using System.Globalization;
using System.Text;

namespace HalfOpen.Xp.Copies;

/// <summary>
/// What was done to a driver: <c>tcpip.sys.halfopen-manifest.json</c>, format 1, the same that the Linux program writes
/// and reads (<c>HalfOpen.Windows.Lifting.BackupManifest</c>; tests hold the two against each other). Hashes are
/// SHA-256 in 64 lower-case hexadecimal digits.
/// </summary>
internal sealed class Manifest
{
    private const int KnownFormat = 1;

    /// <summary>Version of the program that wrote it.</summary>
    public string ToolVersion { get; set; } = "";

    public DateTime TimeUtc { get; set; }

    /// <summary>Name of the driver, without folder.</summary>
    public string File { get; set; } = "";

    /// <summary>Of the backup: the file as it was before the first patch.</summary>
    public string OriginalSha256 { get; set; } = "";

    /// <summary>Of the file as the last patch meant to leave it.</summary>
    public string PatchedSha256 { get; set; } = "";

    /// <summary>Of the file as the last patch found it.</summary>
    public string PreviousSha256 { get; set; } = "";

    public long LimitFileOffset { get; set; }

    /// <summary>The limit in the backup.</summary>
    public uint OldLimit { get; set; }

    /// <summary>The limit that the last patch set.</summary>
    public uint NewLimit { get; set; }

    public byte[] ToBytes()
    {
        var text = new StringBuilder();
        text.Append("{\n  \"format\": ").Append(KnownFormat);
        Add(text, "toolVersion", ToolVersion);
        Add(text, "timeUtc", TimeUtc.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        Add(text, "file", File);
        Add(text, "originalSha256", OriginalSha256);
        Add(text, "patchedSha256", PatchedSha256);
        Add(text, "previousSha256", PreviousSha256);
        Add(text, "limitFileOffset", LimitFileOffset);
        Add(text, "oldLimit", OldLimit);
        Add(text, "newLimit", NewLimit);
        return Encoding.ASCII.GetBytes(text.Append("\n}\n").ToString());
    }

    /// <summary>Reads a manifest; null when the bytes are none. Never throws, whatever the bytes.</summary>
    public static Manifest? FromBytes(byte[] bytes)
    {
        var values = JsonText.ReadObject(bytes);
        if (values == null || NumberOf(values, "format")?.AsInt64() != KnownFormat)
        {
            return null;
        }

        var manifest = new Manifest();
        var isComplete = TryText(values, "toolVersion", out var version) & TryText(values, "file", out var file)
            & TryHash(values, "originalSha256", out var original) & TryHash(values, "patchedSha256", out var patched)
            & TryHash(values, "previousSha256", out var previous)
            & TryTime(values, "timeUtc", out var time);
        var offset = NumberOf(values, "limitFileOffset")?.AsInt64();
        var oldLimit = NumberOf(values, "oldLimit")?.AsUInt32();
        var newLimit = NumberOf(values, "newLimit")?.AsUInt32();
        if (!isComplete || offset == null || oldLimit == null || newLimit == null)
        {
            return null;
        }

        manifest.ToolVersion = version;
        manifest.File = file;
        manifest.OriginalSha256 = original;
        manifest.PatchedSha256 = patched;
        manifest.PreviousSha256 = previous;
        manifest.TimeUtc = time;
        manifest.LimitFileOffset = offset.Value;
        manifest.OldLimit = oldLimit.Value;
        manifest.NewLimit = newLimit.Value;
        return manifest;
    }

    private static void Add(StringBuilder text, string name, long value) =>
        text.Append(",\n  \"").Append(name).Append("\": ").Append(value);

    private static void Add(StringBuilder text, string name, string value)
    {
        text.Append(",\n  \"").Append(name).Append("\": ");
        JsonQuoting.Append(text, value);
    }

    private static JsonNumber? NumberOf(Dictionary<string, object?> values, string name) =>
        values.TryGetValue(name, out var value) ? value as JsonNumber : null;

    /// <summary>A text or null: a name that nobody needs to go back may be missing its value, not its place.</summary>
    private static bool TryText(Dictionary<string, object?> values, string name, out string text)
    {
        var isThere = values.TryGetValue(name, out var value) && value is null or string;
        text = value as string ?? "";
        return isThere;
    }

    private static bool TryHash(Dictionary<string, object?> values, string name, out string hash)
    {
        values.TryGetValue(name, out var value);
        hash = value as string ?? "";
        if (hash.Length != 64)
        {
            return false;
        }

        foreach (var c in hash)
        {
            if (c is not ((>= '0' and <= '9') or (>= 'a' and <= 'f')))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>ISO 8601 as both programs write it: with or without a fraction of the second, in UTC.</summary>
    private static bool TryTime(Dictionary<string, object?> values, string name, out DateTime time)
    {
        values.TryGetValue(name, out var value);
        string[] forms =
        {
            "yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", "yyyy-MM-dd'T'HH:mm:sszzz",
        };
        const DateTimeStyles Utc = DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal;
        return DateTime.TryParseExact(value as string ?? "", forms, CultureInfo.InvariantCulture, Utc, out time);
    }
}
