using System.Collections.Generic;

namespace HalfOpen.Driver.Pe;

/// <summary>The base relocations: which bytes of the image are addresses that the loader adjusts.</summary>
internal sealed class Relocations
{
    private const int HighLow = 3;

    /// <summary>
    /// RVA of every entry with its type; a later entry for the same RVA does not hide an earlier HIGHLOW.
    /// </summary>
    private readonly Dictionary<uint, int> _entries = new Dictionary<uint, int>();

    private Relocations()
    {
    }

    /// <value>Null, or one clause on what is wrong with the table: what was read before that point is kept.</value>
    public string? Problem { get; private set; }

    public static Relocations Read(PeImage image)
    {
        var relocations = new Relocations();
        image.GetDirectory(PeImage.RelocationDirectory, out var rva, out var size);
        if (rva == 0 || size == 0)
        {
            relocations.Problem = "the file has no relocations";
            return relocations;
        }

        var offset = image.FileOffsetOf(rva, size);
        if (offset < 0)
        {
            relocations.Problem = "the relocation table lies outside the file";
            return relocations;
        }

        var bytes = image.Bytes;
        var end = offset + (int)size;
        while (end - offset >= 8)
        {
            var page = Little.U32(bytes, offset);
            var blockSize = Little.U32(bytes, offset + 4);
            if (blockSize < 8 || blockSize > (uint)(end - offset))
            {
                // A table may be padded with zeros up to its size.
                relocations.Problem = page == 0 && blockSize == 0 ? null : "the relocation table is damaged";
                break;
            }

            for (var entry = offset + 8; entry + 1 < offset + (int)blockSize; entry += 2)
            {
                int word = Little.U16(bytes, entry);
                var type = word >> 12;
                var at = unchecked(page + (uint)(word & 0xFFF));
                if (type != 0 && (type == HighLow || !relocations._entries.ContainsKey(at)))
                {
                    relocations._entries[at] = type;
                }
            }

            offset += (int)blockSize;
        }

        return relocations;
    }

    /// <summary>Whether exactly the four bytes at this RVA are adjusted.</summary>
    public bool IsHighLow(uint rva) => _entries.TryGetValue(rva, out var type) && type == HighLow;

    /// <summary>
    /// Whether an entry of any type touches one of the four bytes at this RVA. The widest adjusts eight.
    /// </summary>
    public bool TouchesFourBytesAt(uint rva)
    {
        for (var back = -3; back <= 7; back++)
        {
            if (_entries.TryGetValue(unchecked(rva - (uint)back), out var type) && back < (type == 10 ? 8 : type == HighLow ? 4 : 2))
            {
                return true;
            }
        }

        return false;
    }
}
