using HalfOpen.Driver.Pe;

namespace HalfOpen.Driver.Locating;

/// <summary>What an instruction does with the global it names.</summary>
internal enum Access : byte
{
    /// <summary>No instruction of interest.</summary>
    None,

    /// <summary><c>A1</c>, <c>8B /r</c>: the global goes into a register.</summary>
    Load,

    /// <summary><c>39 /r</c>, <c>3B /r</c>: a register against the global.</summary>
    Compare,

    /// <summary><c>83 /7 ib</c>, <c>81 /7 id</c>: the global against an immediate.</summary>
    CompareImmediate,

    /// <summary><c>C7 /0 id</c>: an immediate goes into the global.</summary>
    StoreImmediate,

    /// <summary>Any other instruction that writes to the global.</summary>
    Write,

    /// <summary><c>FF /0</c>.</summary>
    Increment,

    /// <summary><c>FF /1</c>.</summary>
    Decrement,

    /// <summary><c>0F C1 /r</c>: adds a register and returns what was there.</summary>
    ExchangeAdd,

    /// <summary><c>87 /r</c>: atomic with or without a lock prefix.</summary>
    Exchange,

    /// <summary>x86 <c>B8+r id</c>: the global's address goes into a register.</summary>
    LoadAddress,
}

/// <summary>One instruction that names a global in a writable section. Offsets are positions in the file.</summary>
internal readonly struct CodeReference
{
    public CodeReference(Access access, byte register, bool locked, int start, int operand, int end, uint target, PeSection section)
    {
        Access = access;
        Register = register;
        IsLocked = locked;
        Start = start;
        Operand = operand;
        End = end;
        Target = target;
        Section = section;
    }

    public Access Access { get; }

    /// <summary>The reg field of ModRM, 0..7, without REX.R.</summary>
    public byte Register { get; }

    public bool IsLocked { get; }

    /// <summary>The opcode; prefixes stand before it.</summary>
    public int Start { get; }

    /// <summary>The four bytes that name the global: displacement or absolute address.</summary>
    public int Operand { get; }

    /// <summary>The byte after the instruction.</summary>
    public int End { get; }

    /// <summary>RVA of the global.</summary>
    public uint Target { get; }

    public PeSection Section { get; }

    public bool IsWrite =>
        Access is Access.StoreImmediate or Access.Write or Access.Increment or Access.Decrement or Access.ExchangeAdd or Access.Exchange;

    /// <summary>A write that another processor may interleave with.</summary>
    public bool IsPlainWrite => IsWrite && !IsLocked && Access != Access.Exchange;
}
