using System;

namespace HalfOpen.Driver;

/// <summary>A position in the file, in bytes from its beginning. Immutable and thread-safe.</summary>
public readonly struct FileOffset : IEquatable<FileOffset>
{
    public FileOffset(int value)
    {
        if (value < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(value), "A file offset is never negative.");
        }

        Value = value;
    }

    /// <value>Bytes from the beginning of the file, 0 or more.</value>
    public int Value { get; }

    public static bool operator ==(FileOffset left, FileOffset right) => left.Value == right.Value;

    public static bool operator !=(FileOffset left, FileOffset right) => left.Value != right.Value;

    public bool Equals(FileOffset other) => Value == other.Value;

    public override bool Equals(object? obj) => obj is FileOffset other && Equals(other);

    public override int GetHashCode() => Value;

    /// <summary>Hexadecimal, as every disassembler writes it: <c>0x4FA46</c>.</summary>
    public override string ToString() => "0x" + Value.ToString("X");
}

/// <summary>
/// A position in the loaded image, in bytes from where it is loaded (relative virtual address). Immutable and
/// thread-safe.
/// </summary>
public readonly struct Rva : IEquatable<Rva>
{
    public Rva(uint value) => Value = value;

    /// <value>Bytes from the image base.</value>
    public uint Value { get; }

    public static bool operator ==(Rva left, Rva right) => left.Value == right.Value;

    public static bool operator !=(Rva left, Rva right) => left.Value != right.Value;

    public bool Equals(Rva other) => Value == other.Value;

    public override bool Equals(object? obj) => obj is Rva other && Equals(other);

    public override int GetHashCode() => unchecked((int)Value);

    public override string ToString() => "0x" + Value.ToString("X");
}

/// <summary>
/// An address in the loaded image when it is loaded at the base that its header prefers. Immutable and thread-safe.
/// </summary>
public readonly struct VirtualAddress : IEquatable<VirtualAddress>
{
    public VirtualAddress(ulong value) => Value = value;

    /// <value>Preferred image base plus RVA.</value>
    public ulong Value { get; }

    public static bool operator ==(VirtualAddress left, VirtualAddress right) => left.Value == right.Value;

    public static bool operator !=(VirtualAddress left, VirtualAddress right) => left.Value != right.Value;

    public bool Equals(VirtualAddress other) => Value == other.Value;

    public override bool Equals(object? obj) => obj is VirtualAddress other && Equals(other);

    public override int GetHashCode() => Value.GetHashCode();

    public override string ToString() => "0x" + Value.ToString("X");
}
