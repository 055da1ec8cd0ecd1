namespace HalfOpen.TestDrivers;

/// <summary>The content of a .reloc section: HIGHLOW entries in blocks of a page.</summary>
internal static class RelocationTable
{
    public static byte[] Write(IEnumerable<uint> rvas)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        foreach (var page in rvas.Distinct().Order().GroupBy(r => r & ~0xFFFu))
        {
            var entries = page.Select(r => (ushort)(0x3000 | (r & 0xFFF))).ToList();
            if (entries.Count % 2 != 0)
            {
                entries.Add(0); // type 0 pads the block to four bytes
            }

            writer.Write(page.Key);
            writer.Write(8 + (entries.Count * 2));
            entries.ForEach(writer.Write);
        }

        writer.Flush();
        return stream.ToArray();
    }
}
