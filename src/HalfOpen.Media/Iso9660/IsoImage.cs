using System.Buffers.Binary;
using System.Text;
using HalfOpen.Images;

namespace HalfOpen.Media.Iso9660;

/// <summary>
/// The image of a CD or DVD (ISO 9660 with Joliet): its trees and the bytes of its files. Folders are read while they
/// are walked through, so an image of any size takes little memory. Not thread-safe.
/// </summary>
/// <remarks>
/// <code>
/// sector 16 on: volume descriptors   0 kind (0 boot, 1 primary, 2 supplementary, 255 the end)   1 "CD001"
///    80 both32 sectors of the volume   88 escape sequences (Joliet: %/@ %/C %/E)   128 both16 bytes a sector
///    132 both32 size of a path table   140 u32, 144 u32 path tables, little-endian   148, 152 big-endian
///    156 record of the root
/// directory record   0 u8 its length (0: the sector holds no more)   1 u8 sectors of extended attributes
///    2 both32 sector   10 both32 size   25 u8 flags (2 folder, 0x80 goes on in the next record)
///    26 u8, 27 u8 interleaving   32 u8 length of the name   33 name
/// </code>
/// Source: ECMA-119; Joliet Specification of 1995; El Torito 1.0.
/// </remarks>
public sealed class IsoImage
{
    internal const int SectorSize = 2048;
    internal const long FirstDescriptor = 16 * SectorSize;

    private const int MaxDescriptors = 64;
    private const int MaxTrees = 4;

    private IsoImage(ByteSource source) => Source = source;

    /// <value>The plain tree first.</value>
    public IReadOnlyList<IsoTree> Trees { get; private init; } = [];

    /// <value>Whether El Torito makes it bootable.</value>
    public bool IsBootable => BootCatalog is not null;

    /// <value>Whether a UDF file system stands beside, whose names lead to the same bytes.</value>
    public bool HasUdf { get; private init; }

    /// <value>Why the image cannot be changed, one sentence; null when it can, as far as its descriptors tell.</value>
    public string? Obstacle => HasUdf
        ? "The image holds a UDF file system beside ISO 9660, which would still lead to the old file: it is not changed."
        : Trees.Any(t => t.VolumeSize > Source.Length) ? "The image is cut off: its volume has more bytes than the file."
        : null;

    internal ByteSource Source { get; }

    /// <value>Where the boot catalog stands; null without one.</value>
    internal long? BootCatalog { get; private init; }

    /// <value>Where the volume descriptors end.</value>
    internal long DescriptorsEnd { get; private init; }

    /// <summary>Whether a source begins as such an image does.</summary>
    public static bool IsIso(ByteSource source) =>
        source.Has(FirstDescriptor, SectorSize) && source.Read(FirstDescriptor + 1, 5).AsSpan().SequenceEqual("CD001"u8);

    /// <summary>Reads the volume descriptors.</summary>
    /// <exception cref="ImageProblemException">It is no such image, cut off or damaged.</exception>
    public static IsoImage Open(ByteSource source)
    {
        if (!IsIso(source))
        {
            throw new ImageProblemException("This is no ISO 9660 image: it has no volume descriptor in sector 16.");
        }

        var trees = new List<IsoTree>();
        long? catalog = null;
        var offset = FirstDescriptor;
        for (var i = 0; ; i++, offset += SectorSize)
        {
            var sector = source.Read(offset, SectorSize);
            if (!sector.AsSpan(1, 5).SequenceEqual("CD001"u8) || i == MaxDescriptors)
            {
                throw new ImageProblemException("The list of volume descriptors does not end: the image is damaged.");
            }

            if (sector[0] == 255)
            {
                break;
            }

            if (sector[0] is 1 or 2)
            {
                trees.Add(ReadTree(sector, offset));
            }
            else if (sector[0] == 0 && sector.AsSpan(7).StartsWith("EL TORITO SPECIFICATION"u8))
            {
                catalog = BinaryPrimitives.ReadUInt32LittleEndian(sector.AsSpan(71)) * (long)SectorSize;
            }
        }

        if (trees.Count is 0 or > MaxTrees)
        {
            throw new ImageProblemException("The image has no volume descriptor, or too many: it is damaged.");
        }

        offset += SectorSize;
        return new IsoImage(source) { Trees = trees, BootCatalog = catalog, DescriptorsEnd = offset, HasUdf = FindUdf(source, offset) };
    }

    /// <summary>All files and folders of a tree. May be ended at any time; reads as it goes.</summary>
    /// <exception cref="ImageProblemException">The tree is damaged, or has more folders or names than images
    /// have.</exception>
    public IEnumerable<IsoEntry> Entries(IsoTree tree) => new IsoTreeWalk(Source, tree).Entries();

    /// <summary>What stands in one folder.</summary>
    /// <param name="folder">Null: the root.</param>
    /// <exception cref="ImageProblemException">The folder is damaged.</exception>
    public IReadOnlyList<IsoEntry> List(IsoTree tree, IsoEntry? folder)
    {
        ArgumentNullException.ThrowIfNull(tree);
        return folder is null ? [.. new IsoFolder(Source, tree, "", tree.RootStart, tree.RootSize).Entries()]
            : folder.IsFolder ? [.. new IsoFolder(Source, tree, folder.Path, folder.Start, folder.Size).Entries()]
            : [];
    }

    /// <summary>The bytes of a file.</summary>
    /// <exception cref="ImageProblemException">They are stored in a way that is not supported, or lie beyond the
    /// end.</exception>
    public ByteSource OpenFile(IsoEntry entry) =>
        entry.Problem is null ? new SliceSource(Source, entry.Start, entry.Size) : throw new ImageProblemException(entry.Problem);

    /// <summary>Bytes rounded up to whole sectors.</summary>
    internal static long ToSectors(long bytes) => (bytes + SectorSize - 1) / SectorSize * SectorSize;

    private static IsoTree ReadTree(byte[] sector, long offset)
    {
        if (BothEndian.Read16(sector.AsSpan(128)) != SectorSize)
        {
            throw new ImageProblemException("The image has sectors of another size than 2,048 bytes, which is not supported.");
        }

        var pathTable = BothEndian.Read32(sector.AsSpan(132));
        long[] places =
        [
            BinaryPrimitives.ReadUInt32LittleEndian(sector.AsSpan(140)), BinaryPrimitives.ReadUInt32LittleEndian(sector.AsSpan(144)),
            BinaryPrimitives.ReadUInt32BigEndian(sector.AsSpan(148)), BinaryPrimitives.ReadUInt32BigEndian(sector.AsSpan(152)),
        ];
        var root = sector.AsSpan(156);
        var escape = Encoding.Latin1.GetString(sector, 88, 3);
        return new IsoTree(sector[0] == 2 && escape is "%/@" or "%/C" or "%/E", offset)
        {
            VolumeSize = BothEndian.Read32(sector.AsSpan(80)) * (long)SectorSize,
            RootStart = (BothEndian.Read32(root[2..]) + (long)root[1]) * SectorSize,
            RootSize = BothEndian.Read32(root[10..]),
            PathTables = [.. places.Where(p => p != 0).Select(p => (p * SectorSize, (long)pathTable))],
        };
    }

    /// <summary>UDF announces itself in the sectors behind the descriptors: BEA01, NSR02 or NSR03, TEA01.</summary>
    private static bool FindUdf(ByteSource source, long offset)
    {
        for (var i = 0; i < 8 && source.Has(offset, SectorSize); i++, offset += SectorSize)
        {
            var name = Encoding.Latin1.GetString(source.Read(offset + 1, 5));
            if (name.StartsWith("NSR0", StringComparison.Ordinal))
            {
                return true;
            }

            if (name is not ("BEA01" or "BOOT2" or "CD001"))
            {
                return false;
            }
        }

        return false;
    }
}
