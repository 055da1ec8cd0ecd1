using System.Text;
using HalfOpen.Driver;
using HalfOpen.TestDrivers;
using Xunit;

namespace HalfOpen.Tests.Driver;

/// <summary>Sound drivers of any layout are found, at the right place, with every evidence.</summary>
public sealed class LocatorTests
{
    private const int Seeds = 400;

    [Theory]
    [InlineData(DriverArchitecture.X86, null)]
    [InlineData(DriverArchitecture.X86, true)]
    [InlineData(DriverArchitecture.X86, false)]
    [InlineData(DriverArchitecture.X64, null)]
    [InlineData(DriverArchitecture.X64, true)]
    [InlineData(DriverArchitecture.X64, false)]
    public void A_sound_driver_is_found(DriverArchitecture architecture, bool? isFlat)
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            AssertFound(
                SyntheticDriver.Build(
                    new SyntheticDriverOptions
                        { Seed = seed, Architecture = architecture, IsFlat = isFlat, OnlyReferenceForms = seed % 5 == 0 }));
        }
    }

    [Theory]
    [InlineData(DriverArchitecture.X86)]
    [InlineData(DriverArchitecture.X64)]
    public void Tcpip6_needs_no_event(DriverArchitecture architecture)
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var driver =
                SyntheticDriver.Build(new SyntheticDriverOptions { Seed = seed, Architecture = architecture, InternalName = "tcpip6.sys" });
            Assert.Equal(DriverKind.Tcpip6, AssertFound(driver).Kind);
        }
    }

    [Theory]
    [InlineData(DriverArchitecture.X86)]
    [InlineData(DriverArchitecture.X64)]
    public void Only_the_internal_name_waives_the_event(DriverArchitecture architecture)
    {
        var bytes = SyntheticDriver.Build(new SyntheticDriverOptions { Seed = 7, Architecture = architecture, InternalName = "tcpip6.sys" })
            .Bytes;
        var key = bytes.AsSpan().IndexOf(Encoding.Unicode.GetBytes("InternalName\0"));
        bytes[key] = (byte)'X'; // OriginalFilename still says tcpip6.sys
        var report = DriverExaminer.Examine(bytes);
        Assert.Null(report.InternalName);
        Assert.Equal("tcpip6.sys", report.OriginalFilename);
        Assert.Equal(DriverStatus.NotFound, report.Status);
        Assert.Equal([9], report.MissingEvidence.Select(e => e.Number));
    }

    [Fact]
    public void Offsets_are_odd_and_even()
    {
        var offsets = Enumerable.Range(0, 100)
            .Select(seed => SyntheticDriver.Build(new SyntheticDriverOptions { Seed = seed }).LimitOffset % 4).Distinct();
        Assert.Equal(4, offsets.Count());
    }

    internal static DriverReport AssertFound(SyntheticDriver driver)
    {
        var report = DriverExaminer.Examine(driver.Bytes);
        Assert.True(report.Status == DriverStatus.Found,
            $"{driver}: {report.Status} {report.Problem}\n{string.Join('\n', report.Evidence)}");
        Assert.All(report.Evidence, e => Assert.True(e.Holds, e.ToString()));
        Assert.Equal(EvidenceNames.All, report.Evidence.Select(e => e.Name));
        Assert.Equal(driver.Options.Limit, report.Limit);
        Assert.Equal(driver.LimitOffset, report.Location!.FileOffset.Value);
        Assert.Equal(driver.StoreRva + 6, report.Location.Rva.Value);
        Assert.Equal(driver.ImageBase + driver.StoreRva + 6, report.Location.VirtualAddress.Value);
        Assert.Equal("INIT", report.Location.Section);
        Assert.Equal(driver.ImageBase + driver.Globals.Threshold.Rva, report.Threshold!.Value.Value);
        Assert.Equal(driver.ImageBase + driver.Globals.Counter.Rva, report.Counter!.Value.Value);
        Assert.Equal(driver.ImageBase + driver.Globals.Pending.Rva, report.Pending!.Value.Value);
        Assert.True(report.Checksum!.IsValid);
        Assert.Equal(driver.Options.InternalName, report.InternalName);
        return report;
    }
}
