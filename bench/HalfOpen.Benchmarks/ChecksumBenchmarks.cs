using BenchmarkDotNet.Attributes;
using HalfOpen.Driver;

namespace HalfOpen.Benchmarks;

/// <summary>The PE checksum of 1 MB against the loop of its definition.</summary>
[ShortRunJob]
public class ChecksumBenchmarks
{
    private const int Field = 0x130;
    private readonly byte[] _bytes = new byte[1 << 20];

    public ChecksumBenchmarks() => new Random(1).NextBytes(_bytes);

    [Benchmark(Baseline = true, Description = "word by word, folding each time")]
    public uint WordByWord() => unchecked(ByDefinition());

    [Benchmark(Description = "PeChecksum.Compute")]
    public uint EightBytes() => PeChecksum.Compute(_bytes, Field);

    private uint ByDefinition()
    {
        unchecked
        {
            uint sum = 0;
            for (var i = 0; i < _bytes.Length; i += 2)
            {
                if (i is not (Field or Field + 2))
                {
                    sum += (uint)(_bytes[i] | (_bytes[i + 1] << 8));
                    sum = (sum & 0xFFFF) + (sum >> 16);
                }
            }

            return sum + (uint)_bytes.Length;
        }
    }
}
