using System.Buffers.Binary;
using System.Text;

namespace HalfOpen.Windows.EventLogs;

/// <summary>One record of an event log. Immutable.</summary>
/// <param name="Number">Counts up from 1 since the log was made.</param>
/// <param name="Id">The number that people know: the low 16 bits.</param>
/// <param name="Strings">What the message's text is filled with; at most eight.</param>
public sealed record EventLogRecord(uint Number, DateTimeOffset TimeUtc, ushort Id, string Source, IReadOnlyList<string> Strings);

/// <summary>
/// An event log of Windows NT to 2003 (<c>SysEvent.Evt</c>), read only. Records are looked for all over the file, not
/// by the header's offsets, which are old in a log that was copied while Windows ran: a damaged part costs only the
/// records in it, and a record that is wrapped around the end of the file is put together. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// <code>
/// header, 48 bytes:  0 its length (0x30) · 4 "LfLe" · 16 offset of the oldest record · 20 of the end · 36 flags · 44
/// 0x30
/// record:  0 length · 4 "LfLe" · 8 number · 12 generated · 16 written (Unix seconds) · 20 event id · 24 type
///          26 count of strings · 28 category · 36 offset of the strings · 56 source, UTF-16, zero · computer name
///          ... strings ... · length again at its end
/// end record, 40 bytes: 0x28, 0x11111111, 0x22222222, 0x33333333, 0x44444444, ...
/// </code>
/// The layout is that of EVENTLOGRECORD in Microsoft's documentation, behind a header.
/// </remarks>
public sealed class EventLogFile
{
    /// <summary>Bytes. Windows lets a log grow to 300 MB in all; one of more than this is not read.</summary>
    public const int MaxSize = 256 * 1024 * 1024;

    private const int HeaderLength = 0x30;
    private const int ShortestRecord = 0x40;
    private const int LongestRecord = 0x4_0000;
    private const int SourceOffset = 56;
    private const int MaxRecords = 2_000_000;
    private const int MaxStrings = 8;
    private const int MaxText = 512;

    private EventLogFile(IReadOnlyList<EventLogRecord> records, bool isDamaged) => (Records, IsDamaged) = (records, isDamaged);

    /// <value>In the order of their numbers.</value>
    public IReadOnlyList<EventLogRecord> Records { get; }

    /// <value>The header or some record is damaged or cut: some may be missing.</value>
    public bool IsDamaged { get; }

    /// <summary>Whether these bytes begin as such a log does.</summary>
    public static bool IsOne(ReadOnlySpan<byte> start) => start.Length >= 8 && start[4..8].SequenceEqual("LfLe"u8);

    /// <summary>Reads what can be read; null when there is neither a header nor a record. Never throws.</summary>
    public static EventLogFile? Read(ReadOnlySpan<byte> bytes)
    {
        var headerIsSound = bytes.Length >= HeaderLength && IsOne(bytes) && U32(bytes, 0) == HeaderLength && U32(bytes, 44) == HeaderLength;
        var damaged = !headerIsSound;
        var records = new Dictionary<uint, EventLogRecord>();
        var at = headerIsSound ? HeaderLength : 0;
        while (at + 8 <= bytes.Length && records.Count < MaxRecords)
        {
            var found = bytes[(at + 4)..].IndexOf("LfLe"u8);
            if (found < 0)
            {
                break;
            }

            at += found;
            var length = U32(bytes, at);
            if (length == HeaderLength && at == 0)
            {
                at = HeaderLength;
                continue;
            }

            if (length is >= ShortestRecord and <= LongestRecord && TryRecord(bytes, at, (int)length, out var record))
            {
                records[record!.Number] = record;
                at = (int)Math.Min(at + (long)length, bytes.Length);
            }
            else
            {
                damaged = true;
                at += 4;
            }
        }

        return records.Count == 0 && !headerIsSound ? null
            : new EventLogFile([.. records.Values.OrderBy(r => r.Number)], damaged);
    }

    private static bool TryRecord(ReadOnlySpan<byte> file, int at, int length, out EventLogRecord? record)
    {
        record = null;
        ReadOnlySpan<byte> bytes;
        if (at + (long)length <= file.Length)
        {
            bytes = file.Slice(at, length);
        }
        else
        {
            var rest = length - (file.Length - at); // behind the header it goes on
            if (HeaderLength + rest > at)
            {
                return false;
            }

            bytes = (byte[])[.. file[at..], .. file.Slice(HeaderLength, rest)];
        }

        if (U32(bytes, length - 4) != length)
        {
            return false;
        }

        var source = Text(bytes, SourceOffset, out _);
        record = new EventLogRecord(U32(bytes, 8), DateTimeOffset.FromUnixTimeSeconds(U32(bytes, 12)), (ushort)(U32(bytes, 20) & 0xFFFF),
            source, Strings(bytes, U16(bytes, 26), U32(bytes, 36)));
        return true;
    }

    private static List<string> Strings(ReadOnlySpan<byte> bytes, int count, uint offset)
    {
        var strings = new List<string>();
        var at = (int)Math.Min(offset, (uint)bytes.Length);
        for (var i = 0; i < Math.Min(count, MaxStrings) && at >= SourceOffset && at + 2 <= bytes.Length; i++)
        {
            strings.Add(Text(bytes, at, out at));
        }

        return strings;
    }

    /// <summary>UTF-16 up to a zero or the end.</summary>
    private static string Text(ReadOnlySpan<byte> bytes, int at, out int end)
    {
        end = at;
        while (end + 2 <= bytes.Length && (bytes[end] != 0 || bytes[end + 1] != 0))
        {
            end += 2;
        }

        var text = bytes[at..Math.Min(end, at + MaxText)];
        end += 2;
        return Encoding.Unicode.GetString(text);
    }

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
}
