using BenchmarkDotNet.Attributes;
using HalfOpen.Driver;
using HalfOpen.TestDrivers;

namespace HalfOpen.Benchmarks;

/// <summary>
/// Examining a driver: headers, version, checksum and the nine pieces of evidence. Sizes as the reference builds; the
/// negative has 1 MB of code and every evidence but the limiter's. The baseline reads each byte once.
/// </summary>
[MemoryDiagnoser]
[ShortRunJob]
public class LocateBenchmarks
{
    private readonly byte[] _x86 = Driver(DriverArchitecture.X86, 340_000, Decoy.None);
    private readonly byte[] _x64 = Driver(DriverArchitecture.X64, 740_000, Decoy.None);
    private readonly byte[] _negative = Driver(DriverArchitecture.X64, 1_040_000, Decoy.NoLimiter);

    /// <summary>Compiled code instead of assembled: 1 MB out of the runtime's own library.</summary>
    private readonly byte[] _compiled = SyntheticDriver.Build(new SyntheticDriverOptions
    {
        Seed = 1, Architecture = DriverArchitecture.X64,
        ExtraCode = File.ReadAllBytes(
            Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "libcoreclr.so"))
            .AsSpan(2_000_000, 1_000_000).ToArray(),
    }).Bytes;

    [Benchmark(Baseline = true, Description = "read 1 MB byte by byte")]
    public int Touch()
    {
        var sum = 0;
        foreach (var b in _negative)
        {
            sum = unchecked(sum + b);
        }

        return sum;
    }

    [Benchmark(Description = "examine x86, 360 KB")]
    public DriverReport ExamineX86() => DriverExaminer.Examine(_x86);

    [Benchmark(Description = "examine x64, 768 KB")]
    public DriverReport ExamineX64() => DriverExaminer.Examine(_x64);

    [Benchmark(Description = "examine a 1 MB driver without limiter")]
    public DriverReport ExamineNegative() => DriverExaminer.Examine(_negative);

    [Benchmark(Description = "examine a driver with 1 MB of compiled code")]
    public DriverReport ExamineCompiled() => DriverExaminer.Examine(_compiled);

    [Benchmark(Description = "plan and apply a patch, x86, 360 KB")]
    public byte[] Patch() => LimitPatch.Plan(_x86, 100).Apply(_x86);

    private static byte[] Driver(DriverArchitecture architecture, int codeSize, Decoy decoy) =>
        SyntheticDriver.Build(new SyntheticDriverOptions { Seed = 1, Architecture = architecture, CodeSize = codeSize, Decoy = decoy })
            .Bytes;
}
