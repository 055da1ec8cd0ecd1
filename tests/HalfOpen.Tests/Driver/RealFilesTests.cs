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

    /// <summary>Where packages with Windows and EFI programs put them; <c>./test</c> installs the first two.</summary>
    private static readonly string[] DebianPlaces =
    [
        "/usr/share/nsis", "/usr/lib/systemd/boot/efi", "/usr/lib/shim", "/usr/lib/x86_64-linux-gnu/wine/x86_64-windows",
            "/usr/lib/x86_64-linux-gnu/wine/i386-windows",
        "/usr/lib/i386-linux-gnu/wine/i386-windows",
    ];

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

    [Fact]
    public void No_PE_file_of_a_Debian_package_is_found()
    {
        // Code of other compilers, for both processors, and native images that boot a machine.
        var files = DebianPlaces.Where(Directory.Exists).SelectMany(PeFilesIn).ToList();
        if (files.Count == 0)
        {
            Assert.Skip("skipped: needs one of the Debian packages nsis-common, systemd-boot-efi, shim-unsigned, libwine");
        }

        foreach (var file in files)
        {
            var bytes = File.ReadAllBytes(file);
            Assert.Equal(DriverStatus.NotFound, DriverExaminer.Examine(bytes).Status);
            Assert.NotNull(LimitPatch.Plan(bytes, 100).Refusal);
            Assert.True(!PoseAsDriver(bytes) || DriverExaminer.Examine(bytes).Status == DriverStatus.NotFound, file);
        }
    }

    [Fact]
    public void No_real_PE_file_is_found_when_it_poses_as_a_driver()
    {
        var judged = 0;
        foreach (var file in PeFiles().Take(MaxFiles))
        {
            var bytes = File.ReadAllBytes(file);
            if (!PoseAsDriver(bytes))
            {
                continue;
            }

            var report = DriverExaminer.Examine(bytes);
            Assert.True(report.Status == DriverStatus.NotFound, $"{file}: {report.Status} {report.Problem}");
            judged += report.Evidence[0].Holds == true ? 1 : 0;
        }

        Assert.True(judged >= 300, $"Only {judged} files got past the first evidence.");
    }

    [Theory]
    [InlineData(DriverArchitecture.X64)]
    [InlineData(DriverArchitecture.X86)]
    public void Real_machine_code_is_no_limiter_and_hides_none(DriverArchitecture architecture)
    {
        // The runtime's own native libraries: megabytes of compiled x64 code (for x86 they are as good as any bytes).
        var code = Directory.GetFiles(RuntimeEnvironment.GetRuntimeDirectory(), "lib*.so").Order(StringComparer.Ordinal)
            .Select(File.ReadAllBytes).ToList();
        Assert.True(code.Sum(c => (long)c.Length) > 5_000_000);
        foreach (var (bytes, index) in code.Select((c, i) => (c.Take(MaxSize).ToArray(), i)))
        {
            var options = new SyntheticDriverOptions { Seed = index, Architecture = architecture, ExtraCode = bytes };
            LocatorTests.AssertFound(SyntheticDriver.Build(options));
            var without = DriverExaminer.Examine(SyntheticDriver.Build(options with { Decoy = Decoy.NoLimiter }).Bytes);
            Assert.Equal(DriverStatus.NotFound, without.Status);
        }
    }

    /// <summary>
    /// Makes the subsystem native and the last executable section a discardable INIT, so that the evidence after the
    /// first is looked for as well.
    /// </summary>
    private static bool PoseAsDriver(byte[] bytes)
    {
        var pe = BitConverter.ToInt32(bytes, 0x3C);
        if (BitConverter.ToUInt16(bytes, pe + 4) is not (0x14C or 0x8664))
        {
            return false;
        }

        BitConverter.TryWriteBytes(bytes.AsSpan(pe + 24 + 68), (ushort)1);
        var table = pe + 24 + BitConverter.ToUInt16(bytes, pe + 20);
        for (var i = BitConverter.ToUInt16(bytes, pe + 6) - 1; i >= 0; i--)
        {
            var header = table + (i * 40);
            var flags = BitConverter.ToUInt32(bytes, header + 36);
            if ((flags & 0x2000_0000) != 0)
            {
                "INIT\0\0\0\0"u8.CopyTo(bytes.AsSpan(header));
                BitConverter.TryWriteBytes(bytes.AsSpan(header + 36), flags | 0x0200_0000);
                return true;
            }
        }

        return false;
    }

    /// <summary>Libraries and programs of the .NET SDK, which every machine that runs this test has.</summary>
    private static IEnumerable<string> PeFiles() =>
        PeFilesIn(Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..")));

    /// <summary>By content, whatever the name: it begins with MZ and has a PE header where that points to.</summary>
    private static IEnumerable<string> PeFilesIn(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Where(IsPe);

    private static bool IsPe(string path)
    {
        var file = new FileInfo(path);
        if (file.LinkTarget is not null || file.Length is < 1024 or > MaxSize)
        {
            return false;
        }

        using var stream = file.OpenRead();
        Span<byte> head = stackalloc byte[1024];
        stream.ReadExactly(head);
        var pe = BitConverter.ToUInt32(head[0x3C..]);
        return head[0] == 'M' && head[1] == 'Z' && pe < 1000 && BitConverter.ToUInt32(head[(int)pe..]) == 0x4550;
    }
}
