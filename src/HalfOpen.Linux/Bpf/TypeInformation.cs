namespace HalfOpen.Linux.Bpf;

/// <summary>
/// What the kernel wants to know of the types in a socket storage map (Documentation/bpf/btf.rst): two numbers.
/// <code>
/// magic 0xeB9F | version 1 | flags | header length 24 | type offset, type length, string offset, string length
/// integer: name offset | kind 1 in bits 24-28 | size in bytes | bits
/// </code>
/// </summary>
internal static class TypeInformation
{
    /// <summary>Types are counted from 1.</summary>
    public const uint Number32 = 1;
    public const uint Number64 = 2;

    public static ReadOnlySpan<byte> Numbers =>
    [
        0x9f, 0xeb, 1, 0, 24, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0, 32, 0, 0, 0, 5, 0, 0, 0,
        1, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0, 32, 0, 0, 0,
        3, 0, 0, 0, 0, 0, 0, 1, 8, 0, 0, 0, 64, 0, 0, 0,
        0, (byte)'a', 0, (byte)'b', 0,
    ];
}
