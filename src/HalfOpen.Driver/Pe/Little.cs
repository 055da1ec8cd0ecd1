namespace HalfOpen.Driver.Pe;

/// <summary>
/// Little-endian reads. The caller has checked the range; the array's own bounds check is the last defence.
/// </summary>
internal static class Little
{
    public static ushort U16(byte[] bytes, int offset) => unchecked((ushort)(bytes[offset] | (bytes[offset + 1] << 8)));

    public static uint U32(byte[] bytes, int offset) =>
        unchecked((uint)(bytes[offset] | (bytes[offset + 1] << 8) | (bytes[offset + 2] << 16) | (bytes[offset + 3] << 24)));

    public static ulong U64(byte[] bytes, int offset) => U32(bytes, offset) | ((ulong)U32(bytes, offset + 4) << 32);

    /// <summary>Whether <paramref name="count"/> bytes at <paramref name="offset"/> lie inside the array.</summary>
    public static bool Has(byte[] bytes, long offset, long count) => offset >= 0 && count >= 0 && offset <= bytes.Length - count;

    public static byte[] Bytes(uint value) =>
        unchecked(new[] { (byte)value, (byte)(value >> 8), (byte)(value >> 16), (byte)(value >> 24) });
}
