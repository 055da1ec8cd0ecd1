using System.ComponentModel;
using System.Runtime.InteropServices;

namespace HalfOpen.Linux;

/// <summary>The system calls of libc that .NET has no words for. Linux, 64 bit, little-endian.</summary>
internal static unsafe partial class Native
{
    public const int AddressFamilyNetlink = 16;
    public const int SocketRaw = 3;
    public const int CloseOnExec = 0x80000;
    public const int NonBlocking = 0x800;
    public const int NetlinkSocketDiagnosis = 4;
    public const int NetlinkNetfilter = 12;
    public const int SolSocket = 1;
    public const int SolNetlink = 270;
    public const int SendBufferForce = 32;
    public const int ReceiveBufferForce = 33;
    public const int NetnsCookie = 71;
    public const int NetlinkNoEnobufs = 5;
    public const int MessageDontWait = 0x40;
    public const int CloneNewNet = 0x40000000;
    public const short PollIn = 1;
    public const int ProtRead = 1;
    public const int ProtWrite = 2;
    public const int MapShared = 1;
    public const int SysBpf = 321;
    public const int SysBpfArm64 = 280;

    public const int ClockMonotonic = 1;
    public const int SignalKill = 9;

    public const int SysSeccomp = 317;
    public const int SysSeccompArm64 = 277;
    public const int SetNoNewPrivileges = 38;

    public const int Interrupted = 4;
    public const int NotSupported = 95;

    [StructLayout(LayoutKind.Sequential)]
    public struct NetlinkAddress
    {
        public ushort Family;
        public ushort Pad;
        public uint Port;
        public uint Groups;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    /// <summary>struct itimerspec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct TimerSpec
    {
        public TimeSpec Interval;
        public TimeSpec Value;
    }

    /// <summary>struct sigevent: 64 bytes.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 64)]
    public struct SignalEvent
    {
        public nint Value;
        public int Signal;
        public int Notify;
    }

    /// <summary>struct __user_cap_header_struct.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct CapabilityHeader
    {
        public uint Version;
        public int Thread;
    }

    /// <summary>Two of struct __user_cap_data_struct: capabilities 0 to 31 and 32 to 63.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct CapabilityData
    {
        public uint EffectiveLow;
        public uint PermittedLow;
        public uint InheritableLow;
        public uint EffectiveHigh;
        public uint PermittedHigh;
        public uint InheritableHigh;
    }

    /// <summary>struct rlimit.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public record struct ResourceLimit
    {
        public ulong Soft;
        public ulong Hard;
    }

    /// <summary>struct sock_fprog.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct FilterProgram
    {
        public ushort Length;
        public void* Instructions;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct IoVector
    {
        public void* Base;
        public nuint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct MessageHeader
    {
        public void* Name;
        public uint NameLength;
        public IoVector* Vectors;
        public nuint VectorCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct MultiMessage
    {
        public MessageHeader Header;
        public uint Length;
    }

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    public static partial int Bind(int socket, in NetlinkAddress address, int length);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "recvmmsg", SetLastError = true)]
    public static partial int ReceiveMany(int socket, MultiMessage* messages, uint count, int flags, void* timeout);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetOption(int socket, int level, int option, void* value, int length);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    public static partial int GetOption(int socket, int level, int option, void* value, int* length);

    [LibraryImport("libc", EntryPoint = "ppoll", SetLastError = true)]
    public static partial int Poll(PollDescriptor* descriptors, nuint count, TimeSpec* timeout, void* signals);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventDescriptor(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int descriptor, void* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int descriptor, void* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "readlink", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint ReadLink(string path, byte* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    public static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    public static partial int SetNamespace(int descriptor, int kind);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    public static partial nint Map(nint address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    public static partial int Unmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "timer_create", SetLastError = true)]
    public static partial int TimerCreate(int clock, in SignalEvent how, out nint timer);

    [LibraryImport("libc", EntryPoint = "timer_settime", SetLastError = true)]
    public static partial int TimerSet(nint timer, int flags, in TimerSpec when, void* old);

    [LibraryImport("libc", EntryPoint = "timer_delete", SetLastError = true)]
    public static partial int TimerDelete(nint timer);

    [LibraryImport("libc", EntryPoint = "capget", SetLastError = true)]
    public static partial int GetCapabilities(in CapabilityHeader header, out CapabilityData data);

    [LibraryImport("libc", EntryPoint = "capset", SetLastError = true)]
    public static partial int SetCapabilities(in CapabilityHeader header, in CapabilityData data);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    public static partial int Control(int option, nuint second, nuint third, nuint fourth, nuint fifth);

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    public static partial int GetLimit(int resource, out ResourceLimit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    public static partial int SetLimit(int resource, in ResourceLimit limit);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Status(int folder, string path, int flags, uint mask, byte* room);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial nint SystemCall(nint number, nint first, void* second, nint third);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint first, nint second, void* third, void* fourth, nint fifth);

    /// <summary>
    /// A file system that is mounted nowhere, as its root (Linux 5.2); null: not allowed, or no such one.
    /// </summary>
    public static Descriptor? MountDetached(string kind)
    {
        // The same numbers on every architecture. FSOPEN_CLOEXEC and FSMOUNT_CLOEXEC are 1.
        const int FsOpen = 430, FsConfig = 431, FsMount = 432, CloseAtExec = 1, Create = 6;
        fixed (byte* name = System.Text.Encoding.ASCII.GetBytes(kind + "\0"))
        {
            using var context = new Descriptor((int)SystemCall(FsOpen, (nint)name, (void*)CloseAtExec, 0));
            if (context.IsInvalid || SystemCall(FsConfig, context.Number, Create, null, null, 0) != 0)
            {
                return null;
            }

            var mount = new Descriptor((int)SystemCall(FsMount, context.Number, (void*)CloseAtExec, 0));
            if (mount.IsInvalid)
            {
                mount.Dispose();
                return null;
            }

            return mount;
        }
    }

    /// <summary>What a symbolic link says, as far as it fits; its length, or -1.</summary>
    public static int ReadLink(string path, Span<byte> room)
    {
        fixed (byte* start = room)
        {
            return (int)ReadLink(path, start, (nuint)room.Length);
        }
    }

    /// <summary>read(2) into room; bytes read, or -1.</summary>
    public static int ReadSome(int descriptor, Span<byte> room)
    {
        fixed (byte* start = room)
        {
            return (int)Read(descriptor, start, (nuint)room.Length);
        }
    }

    /// <summary>statx(2); false when it failed.</summary>
    public static bool Status(int folder, string path, int flags, uint mask, Span<byte> room)
    {
        fixed (byte* start = room)
        {
            return Status(folder, path, flags, mask, start) == 0;
        }
    }

    /// <summary>"what: reason (errno)" for a failed call.</summary>
    public static LinuxException Failure(string what, int? errno = null)
    {
        var number = errno ?? Marshal.GetLastPInvokeError();
        return new LinuxException($"{what}: {new Win32Exception(number).Message} (errno {number})");
    }
}
