using HalfOpen.Driver;
using HalfOpen.SystemTests.Guard;
using Xunit;

namespace HalfOpen.SystemTests.Xp;

/// <summary>What HalfOpen.exe asks of Windows, answered by wine: renames at once and at the restart, sockets.</summary>
public sealed class XpWineTests(WinePrefix wine) : IClassFixture<WinePrefix>
{
    [Fact]
    public void All_copies_are_patched_and_restored()
    {
        WinePrefix.Need();
        using var xp = new XpTree();
        var driver = Path.Combine(xp.Folder, "system32", "drivers", "tcpip.sys");
        const UnixFileMode ReadOnly = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        File.SetUnixFileMode(driver, ReadOnly); // Windows sees the attribute, and does not replace such a file
        var (code, output) = wine.Run("/patch", "100", "/quiet", "/windows", WinePrefix.Seen(xp.Folder));
        Assert.True(code == 0, output);
        Assert.Contains("Done: 5 files set to 100", output, StringComparison.Ordinal);
        Assert.True(xp.AllAre(100));
        Assert.True(File.GetAttributes(driver).HasFlag(FileAttributes.ReadOnly));
        (code, output) = wine.Run("/restore", "/quiet", "/windows", WinePrefix.Seen(xp.Folder));
        Assert.True(code == 0, output);
        Assert.True(xp.IsUntouched);
    }

    /// <summary>In the folder of the Windows that is running, wine's own.</summary>
    [Fact]
    public void A_driver_in_use_is_replaced_at_the_restart()
    {
        WinePrefix.Need();
        using var xp = new XpTree();
        var source = Path.Combine(xp.Folder, "system32", "drivers", "tcpip.sys");
        wine.Restart(); // it is made, and so is its folder
        var driver = Path.Combine(wine.WindowsFolder, "system32", "drivers", "tcpip.sys");
        File.Copy(source, driver, overwrite: true);
        using (var neighbour = wine.Neighbour("use", "C:\\windows\\system32\\drivers\\tcpip.sys"))
        {
            var (code, output) = wine.Run("/patch", "100", "/yes");
            Assert.True(code == 0, output);
            Assert.Contains("A window \"Windows File Protection\" may appear", output, StringComparison.Ordinal);
            Assert.Contains("In use at the moment: 1 of the files", output, StringComparison.Ordinal);
            Assert.Contains("100 after the restart", wine.Run("/inspect", "/quiet").Out, StringComparison.Ordinal);
            neighbour.StandardInput.Close();
            neighbour.WaitForExit();
        }

        Assert.Equal(10u, DriverExaminer.Examine(File.ReadAllBytes(driver)).Limit);
        wine.Restart();
        Assert.Equal(100u, DriverExaminer.Examine(File.ReadAllBytes(driver)).Limit);
        Assert.Contains("patched, backup kept", wine.Run("/inspect", "/quiet").Out, StringComparison.Ordinal);
        Assert.Equal(0, wine.Run("/restore", "/yes").Code);
        Assert.Equal(File.ReadAllBytes(source), File.ReadAllBytes(driver));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(driver)!, "*halfopen*").Append(driver));
    }

    /// <summary>
    /// Twelve attempts into the void of a network of their own. Wine counts them and does not know whose they are.
    /// </summary>
    [Fact]
    public void Half_open_connections_are_counted()
    {
        WinePrefix.Need();
        Needs.Root();
        using var xp = new XpTree();
        var output = wine.RunInNetwork($$"""
            ip link set lo up
            ip addr add 198.51.100.1/32 dev lo
            ip route add 192.0.2.0/24 dev lo src 198.51.100.1
            cd $WINEPREFIX; mkfifo in out
            wine "$PROGRAM" connect 192.0.2.7 12 <in >out &
            exec 5>in 6<out
            read ready <&6
            wine "$PROGRAM" /why /language en /windows '{{WinePrefix.Seen(xp.Folder)}}' || echo "exit code $?"
            exec 5>&-
            wait
            /usr/lib/wine/wineserver -k
            """);
        Assert.Contains("Yes, the limit hurts now: 12 attempts without an answer fill the 10 slots", output, StringComparison.Ordinal);
        Assert.Contains("exit code 1", output, StringComparison.Ordinal);
    }
}
