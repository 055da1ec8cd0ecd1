using System.Runtime.InteropServices;
using HalfOpen.Windows.Files;
using Microsoft.Win32.SafeHandles;

namespace HalfOpen.Windows.Images;

/// <summary>
/// The calls of libc that disk images need: files opened inside a folder that is open itself, so that no link can lead
/// elsewhere; locks; leases. Linux only.
/// </summary>
internal static partial class NativeImage
{
    private const int AtFdCwd = -100;
    private const int ReadWrite = 2, Create = 0x40, Exclusive = 0x80, NonBlocking = 0x800, CloseOnExec = 0x80000;
    private const int SetLease = 1024, SetSignal = 10, OfdGetLock = 36, OfdSetLock = 37; // F_SETLEASE, F_SETSIG, F_OFD_GETLK, F_OFD_SETLK
    private const int UrgentSignal = 23; // SIGURG, ignored unless somebody asks for it
    private const short ReadLock = 0, WriteLock = 1, Unlocked = 2;
    private const int LockSharedNow = 1 | 4, LockExclusiveNow = 2 | 4, Unlock = 8, SeekEnd = 2;
    private const int Again = 11, Denied = 13;

    public enum FileKind
    {
        Regular,
        BlockDevice,
        Other,
    }

    /// <summary>Opens a folder to open files in.</summary>
    public static SafeFileHandle OpenFolder(string path) => Checked(path, OpenAt(AtFdCwd, path, DirectoryFlag | CloseOnExec, 0));

    /// <summary>Opens a file of a folder. A link is not followed, and a pipe does not make it wait.</summary>
    /// <returns>Null when there is no such file.</returns>
    public static SafeFileHandle? Open(SafeFileHandle folder, string name, bool write, bool exclusive = false)
    {
        var number = OpenAt((int)folder.DangerousGetHandle(), name, (write ? ReadWrite : 0) | (exclusive ? Exclusive
            : 0) | NoFollowFlag | NonBlocking | CloseOnExec, 0);
        return number < 0 && Marshal.GetLastPInvokeError() == 2 ? null : Checked(name, number);
    }

    /// <summary>Why a file of a folder may not be written, or null; asked without opening it.</summary>
    public static string? WriteProblem(SafeFileHandle folder, string name) =>
        AccessAt((int)folder.DangerousGetHandle(), name, 2, 0) == 0 ? null : Failed(name, Marshal.GetLastPInvokeError()).Problem; // W_OK

    /// <summary>Writes the first bytes of a file.</summary>
    public static void Write(SafeFileHandle handle, byte[] bytes, string name)
    {
        try
        {
            RandomAccess.Write(handle, bytes, 0);
        }
        catch (IOException e)
        {
            throw Failed(name, e.HResult);
        }
    }

    /// <summary>Creates a file that must not exist.</summary>
    public static SafeFileHandle CreateNew(SafeFileHandle folder, string name, uint mode) =>
        Checked(name, OpenAt((int)folder.DangerousGetHandle(), name, ReadWrite | Create | Exclusive | NoFollowFlag | CloseOnExec, mode));

    public static void Rename(SafeFileHandle folder, string from, string to) =>
        Check(to, RenameAt((int)folder.DangerousGetHandle(), from, (int)folder.DangerousGetHandle(), to));

    /// <summary>Removes a file; none there is no failure.</summary>
    public static void Delete(SafeFileHandle folder, string name)
    {
        if (UnlinkAt((int)folder.DangerousGetHandle(), name, 0) != 0 && Marshal.GetLastPInvokeError() is var error and not 2)
        {
            throw Failed(name, error);
        }
    }

    /// <summary>Waits until the disk has a file's bytes, or a folder's entries.</summary>
    public static void Sync(SafeFileHandle handle, string name)
    {
        if (Fsync((int)handle.DangerousGetHandle()) != 0 && Marshal.GetLastPInvokeError() is var error and not (22 or 38 or 95))
        {
            throw Failed(name, error); // EINVAL, ENOSYS, EOPNOTSUPP: a file system that orders its writes on its own
        }
    }

    /// <summary>Kind, device, number, owner and permissions of an open file.</summary>
    public static (FileKind Kind, ulong Device, ulong Number, uint Owner, uint Group, uint Mode) Stat(SafeFileHandle handle, string name)
    {
        // struct statx, the same on every architecture: uid at 20, gid at 24, mode at 28, inode at 32, device at 136
        // (major) and 140.
        Span<byte> buffer = stackalloc byte[256];
        Check(name, Statx((int)handle.DangerousGetHandle(), "", 0x1000, 0x7FF, ref MemoryMarshal.GetReference(buffer)));
        var mode = BitConverter.ToUInt16(buffer[28..]);
        var kind = (mode & 0xF000) switch { 0x8000 => FileKind.Regular, 0x6000 => FileKind.BlockDevice, _ => FileKind.Other };
        return (kind, BitConverter.ToUInt64(buffer[136..]), BitConverter.ToUInt64(buffer[32..]), BitConverter.ToUInt32(buffer[20..]),
            BitConverter.ToUInt32(buffer[24..]), mode & 0xFFFu);
    }

    /// <summary>Bytes; of a block device too, whose size its entry does not tell.</summary>
    public static long Length(SafeFileHandle handle, string name)
    {
        var end = Seek((int)handle.DangerousGetHandle(), 0, SeekEnd);
        return end >= 0 ? end : throw Failed(name, Marshal.GetLastPInvokeError());
    }

    public static void SetOwnerAndMode(SafeFileHandle handle, uint owner, uint group, uint mode)
    {
        // As far as we may: a journal that belongs to us is as good.
        _ = Fchown((int)handle.DangerousGetHandle(), owner, group);
        _ = Fchmod((int)handle.DangerousGetHandle(), mode);
    }

    /// <summary>Locks the whole file for this program, until the handle is closed; false when another run has
    /// it.</summary>
    public static bool TryLock(SafeFileHandle handle) =>
        Flock((int)handle.DangerousGetHandle(), LockExclusiveNow) == 0 || Marshal.GetLastPInvokeError() is not Again;

    /// <summary>Whether another run of this program has locked the file.</summary>
    public static bool IsLockedByAnotherRun(SafeFileHandle handle)
    {
        var number = (int)handle.DangerousGetHandle();
        if (Flock(number, LockSharedNow) != 0)
        {
            return Marshal.GetLastPInvokeError() == Again;
        }

        _ = Flock(number, Unlock);
        return false;
    }

    /// <summary>
    /// Whether somebody has the file open for writing: the kernel gives a lease for reading only when nobody has. It is
    /// given back at
    /// once. False as well where there are no leases (network file systems, devices, files of others for whoever is not
    /// root).
    /// </summary>
    /// <param name="handle">Open for reading only.</param>
    public static bool IsOpenForWriting(SafeFileHandle handle)
    {
        var number = (int)handle.DangerousGetHandle();
        _ = Fcntl(number, SetSignal, UrgentSignal); // a lease that somebody breaks must not end this process
        if (Fcntl(number, SetLease, ReadLock) != 0)
        {
            return Marshal.GetLastPInvokeError() == Again;
        }

        _ = Fcntl(number, SetLease, Unlocked);
        return false;
    }

    /// <summary>Whether another open file description holds a lock in a range of bytes.</summary>
    public static bool IsLockedByOthers(SafeFileHandle handle, long start, long length)
    {
        var request = new FileLock { Type = WriteLock, Start = start, Length = length };
        return LockControl((int)handle.DangerousGetHandle(), OfdGetLock, ref request) == 0 && request.Type != Unlocked;
    }

    /// <summary>Takes a shared lock on a range of bytes; false when another holds an exclusive one.</summary>
    public static bool TryShare(SafeFileHandle handle, long start, long length)
    {
        var request = new FileLock { Type = ReadLock, Start = start, Length = length };
        return LockControl((int)handle.DangerousGetHandle(), OfdSetLock, ref request) == 0
            || Marshal.GetLastPInvokeError() is not (Again or Denied);
    }

    /// <summary>
    /// Gives up the lock of <see cref="TryLock"/> and those of <see cref="TryShare"/>; none held is no failure.
    /// </summary>
    public static void UnlockAll(SafeFileHandle handle)
    {
        var number = (int)handle.DangerousGetHandle();
        var request = new FileLock { Type = Unlocked };
        _ = LockControl(number, OfdSetLock, ref request);
        _ = Flock(number, Unlock);
    }

    private static int DirectoryFlag => IsArm ? 0x4000 : 0x10000;

    private static int NoFollowFlag => IsArm ? 0x8000 : 0x20000;

    private static bool IsArm => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;

    private static SafeFileHandle Checked(string name, int number) =>
        number >= 0 ? new SafeFileHandle(number, ownsHandle: true) : throw Failed(name, Marshal.GetLastPInvokeError());

    private static void Check(string name, int result)
    {
        if (result != 0)
        {
            throw Failed(name, Marshal.GetLastPInvokeError());
        }
    }

    private static FileProblemException Failed(string name, int error) => new(name, error switch
    {
        2 => "no such file.",
        1 or 13 => "permission denied: run it as the owner of the image, or as root.",
        16 => "it is in use: a partition of it is mounted, or another program has it. Unmount it and try again.",
        28 => "the disk is full. Free some space and try again.",
        30 => "the file system is read-only: mount it for writing (mount -o remount,rw) and try again.",
        40 => "this is a symbolic link, which is not followed here.",
        _ => Sentence(Marshal.GetPInvokeErrorMessage(error)),
    });

    private static string Sentence(string message) => char.ToLowerInvariant(message[0]) + message[1..] + ".";

    [LibraryImport("libc", EntryPoint = "openat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int OpenAt(int folder, string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "faccessat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int AccessAt(int folder, string path, int mode, int flags);

    [LibraryImport("libc", EntryPoint = "renameat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int RenameAt(int fromFolder, string from, int toFolder, string to);

    [LibraryImport("libc", EntryPoint = "unlinkat", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int UnlinkAt(int folder, string path, int flags);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Statx(int folder, string path, int flags, uint mask, ref byte buffer);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static partial long Seek(int number, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int number);

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    private static partial int Fchown(int number, uint owner, uint group);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    private static partial int Fchmod(int number, uint mode);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Flock(int number, int operation);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Fcntl(int number, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int LockControl(int number, int command, ref FileLock argument);

    /// <summary>struct flock of 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct FileLock
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int Process;
    }
}
