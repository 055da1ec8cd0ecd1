using System.Runtime.InteropServices;
using HalfOpen.Driver;
using HalfOpen.TestDrivers;
using Xunit;

namespace HalfOpen.Tests.Driver;

/// <summary>Real files of this machine: none is a limiter, none upsets the locator.</summary>
public sealed class RealFilesTests
{
    private const int MaxFiles = 1500;
    private const int MaxSize = 4 << 20;

    [Fact]
    public void No_real_PE_file_is_found()
    {
        var files = PeFiles().Take(MaxFiles).ToList();
        var examined = 0;
        foreach (var file in files)
        {
            var bytes = File.ReadAllBytes(file);
            var report = DriverExaminer.Examine(bytes);
            Assert.True(report.Status is DriverStatus.NotFound or DriverStatus.Unreadable, $"{file}: {report.Status}");
            Assert.NotNull(LimitPatch.Plan(bytes, 100).Refusal);
            examined += report.Status == DriverStatus.NotFound ? 1 : 0;
        }

        Assert.True(examined >= 300, $"Only {examined} of {files.Count} PE files could be read; the .NET SDK alone brings more.");
    }

    [Theory]
    [InlineData(DriverArchitecture.X64)]
    [InlineData(DriverArchitecture.X86)]
    public void Real_machine_code_is_no_limiter_and_hides_none(DriverArchitecture architecture)
    {
        // The runtime's own native libraries: megabytes of compiled x64 code (for x86 they are as good as any bytes).
        var code = Directory.GetFiles(RuntimeEnvironment.GetRuntimeDirectory(), "lib*.so").Order(StringComparer.Ordinal).Select(File.ReadAllBytes).ToList();
        Assert.True(code.Sum(c => (long)c.Length) > 5_000_000);
        foreach (var (bytes, index) in code.Select((c, i) => (c.Take(MaxSize).ToArray(), i)))
        {
            var options = new SyntheticDriverOptions { Seed = index, Architecture = architecture, ExtraCode = bytes };
            LocatorTests.AssertFound(SyntheticDriver.Build(options));
            var without = DriverExaminer.Examine(SyntheticDriver.Build(options with { Decoy = Decoy.NoLimiter }).Bytes);
            Assert.Equal(DriverStatus.NotFound, without.Status);
        }
    }

    /// <summary>Libraries and programs of the .NET SDK and of wine, where it is installed (its drivers are native images with an INIT section's neighbours).</summary>
    private static IEnumerable<string> PeFiles()
    {
        var dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        var wine = new[] { "/usr/lib/x86_64-linux-gnu/wine/x86_64-windows", "/usr/lib/i386-linux-gnu/wine/i386-windows" };
        return wine.Append(dotnet).Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            .Where(f => Path.GetExtension(f) is ".dll" or ".exe" or ".sys" && new FileInfo(f).Length <= MaxSize);
    }
}
