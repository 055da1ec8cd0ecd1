using System.Text;

namespace HalfOpen.Images.FileSystems.Ntfs;

/// <summary>The entries of an NTFS folder: a tree whose root stands in the file record and whose other nodes stand in
/// index blocks.</summary>
/// <remarks>
/// <code>
///   $INDEX_ROOT: 8 size of a block  16 node      block: "INDX"  24 node
///   node: 0 offset of the entries  4 end of the entries
///   entry: 0 file reference  8 length  10 key length
///         12 flags: 1 has a node below (its VCN in the last 8 bytes), 2 the last
///   key, a $FILE_NAME: 48 size  56 attributes  64 characters  65 namespace: 0 POSIX 1 Win32 2 DOS 3 both  66 name
/// </code>
/// </remarks>
internal sealed class NtfsIndex(int clusterSize)
{
    private const int RootNode = 16, BlockNode = 24, KeyOffset = 16;
    private const uint IsFolder = 0x1000_0000, IsReparsePoint = 0x400;
    private const byte DosName = 2;

    private readonly Dictionary<long, string> _shortNames = [];
    private readonly List<VolumeEntry> _entries = [];
    private readonly Stack<long> _below = new();

    /// <param name="root">Value of the folder's $INDEX_ROOT.</param>
    /// <param name="allocation">Its index blocks; null when the root holds everything.</param>
    public static List<VolumeEntry> Read(ReadOnlySpan<byte> root, ByteSource? allocation, int clusterSize)
    {
        var index = new NtfsIndex(clusterSize);
        var blockSize = Fields.U32(root, 8);
        index.AddNode(Fields.Part(root, RootNode, root.Length - RootNode));
        if (allocation is not null && blockSize is >= 512 and <= 64 * 1024 && blockSize % 512 == 0)
        {
            index.AddBlocks(allocation, (int)blockSize);
        }

        return index.Finish();
    }

    private void AddBlocks(ByteSource allocation, int blockSize)
    {
        var unit = clusterSize <= blockSize ? clusterSize : 512;
        var seen = new HashSet<long>();
        while (_below.TryPop(out var vcn))
        {
            if (vcn > allocation.Length / unit || !seen.Add(vcn))
            {
                throw Fields.Damaged("a folder whose tree leads nowhere");
            }

            var block = allocation.Read(vcn * unit, blockSize);
            Fixups.Apply(block, "INDX"u8);
            AddNode(block.AsSpan(BlockNode));
        }
    }

    private void AddNode(ReadOnlySpan<byte> node)
    {
        var end = (int)Math.Min(Fields.U32(node, 4), (uint)node.Length);
        var at = (int)Math.Min(Fields.U32(node, 0), int.MaxValue);
        while (at <= end - KeyOffset)
        {
            int length = Fields.U16(node, at + 8), keyLength = Fields.U16(node, at + 10), flags = Fields.U16(node, at + 12);
            if (length < KeyOffset || length > end - at)
            {
                throw Fields.Damaged("a folder with an impossible entry");
            }

            var entry = node.Slice(at, length);
            if ((flags & 1) != 0)
            {
                _below.Push(Fields.Long(entry, length - 8));
            }

            if ((flags & 2) != 0)
            {
                return;
            }

            AddName(Fields.Bounded(Fields.U64(entry, 0) & NtfsVolume.RecordMask) | ((long)Fields.U16(entry, 6) << 48),
                Fields.Part(entry, KeyOffset, keyLength));
            at += length;
        }
    }

    private void AddName(long reference, ReadOnlySpan<byte> key)
    {
        var name = Encoding.Unicode.GetString(Fields.Part(key, 66, key.Length > 64 ? key[64] * 2 : 0));
        var attributes = Fields.U32(key, 56);
        if (name.Length == 0 || name is "." or ".." || name.AsSpan().ContainsAny('/', '\0'))
        {
            return; // the root lists itself; the others no Windows makes
        }

        if (key[65] == DosName)
        {
            _shortNames[reference] = name;
            return;
        }

        var kind = (attributes & IsReparsePoint) != 0 ? VolumeEntryKind.Link : (attributes & IsFolder) != 0 ? VolumeEntryKind.Folder
            : VolumeEntryKind.File;
        _entries.Add(_entries.Count < FileSystem.MaxEntries
            ? new VolumeEntry(name, null, kind, kind == VolumeEntryKind.File ? Fields.Long(key, 48) : 0) { Reference = reference }
            : throw Fields.Damaged("a folder with too many entries"));
    }

    private List<VolumeEntry> Finish()
    {
        for (var i = 0; i < _entries.Count && _shortNames.Count > 0; i++)
        {
            if (_shortNames.TryGetValue(_entries[i].Reference, out var shortName))
            {
                _entries[i] = _entries[i] with { ShortName = shortName };
            }
        }

        _entries.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return _entries;
    }
}
