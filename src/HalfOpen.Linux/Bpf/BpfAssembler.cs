using static System.Buffers.Binary.BinaryPrimitives;

namespace HalfOpen.Linux.Bpf;

/// <summary>
/// Just enough of an assembler for one BPF program (RFC 9669, instruction set): 8 bytes an instruction, jumps to named
/// places.
/// <code>
/// | opcode (8) | dst (4) src (4) | offset (16) | immediate (32) |
/// </code>
/// </summary>
internal sealed class BpfAssembler
{
    private readonly List<byte> _code = [];
    private readonly Dictionary<string, int> _places = [];
    private readonly List<(int At, string Place)> _jumps = [];

    public int Count => _code.Count / 8;

    public BpfAssembler Place(string name)
    {
        _places.Add(name, Count);
        return this;
    }

    public BpfAssembler Move(int to, int from) => Emit(0xbf, to, from, 0, 0);

    public BpfAssembler Set(int to, int value) => Emit(0xb7, to, 0, 0, value);

    /// <summary>A 64-bit constant: two instructions.</summary>
    public BpfAssembler SetLong(int to, ulong value) =>
        Emit(0x18, to, 0, 0, unchecked((int)value)).Emit(0, 0, 0, 0, unchecked((int)(value >> 32)));

    /// <summary>A map's address, by its descriptor: the kernel fills it in.</summary>
    public BpfAssembler SetMap(int to, int descriptor) => Emit(0x18, to, 1, 0, descriptor).Emit(0, 0, 0, 0, 0);

    /// <summary>The address of a place in a shared value's memory, by the map's descriptor.</summary>
    public BpfAssembler SetValue(int to, int descriptor, int offset) =>
        Emit(0x18, to, 2, 0, descriptor).Emit(0, 0, 0, 0, offset);

    public BpfAssembler Load8(int to, int from, int offset) => Emit(0x71, to, from, offset, 0);

    public BpfAssembler Load32(int to, int from, int offset) => Emit(0x61, to, from, offset, 0);

    public BpfAssembler Load64(int to, int from, int offset) => Emit(0x79, to, from, offset, 0);

    public BpfAssembler Store8(int to, int offset, int from) => Emit(0x73, to, from, offset, 0);

    public BpfAssembler Store32(int to, int offset, int from) => Emit(0x63, to, from, offset, 0);

    public BpfAssembler Store64(int to, int offset, int from) => Emit(0x7b, to, from, offset, 0);

    public BpfAssembler Add(int to, int value) => Emit(0x07, to, 0, 0, value);

    /// <summary>A bounded number is added to an address.</summary>
    public BpfAssembler AddRegister(int to, int from) => Emit(0x0f, to, from, 0, 0);

    public BpfAssembler And(int to, int value) => Emit(0x57, to, 0, 0, value);

    /// <summary>*(u64*)(at + offset) += register, atomically; the register gets the old value (Linux 5.12).</summary>
    public BpfAssembler FetchAdd(int at, int offset, int register) => Emit(0xdb, at, register, offset, 0x01);

    /// <summary>*(u64*)(at + offset) += register, atomically.</summary>
    public BpfAssembler AtomicAdd(int at, int offset, int register) => Emit(0xdb, at, register, offset, 0);

    /// <summary>
    /// *(u64*)(at + offset) = register if it is R0, atomically; R0 gets the old value in either case (Linux 5.12).
    /// </summary>
    public BpfAssembler CompareExchange(int at, int offset, int register) => Emit(0xdb, at, register, offset, 0xf1);

    public BpfAssembler Or(int to, int value) => Emit(0x47, to, 0, 0, value);

    public BpfAssembler Xor(int to, int from) => Emit(0xaf, to, from, 0, 0);

    public BpfAssembler ShiftLeft(int to, int bits) => Emit(0x67, to, 0, 0, bits);

    public BpfAssembler ShiftRight(int to, int bits) => Emit(0x77, to, 0, 0, bits);

    public BpfAssembler Call(int helper) => Emit(0x85, 0, 0, 0, helper);

    public BpfAssembler Exit() => Emit(0x95, 0, 0, 0, 0);

    public BpfAssembler Jump(string place) => Jump(0x05, 0, 0, 0, place);

    public BpfAssembler IfEqual(int register, int value, string place) => Jump(0x15, register, 0, value, place);

    public BpfAssembler IfNotEqual(int register, int value, string place) => Jump(0x55, register, 0, value, place);

    public BpfAssembler IfDiffer(int register, int other, string place) => Jump(0x5d, register, other, 0, place);

    /// <summary>Unsigned, 64 bits.</summary>
    public BpfAssembler IfAtLeast(int register, int value, string place) => Jump(0x35, register, 0, value, place);

    public BpfAssembler IfSame(int register, int other, string place) => Jump(0x1d, register, other, 0, place);

    /// <summary>Signed, 64 bits.</summary>
    public BpfAssembler IfAtMostSigned(int register, int value, string place) => Jump(0xd5, register, 0, value, place);

    public byte[] Assemble()
    {
        var code = _code.ToArray();
        foreach (var (at, place) in _jumps)
        {
            WriteInt16LittleEndian(code.AsSpan((at * 8) + 2), (short)(_places[place] - at - 1));
        }

        return code;
    }

    private BpfAssembler Jump(byte opcode, int to, int from, int value, string place)
    {
        _jumps.Add((Count, place));
        return Emit(opcode, to, from, 0, value);
    }

    private BpfAssembler Emit(byte opcode, int to, int from, int offset, int value)
    {
        Span<byte> instruction = stackalloc byte[8];
        instruction[0] = opcode;
        instruction[1] = (byte)(to | (from << 4));
        WriteInt16LittleEndian(instruction[2..], (short)offset);
        WriteInt32LittleEndian(instruction[4..], value);
        _code.AddRange(instruction);
        return this;
    }
}
