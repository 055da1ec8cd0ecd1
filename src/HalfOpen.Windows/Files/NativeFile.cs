using System.Runtime.InteropServices;

namespace HalfOpen.Windows.Files;

/// <summary>The few calls of libc that .NET has no word for: owner, fsync and lock of a folder, extended attributes. The only place with pointers. Linux only.</summary>
internal static partial class NativeFile
{
    private const int AtFdCwd = -100;
    private const int AtSymlinkNoFollow = 0x100;
    private const uint StatxBasic = 0x7FF;
    private const int ReadOnlyDirectory = 0x10000 | 0x80000; // O_DIRECTORY | O_CLOEXEC on x86-64
    private const int CloseOnExec = 0x80000;
    private const int LockExclusiveNow = 2 | 4; // LOCK_EX | LOCK_NB
    private const int Unlock = 8; // LOCK_UN
    private const int NotFound = 2, NotAFolder = 20, Invalid = 22, NoSuchCall = 38, NotSupported = 95, WouldBlock = 11;

    /// <summary>NTFS and Samba keep these out of the list of a file's attributes, but give and take them by name.</summary>
    private static readonly string[] UnlistedAttributes = ["system.ntfs_acl", "system.ntfs_attrib_be", "system.posix_acl_access"];

    /// <summary>Kind, size, owner and group of what stands at a path, links not followed; null when there is nothing.</summary>
    public static (EntryKind Kind, long Size, uint Owner, uint Group)? Stat(string path)
    {
        // struct statx, the same on every architecture: uid at 20, gid at 24, mode at 28, size at 40.
        Span<byte> buffer = stackalloc byte[256];
        if (Statx(AtFdCwd, path, AtSymlinkNoFollow, StatxBasic, ref MemoryMarshal.GetReference(buffer)) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            return error is NotFound or NotAFolder ? null : throw Failed(path, error);
        }

        var mode = BitConverter.ToUInt16(buffer[28..]);
        var kind = (mode & 0xF000) switch { 0x8000 => EntryKind.File, 0x4000 => EntryKind.Folder, 0xA000 => EntryKind.SymbolicLink, _ => EntryKind.Other };
        return (kind, kind == EntryKind.File ? BitConverter.ToInt64(buffer[40..]) : 0, BitConverter.ToUInt32(buffer[20..]), BitConverter.ToUInt32(buffer[24..]));
    }

    public static void ChangeOwner(string path, uint owner, uint group)
    {
        if (Chown(path, owner, group) != 0)
        {
            throw Failed(path, Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Waits until the disk has a folder's entries. File systems that cannot (some FUSE ones) order them on their own.</summary>
    public static void SyncFolder(string folder)
    {
        using var handle = OpenFolder(folder);
        if (Fsync(handle.Number) != 0 && Marshal.GetLastPInvokeError() is var error and not (Invalid or NoSuchCall or NotSupported))
        {
            throw Failed(folder, error);
        }
    }

    /// <summary>An advisory lock on a folder, gone with the process; null when another holds it.</summary>
    public static IDisposable? LockFolder(string folder)
    {
        var handle = OpenFolder(folder);
        if (Flock(handle.Number, LockExclusiveNow) == 0)
        {
            handle.IsLocked = true;
            return handle;
        }

        var error = Marshal.GetLastPInvokeError();
        if (error is NoSuchCall or NotSupported or Invalid)
        {
            return handle; // no locks on this file system
        }

        handle.Dispose();
        return error == WouldBlock ? null : throw Failed(folder, error);
    }

    /// <summary>Copies extended attributes (access lists, NTFS attributes) as far as the file system lets us: a driver works without them.</summary>
    public static void CopyExtendedAttributes(string from, string to)
    {
        var names = new byte[64 * 1024];
        var length = ListAttributes(from, names, (nuint)names.Length);
        var listed = length > 0 ? System.Text.Encoding.UTF8.GetString(names, 0, (int)length).Split('\0', StringSplitOptions.RemoveEmptyEntries) : [];
        var value = new byte[64 * 1024];
        foreach (var name in listed.Union(UnlistedAttributes, StringComparer.Ordinal))
        {
            var size = GetAttribute(from, name, value, (nuint)value.Length);
            if (size >= 0)
            {
                _ = SetAttribute(to, name, value, (nuint)size, 0);
            }
        }
    }

    private static Handle OpenFolder(string folder)
    {
        // O_DIRECTORY differs between architectures; without it the call still opens a folder for reading.
        var flags = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? ReadOnlyDirectory : CloseOnExec;
        var number = Open(folder, flags);
        return number >= 0 ? new Handle(number) : throw Failed(folder, Marshal.GetLastPInvokeError());
    }

    private static FileProblemException Failed(string path, int error) => new(path, Sentence(Marshal.GetPInvokeErrorMessage(error)));

    private static string Sentence(string message) => char.ToLowerInvariant(message[0]) + message[1..] + ".";

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Statx(int folder, string path, int flags, uint mask, ref byte buffer);

    [LibraryImport("libc", EntryPoint = "lchown", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Chown(string path, uint owner, uint group);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int CloseNumber(int number);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int number);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Flock(int number, int operation);

    [LibraryImport("libc", EntryPoint = "llistxattr", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint ListAttributes(string path, [Out] byte[] names, nuint size);

    [LibraryImport("libc", EntryPoint = "lgetxattr", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetAttribute(string path, string name, [Out] byte[] value, nuint size);

    [LibraryImport("libc", EntryPoint = "lsetxattr", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetAttribute(string path, string name, byte[] value, nuint size, int flags);

    private sealed class Handle : SafeHandle
    {
        public Handle(int number)
            : base(-1, ownsHandle: true) => SetHandle(number);

        public int Number => (int)handle;

        public bool IsLocked { get; set; }

        public override bool IsInvalid => handle < 0;

        /// <summary>Closing alone would leave a lock to a child that this process has just forked, until the child executes its program.</summary>
        protected override bool ReleaseHandle() => (!IsLocked || Flock(Number, Unlock) == 0) & (CloseNumber(Number) == 0);
    }
}
