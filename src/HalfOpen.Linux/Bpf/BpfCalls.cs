using System.Runtime.InteropServices;
using System.Text;

namespace HalfOpen.Linux.Bpf;

/// <summary>The bpf(2) system call, as far as we need it (man 2 bpf; union bpf_attr of linux/bpf.h). No libbpf.</summary>
internal static unsafe class BpfCalls
{
    private const int MapCreateCommand = 0;
    private const int ProgramLoadCommand = 5;
    private const int LinkCreateCommand = 28;
    private const uint RingBufferType = 27;
    private const uint SockOpsType = 13;
    private const uint SockOpsAttach = 3;
    private const int LogLength = 64 * 1024;

    /// <summary>The kernel lets only a program under a GPL-compatible licence read its structures; ours is offered under either.</summary>
    private static ReadOnlySpan<byte> Licence => "Dual MIT/GPL\0"u8;

    [StructLayout(LayoutKind.Sequential)]
    private struct MapCreate
    {
        public uint Type;
        public uint KeySize;
        public uint ValueSize;
        public uint MaxEntries;
        public uint Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ProgramLoad
    {
        public uint Type;
        public uint InstructionCount;
        public ulong Instructions;
        public ulong Licence;
        public uint LogLevel;
        public uint LogSize;
        public ulong LogBuffer;
        public uint KernelVersion;
        public uint Flags;
        public fixed byte Name[16];
        public uint InterfaceIndex;
        public uint ExpectedAttachType;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct LinkCreate
    {
        public uint Program;
        public uint Target;
        public uint AttachType;
        public uint Flags;
    }

    /// <param name="bytes">A power of two and a multiple of the page size.</param>
    public static Descriptor CreateRingBuffer(int bytes)
    {
        var attributes = new MapCreate { Type = RingBufferType, MaxEntries = (uint)bytes };
        return Call(MapCreateCommand, &attributes, sizeof(MapCreate), "cannot make a BPF ring buffer");
    }

    /// <summary>Loads a sock_ops program. When the kernel refuses, the last line of its reasons is in the exception.</summary>
    public static Descriptor LoadSockOps(ReadOnlySpan<byte> code)
    {
        fixed (byte* instructions = code)
        fixed (byte* licence = Licence)
        {
            var attributes = new ProgramLoad
            {
                Type = SockOpsType,
                InstructionCount = (uint)(code.Length / 8),
                Instructions = (ulong)instructions,
                Licence = (ulong)licence,
                ExpectedAttachType = SockOpsAttach,
            };
            "halfopen"u8.CopyTo(new Span<byte>(attributes.Name, 16));
            var number = Call(ProgramLoadCommand, &attributes, sizeof(ProgramLoad));
            if (number >= 0)
            {
                return new Descriptor(number);
            }

            var errno = Marshal.GetLastPInvokeError();
            var log = new byte[LogLength];
            fixed (byte* room = log)
            {
                attributes.LogLevel = 1;
                attributes.LogSize = LogLength;
                attributes.LogBuffer = (ulong)room;
                _ = Call(ProgramLoadCommand, &attributes, sizeof(ProgramLoad));
            }

            var lines = Encoding.ASCII.GetString(log).TrimEnd('\0', '\n').Split('\n');
            var reason = lines.Length > 1 ? lines[^2] : lines[0];
            throw Native.Failure("the kernel refuses our BPF program" + (reason.Length > 0 ? $" ({reason})" : ""), errno);
        }
    }

    /// <summary>Attaches to a cgroup and all below it, for as long as the descriptor (and so this process) lives.</summary>
    public static Descriptor AttachToCgroup(Descriptor program, Descriptor cgroup)
    {
        var attributes = new LinkCreate { Program = (uint)program.Number, Target = (uint)cgroup.Number, AttachType = SockOpsAttach };
        return Call(LinkCreateCommand, &attributes, sizeof(LinkCreate), "cannot attach our BPF program to the root cgroup");
    }

    private static Descriptor Call(int command, void* attributes, int length, string what)
    {
        var number = Call(command, attributes, length);
        return number >= 0 ? new Descriptor(number) : throw Native.Failure(what);
    }

    private static int Call(int command, void* attributes, int length)
    {
        var number = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? Native.SysBpfArm64 : Native.SysBpf;
        return (int)Native.SystemCall(number, command, attributes, length);
    }
}
