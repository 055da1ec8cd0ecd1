using System.Text;

namespace HalfOpen.Images.FileSystems.Ntfs;

/// <summary>One attribute of a file record.</summary>
/// <remarks>
/// <code>
///   0 type  4 length  8 non-resident  9 name length  10 name offset
///         12 flags: 1 compressed, 4000 encrypted, 8000 sparse
///   resident: 16 length  20 offset   non-resident: 16 first VCN  24 last VCN  32 offset of the runs
///         34 compression unit  48 size  56 initialized
/// </code>
/// </remarks>
/// <param name="Bytes">The whole attribute.</param>
/// <param name="Offset">Of the attribute in its record.</param>
internal sealed record NtfsAttribute(uint Type, string Name, byte[] Bytes, int Offset)
{
    public bool IsResident => Bytes[8] == 0;

    public ushort Flags => Fields.U16(Bytes, 12);

    public bool IsCompressed => (Flags & 0xFF) != 0;

    public bool IsEncrypted => (Flags & 0x4000) != 0;

    public long FirstVcn => IsResident ? 0 : Fields.Long(Bytes, 16);

    /// <value>In the attribute.</value>
    public int ValueOffset => Fields.U16(Bytes, 20);

    /// <value>Of a resident attribute.</value>
    public ReadOnlySpan<byte> Value => IsResident ? Fields.Part(Bytes, ValueOffset, (int)Math.Min(Fields.U32(Bytes, 16),
        int.MaxValue)) : throw Fields.Damaged("an attribute of NTFS that should stand in its record");

    public ReadOnlySpan<byte> Runs
    {
        get
        {
            int offset = Fields.U16(Bytes, 32);
            return Fields.Part(Bytes, offset, Math.Max(0, Bytes.Length - offset));
        }
    }

    public int CompressionUnit => Fields.U16(Bytes, 34);

    public long DataSize => Fields.Long(Bytes, 48);

    public long InitializedSize => Fields.Long(Bytes, 56);
}

/// <summary>One record of the master file table, its fix-ups undone.</summary>
/// <remarks>
/// <code>
///   0 "FILE"  16 sequence number  20 first attribute  22 flags: 1 in use, 2 folder  24 bytes used  32 base record
/// </code>
/// </remarks>
internal sealed class MftRecord
{
    public const uint AttributeListType = 0x20, FileName = 0x30, VolumeInformation = 0x70, Data = 0x80, IndexRoot =
        0x90, IndexAllocation = 0xA0;

    private const uint End = 0xFFFF_FFFF;
    private const int MaxAttributes = 1024;

    private readonly byte[] _bytes;

    /// <param name="bytes">As they stand on the disk; kept and changed.</param>
    public MftRecord(long number, byte[] bytes)
    {
        Fixups.Apply(bytes, "FILE"u8);
        (Number, _bytes) = (number, bytes);
        Attributes = ReadAttributes();
    }

    public long Number { get; }

    public ushort Sequence => Fields.U16(_bytes, 16);

    public bool IsInUse => (Fields.U16(_bytes, 22) & 1) != 0;

    /// <value>Record number of the record that this one extends, or 0.</value>
    public long BaseRecord => (long)(Fields.U64(_bytes, 32) & NtfsVolume.RecordMask);

    public int FixupArray => Fields.U16(_bytes, 4);

    public IReadOnlyList<NtfsAttribute> Attributes { get; }

    public NtfsAttribute? Find(uint type, string name) => Attributes.FirstOrDefault(a => a.Type == type && a.Name == name);

    private List<NtfsAttribute> ReadAttributes()
    {
        var attributes = new List<NtfsAttribute>();
        var used = (int)Math.Min(Fields.U32(_bytes, 24), (uint)_bytes.Length);
        int at = Fields.U16(_bytes, 20);
        while (at <= used - 8 && Fields.U32(_bytes, at) is var type and not End)
        {
            var length = Fields.U32(_bytes, at + 4);
            if (length < 24 || length > used - at || length % 8 != 0 || attributes.Count == MaxAttributes)
            {
                throw Fields.Damaged("a file record of NTFS with an impossible attribute");
            }

            var bytes = _bytes.AsSpan(at, (int)length);
            if (bytes[8] != 0 && length < 64)
            {
                throw Fields.Damaged("a file record of NTFS with an impossible attribute");
            }

            attributes.Add(new NtfsAttribute(type, Encoding.Unicode.GetString(Fields.Part(bytes, Fields.U16(bytes, 10),
                bytes[9] * 2)), bytes.ToArray(), at));
            at += (int)length;
        }

        return attributes;
    }
}
