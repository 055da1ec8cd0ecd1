using System.Runtime.InteropServices;
using System.Text;

namespace HalfOpen.Linux.Bpf;

/// <summary>Program types of linux/bpf.h that we load.</summary>
internal enum BpfProgramType : uint
{
    SockOps = 13,
    CgroupSocketAddress = 18,
}

/// <summary>Where in a cgroup a program is called (enum bpf_attach_type).</summary>
internal enum BpfAttach : uint
{
    SockOps = 3,
    ConnectV4 = 10,
    ConnectV6 = 11,
}

/// <summary>
/// The bpf(2) system call, as far as we need it (man 2 bpf; union bpf_attr of linux/bpf.h). No libbpf.
/// </summary>
internal static unsafe class BpfCalls
{
    private const int MapCreateCommand = 0;
    private const int ProgramLoadCommand = 5;
    private const int TypesLoadCommand = 18;
    private const int LinkCreateCommand = 28;
    private const uint ArrayType = 2;
    private const uint SocketStorageType = 24;
    private const uint RingBufferType = 27;
    private const uint NoPreallocation = 1;
    private const uint Mappable = 1 << 10;
    private const int LogLength = 64 * 1024;

    /// <summary>
    /// The kernel lets only a program under a GPL-compatible licence read its structures; ours is offered under either.
    /// </summary>
    private static ReadOnlySpan<byte> Licence => "Dual MIT/GPL\0"u8;

    [StructLayout(LayoutKind.Sequential)]
    private struct MapCreate
    {
        public uint Type;
        public uint KeySize;
        public uint ValueSize;
        public uint MaxEntries;
        public uint Flags;
        public uint InnerMap;
        public uint NumaNode;
        public fixed byte Name[16];
        public uint InterfaceIndex;
        public uint Types;
        public uint KeyType;
        public uint ValueType;
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
    private struct TypesLoad
    {
        public ulong Types;
        public ulong LogBuffer;
        public uint Size;
        public uint LogSize;
        public uint LogLevel;
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

    /// <summary>One value that programs and we see at the same place: mapped into memory (Linux 5.5).</summary>
    public static Descriptor CreateSharedValue(int bytes)
    {
        var attributes = new MapCreate { Type = ArrayType, KeySize = 4, ValueSize = (uint)bytes, MaxEntries = 1, Flags = Mappable };
        return Call(MapCreateCommand, &attributes, sizeof(MapCreate), "cannot make a BPF array");
    }

    /// <summary>A number of 64 bits beside each socket, which goes when the socket goes.</summary>
    public static Descriptor CreateSocketStorage()
    {
        using var types = LoadTypes(TypeInformation.Numbers);
        var attributes = new MapCreate
        {
            Type = SocketStorageType,
            KeySize = 4,
            ValueSize = 8,
            Flags = NoPreallocation,
            Types = (uint)types.Number,
            KeyType = TypeInformation.Number32,
            ValueType = TypeInformation.Number64,
        };
        return Call(MapCreateCommand, &attributes, sizeof(MapCreate), "cannot make BPF socket storage");
    }

    /// <summary>Loads a program. When the kernel refuses, the last line of its reasons is in the exception.</summary>
    public static Descriptor Load(BpfProgramType type, BpfAttach attach, ReadOnlySpan<byte> code)
    {
        fixed (byte* instructions = code)
        fixed (byte* licence = Licence)
        {
            var attributes = new ProgramLoad
            {
                Type = (uint)type,
                InstructionCount = (uint)(code.Length / 8),
                Instructions = (ulong)instructions,
                Licence = (ulong)licence,
                ExpectedAttachType = (uint)attach,
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

            var reason = Reason(Encoding.ASCII.GetString(log));
            throw Native.Failure("the kernel refuses our BPF program" + (reason.Length > 0 ? $" ({reason})" : ""), errno);
        }
    }

    /// <summary>
    /// Attaches to a cgroup and all below it, for as long as the descriptor (and so this process) lives.
    /// </summary>
    public static Descriptor AttachToCgroup(Descriptor program, Descriptor cgroup, BpfAttach attach)
    {
        var attributes = new LinkCreate { Program = (uint)program.Number, Target = (uint)cgroup.Number, AttachType = (uint)attach };
        return Call(LinkCreateCommand, &attributes, sizeof(LinkCreate), "cannot attach our BPF program to the root cgroup");
    }

    /// <summary>The last line of a verifier's log that says something: what follows it are its statistics.</summary>
    internal static string Reason(string log)
    {
        var lines = log.Split('\0')[0].Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return Array.FindLast(lines, l => !l.StartsWith("processed ", StringComparison.Ordinal)) ?? "";
    }

    private static Descriptor LoadTypes(ReadOnlySpan<byte> types)
    {
        fixed (byte* data = types)
        {
            var attributes = new TypesLoad { Types = (ulong)data, Size = (uint)types.Length };
            return Call(TypesLoadCommand, &attributes, sizeof(TypesLoad), "cannot tell the kernel the types of our BPF map");
        }
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
