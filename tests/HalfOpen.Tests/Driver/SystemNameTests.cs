using HalfOpen.Driver;
using Xunit;

namespace HalfOpen.Tests.Driver;

/// <summary>File versions in plain words, and which limiter each system has.</summary>
public sealed class SystemNameTests
{
    [Theory]
    [InlineData("4.0.1381.7", DriverArchitecture.X86, "Windows NT 4 or older", LimiterDesign.None)]
    [InlineData("5.0.2195.6687", DriverArchitecture.X86, "Windows 2000", LimiterDesign.None)]
    [InlineData("5.1.2600.0", DriverArchitecture.X86, "Windows XP without a service pack", LimiterDesign.None)]
    [InlineData("5.1.2600.1106", DriverArchitecture.X86, "Windows XP SP1", LimiterDesign.None)]
    [InlineData("5.1.2600.2180", DriverArchitecture.X86, "Windows XP SP2", LimiterDesign.Immediate)]
    [InlineData("5.1.2600.2827", DriverArchitecture.X86, "Windows XP SP2", LimiterDesign.Immediate)]
    [InlineData("5.1.2600.5512", DriverArchitecture.X86, "Windows XP SP3", LimiterDesign.Immediate)]
    [InlineData("5.1.2600.5625", DriverArchitecture.X86, "Windows XP SP3", LimiterDesign.Immediate)]
    [InlineData("5.2.3790.0", DriverArchitecture.X86, "Windows Server 2003 without a service pack", LimiterDesign.None)]
    [InlineData("5.2.3790.1830", DriverArchitecture.X86, "Windows Server 2003 SP1", LimiterDesign.Immediate)]
    [InlineData("5.2.3790.1830", DriverArchitecture.X64, "Windows XP x64 / Server 2003 x64 SP1", LimiterDesign.Immediate)]
    [InlineData("5.2.3790.3959", DriverArchitecture.X64, "Windows XP x64 / Server 2003 x64 SP2", LimiterDesign.Immediate)]
    [InlineData("5.3.1.1", DriverArchitecture.X86, "unknown Windows 5.3", LimiterDesign.Unknown)]
    [InlineData("6.0.6000.16386", DriverArchitecture.X86, "Windows Vista", LimiterDesign.VistaByte)]
    [InlineData("6.0.6001.18000", DriverArchitecture.X64, "Windows Vista SP1 / Server 2008", LimiterDesign.VistaByte)]
    [InlineData("6.0.6002.18005", DriverArchitecture.X64, "Windows Vista SP2 / Server 2008 SP2", LimiterDesign.RegistryValue)]
    [InlineData("6.1.7600.16385", DriverArchitecture.X64, "Windows 7 / Server 2008 R2", LimiterDesign.RegistryValue)]
    [InlineData("6.1.7601.17514", DriverArchitecture.X64, "Windows 7 SP1 / Server 2008 R2 SP1", LimiterDesign.RegistryValue)]
    [InlineData("6.2.9200.16384", DriverArchitecture.X64, "Windows 8 / Server 2012", LimiterDesign.OtherDesign)]
    [InlineData("6.3.9600.16384", DriverArchitecture.X64, "Windows 8.1 / Server 2012 R2", LimiterDesign.OtherDesign)]
    [InlineData("10.0.19041.1", DriverArchitecture.X64, "Windows 10 / Server 2016 or later", LimiterDesign.OtherDesign)]
    [InlineData("10.0.22621.1", DriverArchitecture.X64, "Windows 11 / Server 2025 or later", LimiterDesign.OtherDesign)]
    [InlineData("7.0.1.1", DriverArchitecture.X64, "unknown Windows 7.0", LimiterDesign.OtherDesign)]
    public void A_version_says_which_system_it_is(string version, DriverArchitecture architecture, string text, LimiterDesign design)
    {
        var parts = version.Split('.').Select(int.Parse).ToArray();
        var system = SystemName.Of(new FileVersion(parts[0], parts[1], parts[2], parts[3]), architecture);
        Assert.Equal(text, system.Text);
        Assert.Equal(design, system.Design);
        Assert.Equal(parts[0] >= 6, system.IsNt6OrLater);
    }

    [Fact]
    public void No_version_is_an_unknown_system() =>
        Assert.Equal(LimiterDesign.Unknown, SystemName.Of(null, DriverArchitecture.X86).Design);

    [Fact]
    public void Addresses_print_as_disassemblers_write_them()
    {
        Assert.Equal("0x4FA46", new FileOffset(0x4FA46).ToString());
        Assert.Equal("0x4FA46", new Rva(0x4FA46).ToString());
        Assert.Equal("0xFFFFF80000010000", new VirtualAddress(0xFFFF_F800_0001_0000).ToString());
        Assert.Throws<ArgumentOutOfRangeException>(() => new FileOffset(-1));
        Assert.True(new Rva(1) == new Rva(1) && new Rva(1) != new Rva(2));
    }
}
