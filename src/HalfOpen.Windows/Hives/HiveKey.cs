using System.Buffers.Binary;

namespace HalfOpen.Windows.Hives;

/// <summary>A key of a <see cref="Hive"/>. Immutable and thread-safe.</summary>
public sealed class HiveKey
{
    private const int KeyHeader = 76;
    private const int ValueHeader = 20;

    /// <summary>Bytes. A value of this project's interest has a few; a damaged length must not cost memory.</summary>
    private const int MaxValueSize = 1024 * 1024;

    /// <summary>Cells that one look-up may touch: a damaged hive can name the same list again and again.</summary>
    private const int MaxCells = 1_000_000;

    private readonly Hive _hive;
    private readonly uint _subkeyList;
    private readonly uint _valueCount;
    private readonly uint _valueList;

    private HiveKey(Hive hive, string name, uint subkeyList, uint valueCount, uint valueList)
    {
        _hive = hive;
        Name = name;
        _subkeyList = subkeyList;
        _valueCount = valueCount;
        _valueList = valueList;
    }

    public string Name { get; }

    /// <summary>The keys below, in the hive's order; damaged ones are left out.</summary>
    public IEnumerable<HiveKey> Subkeys()
    {
        foreach (var cell in SubkeyCells())
        {
            if (At(_hive, cell) is { } key)
            {
                yield return key;
            }
        }
    }

    /// <summary>The key at a path below, names in any case of letters; null when any part is missing.</summary>
    public HiveKey? Find(params ReadOnlySpan<string> names)
    {
        var key = this;
        foreach (var name in names)
        {
            key = key.Subkeys().FirstOrDefault(k => k.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
            if (key is null)
            {
                return null;
            }
        }

        return key;
    }

    /// <summary>A value by its name, in any case of letters; null when it is missing or damaged.</summary>
    public HiveValue? Value(string name)
    {
        var list = _hive.Cell(_valueList, 0);
        var count = (int)Math.Min(_valueCount, (uint)(list.Length / 4));
        for (var i = 0; i < count; i++)
        {
            var cell = _hive.Cell(BinaryPrimitives.ReadUInt32LittleEndian(list[(4 * i)..]), ValueHeader);
            if (cell.Length == 0 || !cell[..2].SequenceEqual("vk"u8))
            {
                continue;
            }

            var nameLength = BinaryPrimitives.ReadUInt16LittleEndian(cell[2..]);
            var isLatin1 = (cell[16] & 1) != 0;
            if (ValueHeader + nameLength <= cell.Length
                && Hive.Name(cell.Slice(ValueHeader, nameLength), isLatin1).Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return Data(cell) is { } data ? new HiveValue(BinaryPrimitives.ReadUInt32LittleEndian(cell[12..]), data) : null;
            }
        }

        return null;
    }

    internal static HiveKey? At(Hive hive, uint offset)
    {
        var cell = hive.Cell(offset, KeyHeader);
        if (cell.Length == 0 || !cell[..2].SequenceEqual("nk"u8))
        {
            return null;
        }

        var nameLength = BinaryPrimitives.ReadUInt16LittleEndian(cell[72..]);
        if (KeyHeader + nameLength > cell.Length)
        {
            return null;
        }

        var subkeys = BinaryPrimitives.ReadUInt32LittleEndian(cell[20..]);
        return new HiveKey(
            hive,
            Hive.Name(cell.Slice(KeyHeader, nameLength), (cell[2] & 0x20) != 0),
            subkeys == 0 ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(cell[28..]),
            BinaryPrimitives.ReadUInt32LittleEndian(cell[36..]),
            BinaryPrimitives.ReadUInt32LittleEndian(cell[40..]));
    }

    private List<uint> SubkeyCells()
    {
        var cells = new List<uint>();
        var budget = MaxCells;
        Collect(_subkeyList, depth: 0, cells, ref budget);
        return cells;
    }

    private void Collect(uint list, int depth, List<uint> cells, ref int budget)
    {
        var cell = _hive.Cell(list, 4);
        if (cell.Length == 0)
        {
            return;
        }

        var isIndex = cell[..2].SequenceEqual("ri"u8);
        var step = isIndex || cell[..2].SequenceEqual("li"u8)
            ? 4 : cell[..2].SequenceEqual("lf"u8) || cell[..2].SequenceEqual("lh"u8) ? 8 : 0;
        if (step == 0 || (isIndex && depth > 1))
        {
            return;
        }

        var count = Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(cell[2..]), (cell.Length - 4) / step);
        for (var i = 0; i < count && budget > 0; i++)
        {
            budget--;
            var next = BinaryPrimitives.ReadUInt32LittleEndian(cell[(4 + (i * step))..]);
            if (isIndex)
            {
                Collect(next, depth + 1, cells, ref budget);
            }
            else
            {
                cells.Add(next);
            }
        }
    }

    private byte[]? Data(ReadOnlySpan<byte> value)
    {
        var size = BinaryPrimitives.ReadUInt32LittleEndian(value[4..]);
        if ((size & 0x8000_0000) != 0)
        {
            return (size & 0x7FFF_FFFF) is var inline and <= 4 ? value.Slice(8, (int)inline).ToArray() : null;
        }

        if (size > MaxValueSize)
        {
            return null;
        }

        var cell = _hive.Cell(BinaryPrimitives.ReadUInt32LittleEndian(value[8..]), 0);
        return cell.Length >= 8 && size > BigDataPiece && cell[..2].SequenceEqual("db"u8) ? BigData(cell, (int)size)
            : cell.Length >= size ? cell[..(int)size].ToArray()
            : null;
    }

    private const int BigDataPiece = 16_344;

    private byte[]? BigData(ReadOnlySpan<byte> header, int size)
    {
        var pieces = BinaryPrimitives.ReadUInt16LittleEndian(header[2..]);
        var list = _hive.Cell(BinaryPrimitives.ReadUInt32LittleEndian(header[4..]), 4 * pieces);
        var data = new byte[size];
        var done = 0;
        for (var i = 0; i < pieces && done < size && list.Length >= 4 * pieces; i++)
        {
            var length = Math.Min(BigDataPiece, size - done);
            var piece = _hive.Cell(BinaryPrimitives.ReadUInt32LittleEndian(list[(4 * i)..]), length);
            if (piece.Length < length)
            {
                return null;
            }

            piece[..length].CopyTo(data.AsSpan(done));
            done += length;
        }

        return done == size ? data : null;
    }
}
