using System.Text.Json;
using HalfOpen.Driver;
using HalfOpen.Media.Cabinets;
using HalfOpen.Media.Sources;
using HalfOpen.TestMedia;
using HalfOpen.Tests.Cli;
using HalfOpen.Tests.Windows;
using Xunit;

namespace HalfOpen.Tests.Media;

/// <summary>inspect, patch and restore on installation media, as a user runs them.</summary>
public sealed class MediaVerbTests
{
    private const int Max = 16 * 1024 * 1024;

    [Fact]
    public async Task A_packed_driver_is_a_driver_wherever_it_stands()
    {
        using var folder = new TemporaryFolder();
        foreach (var (name, bytes, packing) in new[]
        {
            ("TCPIP.SY_", CabinetBuilder.Single("tcpip.sys", SampleMedium.Tcpip), "cabinet, LZX:21"),
            ("mszip.bin", CabinetWriterSample(), "cabinet, MSZIP"),
            ("old.sy_", SzddEncoder.Encode(SampleMedium.Tcpip), "SZDD"),
        })
        {
            var path = folder.Write(name, bytes);
            var driver = await InspectOneAsync(path);
            Assert.Equal("found", driver.GetProperty("status").GetString());
            Assert.Equal(10, driver.GetProperty("limit").GetInt32());
            Assert.Equal(packing, driver.GetProperty("packing").GetString());

            var before = File.ReadAllBytes(path);
            await OkAsync("patch", path, "--yes");
            Assert.Equal(100u, LimitOf(File.ReadAllBytes(path)));
            Assert.Equal(before, File.ReadAllBytes(path + ".halfopen-backup"));
            Assert.Equal(100, (await InspectOneAsync(path)).GetProperty("limit").GetInt32());
            await OkAsync("patch", path, "--yes", "--limit", "50");
            Assert.Equal(50u, LimitOf(File.ReadAllBytes(path)));
            await OkAsync("restore", path, "--yes");
            Assert.Equal(before, File.ReadAllBytes(path));
            Assert.Empty(Directory.GetFiles(folder.Path, "*.halfopen-*"));
        }
    }

    [Fact]
    public async Task A_medium_is_patched_as_one_and_its_backups_stand_beside_it()
    {
        using var folder = new TemporaryFolder().WithMedium();
        var before = folder.Snapshot();
        foreach (var named in new[] { "cd", "cd/I386" })
        {
            await OkAsync("patch", folder.In(named.Split('/')), "--yes");
            AssertPatched(folder, before, named == "cd");
            Assert.Empty(Directory.GetFiles(folder.In("cd"), "*.halfopen-*", SearchOption.AllDirectories));
            Assert.NotEmpty(Directory.GetFiles(folder.In("cd.halfopen-backup")));

            var again = await CliRunner.RunAsync(["patch", folder.In("cd", "I386"), "--yes"]);
            Assert.Contains("Already at 100", again.Out, StringComparison.Ordinal);
            await OkAsync("patch", folder.In("cd"), "--yes", "--limit", "7");
            await OkAsync("restore", folder.In("cd"), "--yes");
            folder.AssertUnchanged(before);
            Assert.False(Directory.Exists(folder.In("cd.halfopen-backup")));
        }
    }

    [Fact]
    public async Task A_folder_for_the_backups_can_be_named_and_is_needed_again_for_the_way_back()
    {
        using var folder = new TemporaryFolder().WithMedium();
        var before = folder.Snapshot();
        var backups = Directory.CreateDirectory(folder.In("kept")).FullName;
        await OkAsync("patch", folder.In("cd"), "--yes", "--backup", backups);
        Assert.False(Directory.Exists(folder.In("cd.halfopen-backup")));
        Assert.Contains("I386!TCPIP.SY_.halfopen-backup", Directory.GetFiles(backups).Select(Path.GetFileName));
        Assert.Equal(1, (await CliRunner.RunAsync(["restore", folder.In("cd"), "--yes"])).Code);
        await OkAsync("restore", folder.In("cd"), "--yes", "--backup", backups);
        Directory.Delete(backups);
        folder.AssertUnchanged(before);
    }

    [Fact]
    public async Task Files_that_are_gone_from_a_medium_come_back_too()
    {
        using var folder = new TemporaryFolder().WithMedium();
        var before = folder.Snapshot();
        await OkAsync("patch", folder.In("cd"), "--yes");
        File.Delete(folder.In("cd", "I386", "TCPIP.SY_"));
        File.Delete(folder.In("cd", "I386", "SP3.CAB"));
        await OkAsync("restore", folder.In("cd"), "--yes");
        folder.AssertUnchanged(before);
    }

    [Fact]
    public async Task A_cabinet_named_alone_is_patched_and_restored()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("SP3.CAB", SampleMedium.Cabinet());
        var before = folder.Snapshot();
        using var document = JsonDocument.Parse(await OkAsync("inspect", path, "--json"));
        Assert.Equal(
            [Path.Combine(path, "tcpip.sys"), Path.Combine(path, "tcpip6.sys")],
            document.RootElement.GetProperty("drivers").EnumerateArray().Select(d => d.GetProperty("path").GetString()));

        await OkAsync("patch", Path.Combine(path, "tcpip.sys"), "--yes");
        Assert.Equal(["tcpip.sys:100", "tcpip6.sys:10"], Limits(path));
        await OkAsync("patch", path, "--yes");
        Assert.Equal(["tcpip.sys:100", "tcpip6.sys:100"], Limits(path));
        await OkAsync("restore", Path.Combine(path, "tcpip.sys"), "--yes");
        Assert.Equal(["tcpip.sys:10", "tcpip6.sys:100"], Limits(path));
        await OkAsync("restore", path, "--yes");
        folder.AssertUnchanged(before);
    }

    [Fact]
    public async Task Packed_copies_on_an_installed_system_are_left_out_unless_they_are_named()
    {
        using var folder = new TemporaryFolder().WithXp();
        folder.Write("WINDOWS/Driver Cache/i386/sp3.cab", SampleMedium.Cabinet());
        folder.Write("WINDOWS/system32/config/system", [1]);
        folder.Write("I386/TXTSETUP.SIF", [1]);
        folder.Write("I386/TCPIP.SY_", CabinetBuilder.Single("tcpip.sys", SampleMedium.Tcpip));
        var before = folder.Snapshot();
        using var document = JsonDocument.Parse(await OkAsync("patch", folder.Path, "--yes", "--json"));
        var actions = document.RootElement.GetProperty("drivers").EnumerateArray()
            .ToDictionary(
                d => Path.GetRelativePath(folder.Path, d.GetProperty("path").GetString()!),
                d => d.GetProperty("action").GetString());
        Assert.Equal("write", actions["WINDOWS/system32/drivers/tcpip.sys"]);
        Assert.Equal("leave-out", actions["WINDOWS/Driver Cache/i386/sp3.cab/tcpip.sys"]);
        Assert.Equal("leave-out", actions["I386/TCPIP.SY_"]);

        await OkAsync("patch", folder.In("I386", "TCPIP.SY_"), "--yes");
        await OkAsync("patch", folder.In("WINDOWS", "Driver Cache"), "--yes", "--recurse");
        Assert.True(File.Exists(folder.In("I386", "TCPIP.SY_.halfopen-backup")), "no medium: Windows is installed beside it");
        await OkAsync("restore", folder.Path, "--yes");
        folder.AssertUnchanged(before);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_image_of_a_cd_is_inspected_and_a_patched_one_is_written(bool joliet)
    {
        using var folder = new TemporaryFolder();
        var iso = folder.Write("xp.iso", SampleMedium.Iso(joliet));
        using var document = JsonDocument.Parse(await OkAsync("inspect", iso, "--json"));
        var drivers = document.RootElement.GetProperty("drivers").EnumerateArray().ToList();
        Assert.Equal(5, drivers.Count);
        Assert.All(drivers, d => Assert.Equal(10, d.GetProperty("limit").GetInt32()));
        Assert.Contains(drivers, d => d.GetProperty("path").GetString() == iso + "/I386/SP3.CAB/tcpip6.sys");

        var before = folder.Snapshot();
        Assert.Equal(2, (await CliRunner.RunAsync(["patch", iso, "--yes"])).Code);
        await OkAsync("patch", iso, "--output", folder.In("dry.iso"), "--dry-run");
        folder.AssertUnchanged(before);

        await OkAsync("patch", iso, "--output", folder.In("xp-100.iso"));
        Assert.Equal(before["xp.iso"], File.ReadAllBytes(iso));
        using var after = JsonDocument.Parse(await OkAsync("inspect", folder.In("xp-100.iso"), "--json"));
        Assert.Equal(5, after.RootElement.GetProperty("drivers").GetArrayLength());
        Assert.All(after.RootElement.GetProperty("drivers").EnumerateArray(), d => Assert.Equal(100, d.GetProperty("limit").GetInt32()));

        await OkAsync("patch", iso + "/I386/TCPIP.SY_", "--output", folder.In("plain.sys"));
        Assert.Equal(100u, DriverExaminer.Examine(File.ReadAllBytes(folder.In("plain.sys"))).Limit);
        await OkAsync("patch", folder.In("plain.sys"), "--limit", "33", "--output", folder.In("TCPIP.SY_"));
        Assert.Equal(33u, LimitOf(File.ReadAllBytes(folder.In("TCPIP.SY_"))));
    }

    /// <summary>Who owns the folder that the medium stands in must not lead root's backups elsewhere.</summary>
    [Theory]
    [InlineData("cd")]
    [InlineData("cd/I386")]
    [InlineData("cd/I386/TCPIP.SY_")]
    public async Task A_link_in_the_place_of_the_backups_is_not_followed(string named)
    {
        using var folder = new TemporaryFolder().WithMedium();
        Directory.CreateDirectory(folder.In("elsewhere"));
        File.CreateSymbolicLink(folder.In("cd.halfopen-backup"), folder.In("elsewhere"));
        var before = File.ReadAllBytes(folder.In("cd", "I386", "TCPIP.SY_"));
        var (code, output, error) = await CliRunner.RunAsync(["patch", folder.In(named.Split('/')), "--yes"]);
        Assert.True(code == 1, output + error);
        Assert.Contains("move it away", output + error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.In("elsewhere")));
        Assert.Equal(before, File.ReadAllBytes(folder.In("cd", "I386", "TCPIP.SY_")));
    }

    /// <summary>An image that can also be written to a USB stick begins like a disk with partitions.</summary>
    [Fact]
    public async Task An_isohybrid_image_is_a_CD_and_no_disk()
    {
        using var folder = new TemporaryFolder();
        var bytes = SampleMedium.Iso();
        (bytes[510], bytes[511], bytes[446], bytes[450]) = (0x55, 0xAA, 0x80, 0x17);
        BitConverter.TryWriteBytes(bytes.AsSpan(458), bytes.Length / 512);
        var iso = folder.Write("hybrid.iso", bytes);
        await OkAsync("patch", iso, "--output", folder.In("new.iso"));
        Assert.Equal(bytes[..512], File.ReadAllBytes(folder.In("new.iso"))[..512]);
        Assert.Contains(" 100 half-open", await OkAsync("inspect", folder.In("new.iso")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trouble_is_one_line_that_says_what_to_do()
    {
        using var folder = new TemporaryFolder().WithMedium();
        folder.Write("cut.iso", SampleMedium.Iso()[..^50_000]);
        folder.Write("cut.sy_", CabinetBuilder.Single("tcpip.sys", SampleMedium.Tcpip)[..^500]);
        folder.Write("signed.cab", [.. SampleMedium.Cabinet(), 1, 2, 3]);
        folder.WriteDriver("one.sys", 1);
        foreach (var (args, code, words) in new (string[] Args, int Code, string Words)[]
        {
            (["patch", folder.In("cut.iso"), "--output", folder.In("new.iso")], 1, "cut off"),
            (["patch", folder.In("cut.sy_"), "--yes"], 1, "cut off"),
            (["inspect", folder.In("cut.iso")], 0, "cut off"),
            (["patch", folder.In("signed.cab"), "--yes"], 1, "signature"),
            (["patch", folder.In("signed.cab"), "--yes"], 1, "can take the unpatched driver from it"),
            (["patch", folder.In("cd"), "--yes", "--backup", folder.In("nowhere")], 2, "make it first"),
            (["patch", folder.In("one.sys"), "--yes", "--backup", folder.Path], 2, "stands beside it"),
        })
        {
            var before = folder.Snapshot();
            var (actual, output, error) = await CliRunner.RunAsync(args);
            Assert.True(actual == code, $"{string.Join(' ', args)}: {actual} {output}{error}");
            Assert.Contains(words, output + error, StringComparison.Ordinal);
            folder.AssertUnchanged(before);
        }
    }

    /// <summary>A damaged or unreadable cabinet may hold the driver that Setup takes: not to be passed over.</summary>
    [Fact]
    public async Task A_damaged_cabinet_on_a_medium_refuses_the_patch_and_one_on_an_installed_system_does_not()
    {
        using var folder = new TemporaryFolder().WithMedium().WithXp();
        folder.Write("cd/I386/SP3.CAB", SampleMedium.Cabinet()[..900]);
        folder.Write("WINDOWS/Driver Cache/i386/sp3.cab", SampleMedium.Cabinet()[..900]);
        var before = folder.Snapshot();
        var (code, output, error) = await CliRunner.RunAsync(["patch", folder.In("cd"), "--yes"]);
        Assert.Equal(1, code);
        Assert.Contains("SP3.CAB", error, StringComparison.Ordinal);
        Assert.Contains("cut off", output + error, StringComparison.Ordinal);
        folder.AssertUnchanged(before);
        Assert.Contains("cut off", await OkAsync("inspect", folder.Path), StringComparison.Ordinal);
        await OkAsync("patch", folder.Path, "--yes");
    }

    private static void AssertPatched(TemporaryFolder folder, SortedDictionary<string, byte[]> before, bool whole)
    {
        foreach (var (name, bytes) in before)
        {
            var now = File.ReadAllBytes(folder.In(name.Split('/')));
            switch (Path.GetFileName(name).ToUpperInvariant())
            {
                case "TCPIP.SY_" or "TCPIP6.SY_":
                    Assert.Equal(100u, LimitOf(now));
                    break;
                case "SP3.CAB":
                    Assert.Equal(["tcpip.sys:100", "tcpip6.sys:100"], Limits(folder.In(name.Split('/'))));
                    break;
                case "TCPIP.SYS" when whole:
                    Assert.Equal(100u, DriverExaminer.Examine(now).Limit);
                    break;
                default:
                    Assert.True(bytes.AsSpan().SequenceEqual(now), name);
                    break;
            }
        }
    }

    private static uint? LimitOf(byte[] packed)
    {
        var cabinet = Cabinet.Open(new MemorySource(packed));
        Assert.Equal("MSZIP", cabinet.Folders.Single().PackingText);
        var report = DriverExaminer.Examine(cabinet.Extract(cabinet.Files.Single(), Max));
        Assert.True(report.Checksum!.IsValid);
        return report.Limit;
    }

    private static List<string> Limits(string path)
    {
        var cabinet = Cabinet.Open(new MemorySource(File.ReadAllBytes(path)));
        Assert.Equal(5, cabinet.Files.Count);
        var drivers = cabinet.Files.Where(f => f.Name.EndsWith(".sys", StringComparison.Ordinal)).OrderBy(f => f.Name).ToList();
        return [.. cabinet.Extract(drivers, Max).Select(r => r.File.Name + ":" + DriverExaminer.Examine(r.Bytes!).Limit)];
    }

    private static byte[] CabinetWriterSample() =>
        CabinetWriter.Single(new CabinetFile("tcpip.sys", 0, 0, 0, 0x388D, 0, 0x20), SampleMedium.Tcpip);

    private static async Task<JsonElement> InspectOneAsync(string path) =>
        JsonDocument.Parse(await OkAsync("inspect", path, "--json")).RootElement.GetProperty("drivers").EnumerateArray().Single();

    private static async Task<string> OkAsync(params string[] args)
    {
        var (code, output, error) = await CliRunner.RunAsync(args);
        Assert.True(code == 0, $"{string.Join(' ', args)}: {code} {output}{error}");
        return output;
    }
}
