namespace HalfOpen.Images.Containers;

/// <summary>Tells what container a file is, by its content, and opens the disk inside.</summary>
public static class ImageContainer
{
    /// <summary>Opens the disk inside a file.</summary>
    /// <param name="files">Its bytes are best read through a <see cref="CachedSource"/>.</param>
    /// <returns>The disk. A file of no known container is a raw disk: whether it is one, its partitions say.</returns>
    /// <exception cref="ImageProblemException">It is an image that cannot be read here; the message says why and what
    /// to do.</exception>
    public static BlockSource Open(IImageFiles files)
    {
        var file = files.Main;
        var start = file.Read(0, (int)Math.Min(file.Length, 4096));
        if (Qcow2Disk.Open(files.Name, file, start) is { } qcow2)
        {
            return qcow2;
        }

        if (VmdkDisk.Open(files, start) is { } vmdk)
        {
            return vmdk;
        }

        if (VdiDisk.Open(files.Name, file, start) is { } vdi)
        {
            return vdi;
        }

        if (VhdxDisk.Open(files.Name, file, start) is { } vhdx)
        {
            return vhdx;
        }

        if (VhdDisk.Open(files.Name, file, start) is { } vhd)
        {
            return vhd;
        }

        return ForeignFormats.Find(file, start) is { } foreign
            ? throw new ImageProblemException(foreign + $" (for most formats {Remedies.Convert(files.Name, "raw")}).")
            : new RawDisk("raw", new ImageFile(files.Name, file), file.Length);
    }
}

/// <summary>Images of formats that are only recognised.</summary>
internal static class ForeignFormats
{
    private const int TarMagicOffset = 257;

    /// <summary>What it is and what to do, without a full stop; null for anything else.</summary>
    public static string? Find(ByteSource file, ReadOnlySpan<byte> start) =>
        Fields.Starts(start, 0, "QED\0"u8) ? Name("a QED image")
        : Fields.Starts(start, 0, "WithoutFreeSpace"u8) || Fields.Starts(start, 0, "WithouFreSpacExt"u8) ? Name("a disk of Parallels")
        : Fields.Starts(start, 0, [(byte)'E', (byte)'V', (byte)'F', 9, 0x0D, 0x0A, 0xFF]) ? Name("an EnCase image")
        : Fields.Starts(start, 0, "MSWIM\0"u8) ? "It is a WIM archive, not a disk: unpack it ('wimapply') and name the folder"
        : Fields.Starts(start, 0, [0x1F, 0x8B]) || Fields.Starts(start, 0, "BZh"u8)
            || Fields.Starts(start, 0, [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0])
            || Fields.Starts(start, 0, [0x28, 0xB5, 0x2F, 0xFD]) || Fields.Starts(start, 0, [(byte)'P', (byte)'K', 3, 4])
                || Fields.Starts(start, 0, [(byte)'7', (byte)'z', 0xBC, 0xAF])
            ? "It is compressed: unpack it and name what is inside"
        : Fields.Starts(start, TarMagicOffset, "ustar"u8) ? "It is a tar archive (an OVA is one): unpack it ('tar -xf') and name "
            + "the disk inside, after converting it"
        : file.Length >= 512 && Fields.Starts(file.Read(file.Length - 512, 4), 0, "koly"u8) ? Name("a DMG image")
        : null;

    private static string Name(string what) => $"It is {what}, which is not read here: convert it and use that";
}
