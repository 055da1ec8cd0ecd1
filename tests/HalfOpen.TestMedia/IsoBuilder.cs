using System.Buffers.Binary;
using System.Text;

namespace HalfOpen.TestMedia;

/// <summary>Builds small ISO 9660 images, with or without Joliet and El Torito. Two files of the same array share their
/// bytes.</summary>
public sealed class IsoBuilder
{
    private const int Sector = 2048;
    private readonly SortedDictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    public bool HasJoliet { get; init; } = true;

    public bool IsBootable { get; init; } = true;

    public bool HasUdf { get; init; }

    /// <value>Appended to names in the plain tree.</value>
    public string Version { get; init; } = ";1";

    /// <param name="path">With slashes: <c>/I386/TCPIP.SY_</c>.</param>
    public IsoBuilder Add(string path, byte[] bytes)
    {
        _files.Add(path, bytes);
        return this;
    }

    public byte[] Build()
    {
        // Descriptors, UDF's announcement, boot catalog and image; then each tree's folders; then the files.
        var folders = _files.Keys.SelectMany(Parents).Append("/").Distinct().Order(StringComparer.Ordinal).ToList();
        var trees = HasJoliet ? 2 : 1;
        var descriptors = 16 + trees + (IsBootable ? 1 : 0) + 1;
        var next = descriptors + 3;
        var boot = next;
        next += 2;
        var pathTables = next;
        next += 2 * trees;
        var folderAt = new Dictionary<(string, int), int>();
        foreach (var tree in Enumerable.Range(0, trees))
        {
            foreach (var folder in folders)
            {
                folderAt[(folder, tree)] = next++;
            }
        }

        var fileAt = new Dictionary<byte[], int>(ReferenceEqualityComparer.Instance);
        foreach (var bytes in _files.Values)
        {
            if (fileAt.TryAdd(bytes, next))
            {
                next += (bytes.Length + Sector - 1) / Sector;
            }
        }

        var image = new byte[(next + 16) * Sector];
        foreach (var (bytes, at) in fileAt)
        {
            bytes.CopyTo(image, at * Sector);
        }

        for (var tree = 0; tree < trees; tree++)
        {
            var place = 16 + (tree == 0 ? 0 : IsBootable ? 2 : 1);
            Descriptor(image.AsSpan(place * Sector), tree, image.Length / Sector, folderAt[("/", tree)], pathTables + (2 * tree));
            foreach (var folder in folders)
            {
                Folder(image.AsSpan(folderAt[(folder, tree)] * Sector, Sector), folder, tree, folders, folderAt, fileAt);
            }
        }

        if (IsBootable)
        {
            Boot(image, boot);
        }

        image[(descriptors - 1) * Sector] = 255;
        "CD001\u0001"u8.CopyTo(image.AsSpan(((descriptors - 1) * Sector) + 1));
        if (HasUdf)
        {
            "BEA01"u8.CopyTo(image.AsSpan((descriptors * Sector) + 1));
            "NSR02"u8.CopyTo(image.AsSpan(((descriptors + 1) * Sector) + 1));
        }

        return image;
    }

    private static IEnumerable<string> Parents(string path)
    {
        for (var i = path.LastIndexOf('/'); i > 0; i = path.LastIndexOf('/', i - 1))
        {
            yield return path[..i];
        }
    }

    private static string ParentOf(string path) => path.LastIndexOf('/') is > 0 and var i ? path[..i] : "/";

    private static void Boot(byte[] image, int boot)
    {
        var record = image.AsSpan(17 * Sector);
        "\0CD001\u0001EL TORITO SPECIFICATION"u8.CopyTo(record);
        BinaryPrimitives.WriteInt32LittleEndian(record[71..], boot);
        var catalog = image.AsSpan(boot * Sector);
        catalog[0] = 1;
        (catalog[0x1C], catalog[0x1D], catalog[0x1E], catalog[0x1F]) = (0xAA, 0x55, 0x55, 0xAA);
        catalog[0x20] = 0x88;
        catalog[0x26] = 4;
        BinaryPrimitives.WriteInt32LittleEndian(catalog[0x28..], boot + 1);
        image.AsSpan((boot + 1) * Sector, Sector).Fill(0xB0);
    }

    private static void Descriptor(Span<byte> d, int tree, int sectors, int root, int pathTables)
    {
        d[0] = (byte)(tree + 1);
        "CD001\u0001"u8.CopyTo(d[1..]);
        Both32(d[80..], sectors);
        if (tree == 1)
        {
            "%/E"u8.CopyTo(d[88..]);
        }

        Both16(d[120..], 1);
        Both16(d[124..], 1);
        Both16(d[128..], Sector);
        Both32(d[132..], 10);
        BinaryPrimitives.WriteInt32LittleEndian(d[140..], pathTables);
        BinaryPrimitives.WriteInt32BigEndian(d[148..], pathTables + 1);
        Record(d[156..], [0], root, Sector, isFolder: true);
    }

    private void Folder(
        Span<byte> sector, string folder, int tree, List<string> folders, Dictionary<(string, int), int> folderAt, Dictionary<byte[],
            int> fileAt)
    {
        var at = Record(sector, [0], folderAt[(folder, tree)], Sector, isFolder: true);
        at += Record(sector[at..], [1], folderAt[(ParentOf(folder), tree)], Sector, isFolder: true);
        foreach (var sub in folders.Where(f => f != "/" && ParentOf(f) == folder))
        {
            at += Record(sector[at..], Name(sub, tree, isFolder: true), folderAt[(sub, tree)], Sector, isFolder: true);
        }

        foreach (var (path, bytes) in _files.Where(f => ParentOf(f.Key) == folder))
        {
            at += Record(sector[at..], Name(path, tree, isFolder: false), fileAt[bytes], bytes.Length, isFolder: false);
        }
    }

    private byte[] Name(string path, int tree, bool isFolder)
    {
        var name = path[(path.LastIndexOf('/') + 1)..];
        return tree == 1 ? Encoding.BigEndianUnicode.GetBytes(name + (isFolder ? "" : ";1"))
            : Encoding.Latin1.GetBytes(name + (isFolder ? "" : Version));
    }

    private static int Record(Span<byte> record, byte[] name, int sector, int size, bool isFolder)
    {
        var length = (33 + name.Length + 1) & ~1;
        record[0] = (byte)length;
        Both32(record[2..], sector);
        Both32(record[10..], size);
        (record[18], record[19], record[20]) = (108, 4, 14);
        record[25] = (byte)(isFolder ? 2 : 0);
        Both16(record[28..], 1);
        record[32] = (byte)name.Length;
        name.CopyTo(record[33..]);
        return length;
    }

    private static void Both32(Span<byte> field, int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(field, value);
        BinaryPrimitives.WriteInt32BigEndian(field[4..], value);
    }

    private static void Both16(Span<byte> field, short value)
    {
        BinaryPrimitives.WriteInt16LittleEndian(field, value);
        BinaryPrimitives.WriteInt16BigEndian(field[2..], value);
    }
}
