using System.Text;
using HalfOpen.Tests.Windows;
using HalfOpen.Xp.Copies;
using HalfOpen.Xp.Files;
using HalfOpen.Xp.Lifting;
using Xunit;

namespace HalfOpen.Tests.Xp;

/// <summary>The names in the cabinets that Windows File Protection may restore from.</summary>
public sealed class DriverCacheTests
{
    [Theory]
    [InlineData(true, "a.sys", "TCPIP.SYS", "b.sys")]
    [InlineData(true, "tcpip6.sys")]
    [InlineData(false, "tcpip.sy_", "tcpip", "xtcpip.sys")]
    [InlineData(false)]
    public void A_driver_is_found_by_its_name(bool expected, params string[] names) =>
        Assert.Equal(expected, DriverCache.HoldsDriver(Cabinet(names)));

    [Fact]
    public void The_user_of_the_running_Windows_is_told_where_it_may_come_back_from()
    {
        using var folder = new TemporaryFolder().WithXp();
        folder.Write("WINDOWS/Driver Cache/i386/sp3.cab", Cabinet("tcpip.sys"));
        folder.Write("WINDOWS/Driver Cache/i386/driver.cab", Cabinet("usb.sys"));
        folder.Write("WINDOWS/Driver Cache/i386/empty.cab", []);
        var disk = DiskSteps.OfThisSystem();
        Assert.Equal(["Driver Cache\\i386\\sp3.cab"], DriverCache.CabinetsWithDriver(disk, folder.Windows()));
        Assert.Equal(2, Workplace.Open(disk, new FakeMachine { WindowsFolder = folder.Windows() }, null).FileProtection().Count);
        Assert.Empty(Workplace.Open(disk, new FakeMachine(), folder.Windows()).FileProtection());
    }

    /// <summary>Damaged, cut off, or noise.</summary>
    [Fact]
    public void No_cabinet_breaks_the_reader()
    {
        var random = new Random(236_995);
        var sound = Cabinet(Enumerable.Range(0, 40).Select(i => "file" + i).Append("tcpip.sys").ToArray());
        for (var i = 0; i < 30_000; i++)
        {
            var bytes = sound[..random.Next(sound.Length + 1)];
            for (var edits = random.Next(4); edits > 0 && bytes.Length > 0; edits--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            DriverCache.HoldsDriver(bytes);
        }
    }

    private static byte[] Cabinet(params string[] names)
    {
        var bytes = new byte[0x2C];
        "MSCF"u8.CopyTo(bytes);
        BitConverter.GetBytes(0x2C).CopyTo(bytes, 0x10);
        BitConverter.GetBytes((ushort)names.Length).CopyTo(bytes, 0x1C);
        return [.. bytes, .. names.SelectMany(n => new byte[16].Concat(Encoding.ASCII.GetBytes(n + "\0")))];
    }
}
