namespace HalfOpen.Windows.Files.Linux;

/// <summary>
/// What the system says of an open file, or of a name in an open folder whose link is not followed. Immutable.
/// </summary>
internal readonly record struct FileStatus
{
    private const uint BasicFields = 0x7FF; // STATX_BASIC_STATS
    private const ulong ImmutableFlag = 0x10, AppendFlag = 0x20;

    public EntryKind Kind { get; private init; }

    /// <value>Bytes; of a file only.</value>
    public long Size { get; private init; }

    public FileIdentity Identity { get; private init; }

    public uint Owner { get; private init; }

    public uint Group { get; private init; }

    /// <value>The twelve bits of permissions.</value>
    public uint Mode { get; private init; }

    /// <value>Seconds and nanoseconds of the last access, then of the last change of content.</value>
    public (long Seconds, long Nanoseconds) Accessed { get; private init; }

    public (long Seconds, long Nanoseconds) Modified { get; private init; }

    /// <value>True: nobody, not even root, may change, rename or delete it (chattr +i).</value>
    public bool IsImmutable { get; private init; }

    /// <value>True: it can only grow (chattr +a), so that nothing in it can be replaced.</value>
    public bool IsAppendOnly { get; private init; }

    /// <summary>Null, with the error of the system, when there is nothing or it cannot be asked.</summary>
    public static FileStatus? Of(OpenFile folder, byte[] name, out int error) => Ask(folder.Number, name, Libc.NoFollowAt, out error);

    public static FileStatus? Of(OpenFile file, out int error) => Ask(file.Number, [0], Libc.EmptyPathAt, out error);

    /// <remarks>
    /// struct statx, the same on every architecture: attributes at 8, uid 20, gid 24, mode 28, inode 32, size 40, atime
    /// 64, mtime 112, device 136.
    /// </remarks>
    private static FileStatus? Ask(int folder, byte[] name, int flags, out int error)
    {
        Span<byte> s = stackalloc byte[256];
        error = Libc.Statx(folder, name, flags, BasicFields, s) == 0 ? 0 : System.Runtime.InteropServices.Marshal.GetLastPInvokeError();
        if (error != 0)
        {
            return null;
        }

        var mode = BitConverter.ToUInt16(s[28..]);
        var kind = (mode & 0xF000) switch
            { 0x8000 => EntryKind.File, 0x4000 => EntryKind.Folder, 0xA000 => EntryKind.SymbolicLink, _ => EntryKind.Other };
        var attributes = BitConverter.ToUInt64(s[8..]);
        return new FileStatus
        {
            Kind = kind,
            Size = kind == EntryKind.File ? BitConverter.ToInt64(s[40..]) : 0,
            Identity = new FileIdentity(BitConverter.ToUInt64(s[136..]), BitConverter.ToUInt64(s[32..])),
            Owner = BitConverter.ToUInt32(s[20..]),
            Group = BitConverter.ToUInt32(s[24..]),
            Mode = mode & 0xFFFu,
            Accessed = (BitConverter.ToInt64(s[64..]), BitConverter.ToUInt32(s[72..])),
            Modified = (BitConverter.ToInt64(s[112..]), BitConverter.ToUInt32(s[120..])),
            IsImmutable = (attributes & ImmutableFlag) != 0,
            IsAppendOnly = (attributes & AppendFlag) != 0,
        };
    }
}
