using System.Buffers.Binary;
using System.Text;
using HalfOpen.Windows.EventLogs;
using Xunit;

namespace HalfOpen.Tests.Windows;

/// <summary>Event logs of NT5: ours of every shape, wrapped, damaged.</summary>
public sealed class EventLogTests
{
    [Fact]
    public void Records_are_read_with_source_id_time_and_strings()
    {
        var log = EventLogFile.Read(new EventLogBuilder()
            .Add(6009, "EventLog", 1_140_000_000, "5.01.", "2600", "Service Pack 3")
            .Add(0x8000_1082, "Tcpip", 1_140_000_100).Build())!;
        Assert.False(log.IsDamaged);
        Assert.Equal([6009, 4226], log.Records.Select(r => (int)r.Id));
        Assert.Equal(["5.01.", "2600", "Service Pack 3"], log.Records[0].Strings);
        Assert.Equal(("Tcpip", 1_140_000_100L), (log.Records[1].Source, log.Records[1].TimeUtc.ToUnixTimeSeconds()));
    }

    [Fact]
    public void A_wrapped_log_is_read_whole_also_the_record_across_its_end()
    {
        var builder = new EventLogBuilder();
        for (var i = 0; i < 40; i++)
        {
            builder.Add(0x8000_1082, "Tcpip", 1_140_000_000u + ((uint)i * 900));
        }

        var plain = EventLogFile.Read(builder.Build())!;
        var length = EventLogBuilder.LengthOf("Tcpip");
        for (var turn = 4; turn < 600; turn += 4)
        {
            // Windows pads rather than to tear the fixed part of a record apart.
            var torn = (length - ((turn - 40) % length)) % length;
            if (turn < 40 || torn is > 0 and < 56)
            {
                continue;
            }

            var log = EventLogFile.Read(builder.Build(turn))!;
            Assert.Equal(plain.Records.Select(r => (r.Number, r.TimeUtc, r.Id)), log.Records.Select(r => (r.Number, r.TimeUtc, r.Id)));
        }
    }

    [Fact]
    public void A_damaged_record_costs_itself_only()
    {
        var builder = new EventLogBuilder();
        for (var i = 0; i < 10; i++)
        {
            builder.Add(0x8000_1082, "Tcpip", 1_140_000_000u + (uint)i);
        }

        var bytes = builder.Build();
        bytes[0x30 + (5 * EventLogBuilder.LengthOf("Tcpip"))] ^= 0xFF; // the sixth record's length
        var log = EventLogFile.Read(bytes)!;
        Assert.True(log.IsDamaged);
        Assert.Equal([1u, 2u, 3u, 4u, 5u, 7u, 8u, 9u, 10u], log.Records.Select(r => r.Number));
        bytes.AsSpan(0, 0x30).Clear(); // the header gone as well
        Assert.Equal(9, EventLogFile.Read(bytes)!.Records.Count);
    }

    [Fact]
    public void Cut_at_every_byte_and_mutated_it_never_throws()
    {
        var whole = new EventLogBuilder().Add(6009, "EventLog", 1, "5.01.").Add(0x8000_1082, "Tcpip", 2).Add(4231, "Tcpip", 3).Build();
        for (var length = 0; length < whole.Length; length++)
        {
            _ = EventLogFile.Read(whole.AsSpan(0, length));
        }

        var random = new Random(1);
        var read = 0;
        for (var round = 0; round < 30_000; round++)
        {
            var bytes = (byte[])whole.Clone();
            for (var i = random.Next(6); i >= 0; i--)
            {
                bytes[random.Next(bytes.Length)] = random.Next(3) == 0 ? (byte)0xFF : (byte)random.Next(256);
            }

            read += EventLogFile.Read(bytes) is { Records.Count: > 0 } ? 1 : 0;
        }

        Assert.True(read > 20_000, $"{read}");
    }

    [Fact]
    public void What_is_no_log_is_null()
    {
        Assert.Null(EventLogFile.Read("ElfFile\0"u8));
        Assert.Null(EventLogFile.Read(new byte[4096]));
        Assert.Empty(EventLogFile.Read(new EventLogBuilder().Build())!.Records);
    }
}

/// <summary>Makes logs as EVENTLOGRECORD and the header are documented.</summary>
internal sealed class EventLogBuilder
{
    private const int Header = 0x30;
    private readonly List<byte[]> _records = [];

    public static int LengthOf(string source) => Record(1, 1, source, 1, []).Length;

    public EventLogBuilder Add(uint id, string source, uint time, params string[] strings)
    {
        _records.Add(Record((uint)_records.Count + 1, id, source, time, strings));
        return this;
    }

    /// <param name="turn">Bytes that the records are turned around the end of the file; a multiple of 4.</param>
    public byte[] Build(int turn = 0)
    {
        byte[] end = new byte[0x28];
        uint[] fields = [0x28, 0x11111111, 0x22222222, 0x33333333, 0x44444444, Header, Header, (uint)_records.Count + 1, 1, 0x28];
        for (var i = 0; i < fields.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(i * 4), fields[i]);
        }

        byte[] body = [.. _records.SelectMany(r => r), .. end];
        turn %= body.Length;
        byte[] turned = [.. body[^turn..], .. body[..^turn]];
        if (turn == 0)
        {
            turned = body;
        }

        var header = new byte[Header];
        BinaryPrimitives.WriteUInt32LittleEndian(header, Header);
        "LfLe"u8.CopyTo(header.AsSpan(4));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(8), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(12), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(16), (uint)(Header + turn));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(44), Header);
        return [.. header, .. turned];
    }

    private static byte[] Record(uint number, uint id, string source, uint time, string[] strings)
    {
        byte[] names = [.. Encoding.Unicode.GetBytes(source + "\0PC\0")];
        byte[] texts = [.. Encoding.Unicode.GetBytes(string.Concat(strings.Select(s => s + "\0")))];
        var length = (56 + names.Length + texts.Length + 4 + 3) & ~3;
        var bytes = new byte[length];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)length);
        "LfLe"u8.CopyTo(bytes.AsSpan(4));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), number);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), time);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(16), time);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(20), id);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(24), 2);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(26), (ushort)strings.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(36), (uint)(56 + names.Length));
        names.CopyTo(bytes.AsSpan(56));
        texts.CopyTo(bytes.AsSpan(56 + names.Length));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(length - 4), (uint)length);
        return bytes;
    }
}
