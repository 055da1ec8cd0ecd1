using System.Buffers.Binary;
using System.Text;
using HalfOpen.Windows.Hives;

namespace HalfOpen.Tests.Windows;

/// <summary>A key to be written into a test hive.</summary>
internal sealed record TestKey(string Name)
{
    public List<TestKey> Keys { get; } = [];

    public List<(string Name, uint Type, byte[] Data)> Values { get; } = [];

    public TestKey Number(string name, uint value)
    {
        Values.Add((name, 4, BitConverter.GetBytes(value)));
        return this;
    }

    public TestKey Text(string name, string value)
    {
        Values.Add((name, 1, Encoding.Unicode.GetBytes(value + "\0")));
        return this;
    }

    public TestKey With(params TestKey[] keys)
    {
        Keys.AddRange(keys);
        return this;
    }
}

/// <summary>
/// Writes small registry hives: every kind of subkey list, names in Latin-1 and UTF-16, data inline, in a cell and in
/// pieces.
/// </summary>
internal sealed class HiveBuilder
{
    private readonly List<byte> _cells = [.. new byte[32]]; // the header of the only bin

    private int _security;

    /// <value>lf, lh, li, or ri (an index of two li lists).</value>
    public string ListKind { get; init; } = "lh";

    public bool UnicodeNames { get; init; }

    /// <summary>The hive of a system as <c>SystemFacts</c> reads it.</summary>
    public static TestKey SystemRoot(string productType = "WinNT", uint current = 1, uint? rateLimiting = null, int servicePack = 3)
    {
        var parameters = new TestKey("Parameters").Text("Hostname", "test").Number("TcpMaxConnectRetransmissions", 3);
        if (rateLimiting is { } value)
        {
            parameters.Number("EnableConnectionRateLimiting", value);
        }

        TestKey ControlSet(string name, string type) => new TestKey(name).With(
            new TestKey("Control")
                .With(new TestKey("ProductOptions").Text("ProductType", type),
                    new TestKey("Windows").Number("CSDVersion", (uint)servicePack << 8)),
            new TestKey("Services").With(new TestKey("Tcpip").With(parameters), new TestKey("Tcpip6")));
        return new TestKey("$$$PROTO.HIV").With(
            ControlSet($"ControlSet{current:000}", productType), ControlSet("ControlSet009", "LanmanNT"),
                new TestKey("Select").Number("Current", current).Number("Default", 9));
    }

    public byte[] Build(TestKey root)
    {
        _security =
            Cell([(byte)'s', (byte)'k', 0, 0, .. BitConverter.GetBytes(_cells.Count), .. BitConverter.GetBytes(_cells.Count), 1, 0, 0, 0,
                20, 0, 0, 0, 1, 0, 0, 0x80, .. new byte[16]]);
        var rootCell = Write(root);
        var size = (_cells.Count + 8 + 4095) & ~4095;
        var bytes = new byte[Hive.BaseBlock + size];
        _cells.CopyTo(bytes, Hive.BaseBlock);
        "regf"u8.CopyTo(bytes);
        "hbin"u8.CopyTo(bytes.AsSpan(Hive.BaseBlock));
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(Hive.BaseBlock + 8), size);
        if (size - _cells.Count > 4)
        {
            // the rest is one free cell
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(Hive.BaseBlock + _cells.Count), size - _cells.Count);
        }

        foreach (var (at, value) in new[] { (4, 7), (8, 7), (20, 1), (24, 5), (32, 1), (36, rootCell), (40, size), (44, 1) })
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), value);
        }

        Seal(bytes);
        return bytes;
    }

    public static void Seal(byte[] hive) => BinaryPrimitives.WriteUInt32LittleEndian(hive.AsSpan(508), Hive.Checksum(hive));

    private int Write(TestKey key)
    {
        var subkeys = key.Keys.ConvertAll(Write);
        var values = key.Values.ConvertAll(v => WriteValue(v.Name, v.Type, v.Data));
        var name = Name(key.Name);
        var cell = new byte[76 + name.Length];
        "nk"u8.CopyTo(cell);
        BinaryPrimitives.WriteUInt16LittleEndian(cell.AsSpan(2), (ushort)(UnicodeNames ? 0 : 0x20));
        BinaryPrimitives.WriteInt32LittleEndian(cell.AsSpan(20), subkeys.Count);
        BinaryPrimitives.WriteInt32LittleEndian(cell.AsSpan(28), subkeys.Count == 0 ? -1 : WriteList(subkeys));
        BinaryPrimitives.WriteInt32LittleEndian(cell.AsSpan(36), values.Count);
        BinaryPrimitives.WriteInt32LittleEndian(cell.AsSpan(40),
            values.Count == 0 ? -1 : Cell([.. values.SelectMany(BitConverter.GetBytes)]));
        BinaryPrimitives.WriteInt32LittleEndian(cell.AsSpan(32), -1);
        BinaryPrimitives.WriteInt32LittleEndian(cell.AsSpan(44), _security);
        BinaryPrimitives.WriteInt32LittleEndian(cell.AsSpan(48), -1);
        BinaryPrimitives.WriteUInt16LittleEndian(cell.AsSpan(72), (ushort)name.Length);
        name.CopyTo(cell, 76);
        return Cell(cell);
    }

    private int WriteList(List<int> subkeys)
    {
        byte[] List(string kind, IEnumerable<int> cells, bool hash) =>
            [(byte)kind[0], (byte)kind[1], .. BitConverter.GetBytes((ushort)cells.Count()),
                .. cells.SelectMany(c => BitConverter.GetBytes(c).Concat(hash ? new byte[4] : []))];
        if (ListKind != "ri")
        {
            return Cell(List(ListKind, subkeys, hash: ListKind != "li"));
        }

        var half = subkeys.Count / 2;
        return Cell(List("ri", [Cell(List("li", subkeys.Take(half), false)), Cell(List("lf", subkeys.Skip(half), true))], false));
    }

    private int WriteValue(string valueName, uint type, byte[] data)
    {
        var name = Name(valueName);
        var cell = new byte[20 + name.Length];
        "vk"u8.CopyTo(cell);
        BinaryPrimitives.WriteUInt16LittleEndian(cell.AsSpan(2), (ushort)name.Length);
        if (data.Length <= 4)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(cell.AsSpan(4), 0x8000_0000u | (uint)data.Length);
            data.CopyTo(cell, 8);
        }
        else
        {
            BinaryPrimitives.WriteInt32LittleEndian(cell.AsSpan(4), data.Length);
            BinaryPrimitives.WriteInt32LittleEndian(cell.AsSpan(8), data.Length > 16_344 ? WriteBig(data) : Cell(data));
        }

        BinaryPrimitives.WriteUInt32LittleEndian(cell.AsSpan(12), type);
        cell[16] = UnicodeNames ? (byte)0 : (byte)1;
        name.CopyTo(cell, 20);
        return Cell(cell);
    }

    private int WriteBig(byte[] data)
    {
        var pieces = data.Chunk(16_344).Select(Cell).ToList();
        var list = Cell([.. pieces.SelectMany(BitConverter.GetBytes)]);
        return Cell([(byte)'d', (byte)'b', .. BitConverter.GetBytes((ushort)pieces.Count), .. BitConverter.GetBytes(list), 0, 0, 0, 0]);
    }

    private byte[] Name(string name) => (UnicodeNames ? Encoding.Unicode : Encoding.Latin1).GetBytes(name);

    private int Cell(byte[] content)
    {
        var offset = _cells.Count;
        var size = (content.Length + 4 + 7) & ~7;
        _cells.AddRange(BitConverter.GetBytes(-size));
        _cells.AddRange(content);
        _cells.AddRange(new byte[size - 4 - content.Length]);
        return offset;
    }
}
