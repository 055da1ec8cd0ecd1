using System.Buffers.Binary;

namespace HalfOpen.Linux;

/// <summary>Which file it is, whatever its name: device and inode (statx(2)). Immutable.</summary>
/// <param name="Device">As user space numbers it: major &lt;&lt; 20 | minor for the small numbers of Linux.</param>
/// <param name="Inode">On that device.</param>
public readonly record struct InodeIdentity(ulong Device, ulong Inode)
{
    private const int BasicStatistics = 0x7ff;
    private const int Length = 256;
    private const int InodeOffset = 32;
    private const int MajorOffset = 136;
    private const int MinorOffset = 140;
    private const int CurrentFolder = -100;

    /// <summary>Of the file that a path leads to, links followed; null: not there, or not ours to see.</summary>
    public static InodeIdentity? Of(string path)
    {
        Span<byte> room = stackalloc byte[Length];
        if (!Native.Status(CurrentFolder, path, 0, BasicStatistics, room))
        {
            return null;
        }

        var major = BinaryPrimitives.ReadUInt32LittleEndian(room[MajorOffset..]);
        var minor = BinaryPrimitives.ReadUInt32LittleEndian(room[MinorOffset..]);
        return new InodeIdentity(((ulong)major << 20) | minor, BinaryPrimitives.ReadUInt64LittleEndian(room[InodeOffset..]));
    }
}

/// <summary>Who owns a file (statx(2)). Thread-safe: no state.</summary>
internal static class InodeOwner
{
    private const int BasicStatistics = 0x7ff;
    private const int Length = 256;
    private const int UserOffset = 20;
    private const int CurrentFolder = -100;

    /// <summary>The owner's number; null: not there, or not ours to see.</summary>
    public static uint? Of(string path)
    {
        Span<byte> room = stackalloc byte[Length];
        return Native.Status(CurrentFolder, path, 0, BasicStatistics, room)
            ? BinaryPrimitives.ReadUInt32LittleEndian(room[UserOffset..]) : null;
    }
}
