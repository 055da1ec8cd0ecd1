using System.Runtime.InteropServices;

namespace HalfOpen.Windows.Files.Linux;

/// <summary>
/// The calls of libc that work on an open folder instead of a path, for which .NET has no word. Names are bytes that
/// end in zero. The only place with pointers.
/// </summary>
internal static partial class Libc
{
    public const int CurrentFolder = -100; // AT_FDCWD
    public const int NoFollowAt = 0x100, EmptyPathAt = 0x1000; // AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH

    public const int ReadOnly = 0, ReadWrite = 2, Create = 0x40, Exclusive = 0x80, NoTerminal = 0x100, NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000, PathOnly = 0x200000;

    public const int RemoveFolderAt = 0x200; // AT_REMOVEDIR

    public const int LockShared = 1, LockExclusive = 2, LockNow = 4, Unlock = 8;

    public const int WriteAccess = 2, SearchAccess = 1;

    /// <summary>These two numbers differ between architectures: Arm and PowerPC swapped them with others.</summary>
    public static int Directory { get; } = IsSwapped ? 0x4000 : 0x10000;

    public static int NoFollow { get; } = IsSwapped ? 0x8000 : 0x20000;

    private static bool IsSwapped =>
        RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64 or Architecture.Ppc64le;

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
    public static partial int OpenAt(int folder, byte[] name, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int number);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    public static partial int Statx(int folder, byte[] name, int flags, uint mask, Span<byte> buffer);

    [LibraryImport("libc", EntryPoint = "getdents64", SetLastError = true)]
    public static partial nint GetEntries(int folder, Span<byte> buffer, nuint size);

    [LibraryImport("libc", EntryPoint = "pread64", SetLastError = true)]
    public static partial nint ReadAt(int file, Span<byte> buffer, nuint size, long offset);

    [LibraryImport("libc", EntryPoint = "pwrite64", SetLastError = true)]
    public static partial nint WriteAt(int file, ReadOnlySpan<byte> buffer, nuint size, long offset);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int Sync(int number);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    public static partial int Flock(int number, int operation);

    [LibraryImport("libc", EntryPoint = "renameat", SetLastError = true)]
    public static partial int RenameAt(int fromFolder, byte[] from, int toFolder, byte[] to);

    [LibraryImport("libc", EntryPoint = "linkat", SetLastError = true)]
    public static partial int LinkAt(int fromFolder, byte[] from, int toFolder, byte[] to, int flags);

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true)]
    public static partial int UnlinkAt(int folder, byte[] name, int flags);

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true)]
    public static partial int MakeFolderAt(int folder, byte[] name, uint mode);

    [LibraryImport("libc", EntryPoint = "faccessat", SetLastError = true)]
    public static partial int AccessAt(int folder, byte[] name, int mode, int flags);

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    public static partial int ChangeOwner(int file, uint owner, uint group);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    public static partial int ChangeMode(int file, uint mode);

    /// <param name="times">Access and modification: seconds and nanoseconds of each (struct timespec of 64-bit
    /// systems).</param>
    [LibraryImport("libc", EntryPoint = "futimens", SetLastError = true)]
    public static partial int ChangeTimes(int file, ReadOnlySpan<long> times);

    [LibraryImport("libc", EntryPoint = "flistxattr", SetLastError = true)]
    public static partial nint ListAttributes(int file, Span<byte> names, nuint size);

    [LibraryImport("libc", EntryPoint = "fgetxattr", SetLastError = true)]
    public static partial nint GetAttribute(int file, byte[] name, Span<byte> value, nuint size);

    [LibraryImport("libc", EntryPoint = "fsetxattr", SetLastError = true)]
    public static partial int SetAttribute(int file, byte[] name, ReadOnlySpan<byte> value, nuint size, int flags);

    [LibraryImport("libc", EntryPoint = "getcwd", SetLastError = true)]
    public static partial nint GetCurrentFolder(Span<byte> buffer, nuint size);
}
