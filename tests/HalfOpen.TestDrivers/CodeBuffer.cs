using HalfOpen.Driver;

namespace HalfOpen.TestDrivers;

/// <summary>A global of the driver's .data section; its address is known once the image is laid out.</summary>
public sealed class Global(string name)
{
    public string Name { get; } = name;

    /// <value>Set by the layout.</value>
    public uint Rva { get; internal set; }

    public override string ToString() => Name;
}

/// <summary>A place in code that jumps may lead to.</summary>
internal sealed class Label
{
    public int Position { get; set; } = -1;
}

/// <summary>Machine code with the addresses of globals still open.</summary>
internal sealed class CodeBuffer(DriverArchitecture architecture)
{
    private readonly List<byte> _bytes = [];
    private readonly List<(int Position, bool IsNear, Label Target)> _jumps = [];

    /// <summary>
    /// Operands to be filled in: where, which global, bytes of immediate behind, whether a relocation is to cover it.
    /// </summary>
    public List<(int Position, Global Global, int Trailing, bool IsRelocated)> Operands { get; } = [];

    /// <summary>Places that a relocation covers although no address stands there (a decoy).</summary>
    public List<int> StrayRelocations { get; } = [];

    public DriverArchitecture Architecture { get; } = architecture;

    public bool IsX64 => Architecture == DriverArchitecture.X64;

    public int Length => _bytes.Count;

    public CodeBuffer Emit(params ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public CodeBuffer Emit32(uint value) => Emit(unchecked([(byte)value, (byte)(value >> 8), (byte)(value >> 16), (byte)(value >> 24)]));

    /// <summary>
    /// Four bytes that will name a global: its address on x86, its distance from the end of the instruction on x64.
    /// </summary>
    public CodeBuffer Address(Global global, int trailing = 0, bool relocated = true)
    {
        Operands.Add((Length, global, trailing, relocated));
        return Emit32(0);
    }

    /// <summary>A conditional jump; <paramref name="condition"/> is the low nibble of its opcode (D: jge).</summary>
    public CodeBuffer Jump(byte condition, Label target, bool near)
    {
        if (near)
        {
            Emit(0x0F, (byte)(0x80 | condition));
            _jumps.Add((Length, true, target));
            return Emit32(0);
        }

        Emit((byte)(0x70 | condition));
        _jumps.Add((Length, false, target));
        return Emit(0);
    }

    public CodeBuffer Mark(Label label)
    {
        label.Position = Length;
        return this;
    }

    /// <summary>Appends finished code behind this one.</summary>
    public CodeBuffer Append(CodeBuffer other)
    {
        var at = Length;
        _bytes.AddRange(other.ToArray());
        Operands.AddRange(other.Operands.Select(o => (o.Position + at, o.Global, o.Trailing, o.IsRelocated)));
        StrayRelocations.AddRange(other.StrayRelocations.Select(p => p + at));
        return this;
    }

    /// <summary>The bytes with every jump resolved.</summary>
    public byte[] ToArray()
    {
        var bytes = _bytes.ToArray();
        foreach (var (position, isNear, target) in _jumps)
        {
            var distance = target.Position - (position + (isNear ? 4 : 1));
            if (isNear)
            {
                BitConverter.TryWriteBytes(bytes.AsSpan(position), distance);
            }
            else
            {
                bytes[position] = unchecked((byte)checked((sbyte)distance));
            }
        }

        return bytes;
    }
}
