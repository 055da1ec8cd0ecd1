using System.Numerics;

namespace HalfOpen.Core.Policies.Fair;

/// <summary>
/// How many queued attempts share a hash of class and address. Zero says for certain that an address is not queued,
/// without a million entries for a million waiting.
/// </summary>
internal sealed class AddressFilter(int maxQueued)
{
    private const int Largest = 1 << 16;
    private const int Smallest = 1 << 8;

    // A power of two: 65,536 for a backlog of a million, fewer where fewer may wait.
    private readonly int[] _counts = new int[Math.Min(Largest, (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(maxQueued, Smallest)))];

    public void Add(int c, UInt128 address) => _counts[HashOf(c, address)]++;

    public void Remove(int c, UInt128 address) => _counts[HashOf(c, address)]--;

    public bool MayContain(int c, UInt128 address) => _counts[HashOf(c, address)] != 0;

    private int HashOf(int c, UInt128 address)
    {
        unchecked
        {
            var h = ((ulong)address ^ ((ulong)(address >> 64) * 31) ^ ((ulong)(uint)c << 40)) * 0x9E3779B97F4A7C15UL;
            return (int)(h >> 48) & (_counts.Length - 1);
        }
    }
}
