using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace HalfOpen.Linux;

/// <summary>
/// The seccomp filter around a guard that is set up: system calls it never needs again answer EPERM, in every thread of
/// the process and in its children. A list of what is forbidden, since what the .NET runtime may call is not ours to
/// say; the unit adds a list of what is allowed.
/// </summary>
public static unsafe class SystemCallFence
{
    private const uint ArchitectureX64 = 0xC000003E;
    private const uint ArchitectureArm64 = 0xC00000B7;
    private const uint X32Bit = 0x40000000;
    private const uint Allow = 0x7FFF0000;
    private const uint RefuseNotPermitted = 0x00050001;
    private const int NumberOffset = 0; // struct seccomp_data
    private const int ArchitectureOffset = 4;
    private const int SetModeFilter = 1;

    /// <summary>
    /// All threads at once (TSYNC), without the mitigation that slows every process with a filter on kernels before
    /// 5.16 (SPEC_ALLOW).
    /// </summary>
    private const int Flags = 1 | 4;

    /// <summary>(x86-64, arm64); -1: not there. Numbers of asm/unistd_64.h and asm-generic/unistd.h.</summary>
    private static ReadOnlySpan<(string Name, int X64, int Arm64)> Forbidden => new (string, int, int)[]
    {
        // Other processes.
        ("ptrace", 101, 117), ("process_vm_readv", 310, 270), ("process_vm_writev", 311, 271), ("kcmp", 312, 272),
            ("pidfd_getfd", 438, 438),

        // File systems and namespaces.
        ("mount", 165, 40), ("umount2", 166, 39), ("pivot_root", 155, 41), ("chroot", 161, 51), ("open_tree", 428, 428),
            ("move_mount", 429, 429), ("fsopen", 430, 430), ("fsconfig", 431, 431), ("fsmount", 432, 432),
        ("fspick", 433, 433), ("mount_setattr", 442, 442), ("swapon", 167, 224), ("swapoff", 168, 225), ("quotactl", 179, 60),
            ("acct", 163, 89), ("open_by_handle_at", 304, 265), ("mknod", 133, -1), ("mknodat", 259, 33),
        ("unshare", 272, 97), ("setns", 308, 268),

        // The kernel itself.
        ("init_module", 175, 105), ("finit_module", 313, 273), ("delete_module", 176, 106), ("kexec_load", 246, 104),
            ("kexec_file_load", 320, 294), ("reboot", 169, 142), ("bpf", 321, 280),
        ("perf_event_open", 298, 241), ("userfaultfd", 323, 282), ("io_uring_setup", 425, 425), ("io_uring_enter", 426, 426),
            ("io_uring_register", 427, 427), ("iopl", 172, -1), ("ioperm", 173, -1), ("syslog", 103, 116),
        ("add_key", 248, 217), ("request_key", 249, 218), ("keyctl", 250, 219),

        // Clock and name of the machine.
        ("settimeofday", 164, 170), ("adjtimex", 159, 171), ("clock_settime", 227, 112), ("clock_adjtime", 305, 266),
            ("sethostname", 170, 161), ("setdomainname", 171, 162),

        // Owners.
        ("chown", 92, -1), ("fchown", 93, 55), ("lchown", 94, -1), ("fchownat", 260, 54), ("setuid", 105, 146), ("setgid", 106, 144),
            ("setreuid", 113, 145), ("setregid", 114, 143), ("setgroups", 116, 159),
        ("setresuid", 117, 147), ("setresgid", 119, 149),
    };

    /// <summary>Puts it up, for good. False where the kernel has no seccomp: then all is as it was.</summary>
    public static bool PutUp()
    {
        var code = Program(RuntimeInformation.ProcessArchitecture == Architecture.Arm64);
        if (Native.Control(Native.SetNoNewPrivileges, 1, 0, 0, 0) != 0)
        {
            return false;
        }

        fixed (byte* instructions = code)
        {
            var program = new Native.FilterProgram { Length = (ushort)(code.Length / 8), Instructions = instructions };
            var number = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? Native.SysSeccompArm64 : Native.SysSeccomp;
            return Native.SystemCall(number, SetModeFilter, (void*)Flags, (nint)(&program)) == 0;
        }
    }

    /// <summary>
    /// Classic BPF, 8 bytes an instruction; pure.
    /// <code>
    /// | opcode (16) | jump if true (8) | jump if false (8) | immediate (32) |
    /// </code>
    /// </summary>
    internal static byte[] Program(bool arm64)
    {
        const ushort Load = 0x20, IfEqual = 0x15, IfAtLeast = 0x35, Return = 0x06;
        List<byte> code = [];
        List<uint> numbers = [];
        foreach (var (_, x64, arm) in Forbidden)
        {
            if ((arm64 ? arm : x64) is var number and >= 0)
            {
                numbers.Add((uint)number);
            }
        }

        // Forward jumps only, counted from the next instruction: the last two are "allow" and "refuse".
        var length = 5 + numbers.Count + 1;
        byte ToRefuse() => (byte)(length - 1 - ((code.Count / 8) + 1));
        Emit(Load, 0, 0, ArchitectureOffset);
        Emit(IfEqual, 0, ToRefuse(), arm64 ? ArchitectureArm64 : ArchitectureX64);
        Emit(Load, 0, 0, NumberOffset);
        Emit(IfAtLeast, ToRefuse(), 0, X32Bit); // the other way to name the same calls on x86-64
        numbers.ForEach(n => Emit(IfEqual, ToRefuse(), 0, n));
        Emit(Return, 0, 0, Allow);
        Emit(Return, 0, 0, RefuseNotPermitted);
        return [.. code];

        void Emit(ushort opcode, byte ifTrue, byte ifFalse, uint value)
        {
            Span<byte> instruction = stackalloc byte[8];
            BinaryPrimitives.WriteUInt16LittleEndian(instruction, opcode);
            instruction[2] = ifTrue;
            instruction[3] = ifFalse;
            BinaryPrimitives.WriteUInt32LittleEndian(instruction[4..], value);
            code.AddRange(instruction);
        }
    }
}
