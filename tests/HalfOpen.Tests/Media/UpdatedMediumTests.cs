using System.Text.Json;
using HalfOpen.Driver;
using HalfOpen.Media.Cabinets;
using HalfOpen.Media.Sources;
using HalfOpen.TestDrivers;
using HalfOpen.TestMedia;
using HalfOpen.Tests.Cli;
using HalfOpen.Tests.Windows;
using Xunit;

namespace HalfOpen.Tests.Media;

/// <summary>
/// A service pack slipstreamed over a patched medium: the old backups are set aside as they are in a folder of Windows
/// (<see cref="UpdatedDriverTests"/>), packed as they were.
/// </summary>
public sealed class UpdatedMediumTests : IDisposable
{
    private static readonly byte[] Sp2 = Build(1, "tcpip.sys", 2180), Sp3 = Build(5, "tcpip.sys", 5512);
    private static readonly byte[] Sp2V6 = Build(3, "tcpip6.sys", 2180), Sp3V6 = Build(6, "tcpip6.sys", 5512);

    private readonly TemporaryFolder _folder = new TemporaryFolder().WithMedium();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Old_backups_are_named_and_set_aside_and_restore_gives_back_the_build_of_today(bool hasManifests)
    {
        var (old, today) = await UpdatedAsync();
        if (!hasManifests)
        {
            Directory.GetFiles(_folder.In("cd.halfopen-backup"), "I386!TCPIP.SY_.*json").ToList().ForEach(File.Delete);
            Directory.GetFiles(_folder.In("cd.halfopen-backup"), "I386!SP3.CAB*json").ToList().ForEach(File.Delete);
        }

        var (code, output, _) = await CliRunner.RunAsync(["inspect", _folder.In("cd")]);
        Assert.Equal(0, code);
        Assert.Contains("it is 5.1.2600.5512 now and our backup is of 5.1.2600.2180. 'halfopen patch'", output, StringComparison.Ordinal);
        (code, output, var error) = await CliRunner.RunAsync(["restore", _folder.In("cd"), "--yes"]);
        Assert.Equal(1, code);
        Assert.Contains("it is 5.1.2600.5512 and the backup is of 5.1.2600.2180", output + error, StringComparison.Ordinal);

        var before = _folder.Snapshot();
        (code, output, error) = await CliRunner.RunAsync(["patch", _folder.In("cd"), "--dry-run"]);
        Assert.True(code == 0, error);
        Assert.Contains("a new one; that of 5.1.2600.2180 is kept as I386!SP3.CAB.halfopen-backup-of-5.1.2600.2180-", output,
            StringComparison.Ordinal);
        _folder.AssertUnchanged(before);

        (code, output, error) = await CliRunner.RunAsync(["patch", _folder.In("cd"), "--yes", "--json"]);
        Assert.True(code == 0, error);
        var drivers = JsonDocument.Parse(output).RootElement.GetProperty("drivers").EnumerateArray().ToList();
        foreach (var driver in drivers.Where(d => d.GetProperty("oldBackup").ValueKind == JsonValueKind.String))
        {
            var file = driver.GetProperty("path").GetString()!.Contains("SP3.CAB", StringComparison.Ordinal) ? "SP3.CAB" : "TCPIP.SY_";
            Assert.Equal(old[file], File.ReadAllBytes(driver.GetProperty("oldBackup").GetString()!));
            Assert.Equal(today[file], File.ReadAllBytes(driver.GetProperty("backup").GetString()!));
        }

        Assert.Equal(3, drivers.Count(d => d.GetProperty("oldBackup").ValueKind == JsonValueKind.String));
        Assert.All(["tcpip.sys", "tcpip6.sys"], m => Assert.Equal(100u, LimitIn("SP3.CAB", m)));
        (code, output, error) = await CliRunner.RunAsync(["restore", _folder.In("cd"), "--yes"]);
        Assert.True(code == 0, output + error);
        Assert.All(today, f => Assert.Equal(f.Value, File.ReadAllBytes(_folder.In("cd", "I386", f.Key))));
        Assert.All(Directory.GetFiles(_folder.In("cd.halfopen-backup")), f => Assert.Contains("-of-5.1.2600.2180-", f,
            StringComparison.Ordinal));
    }

    [Fact]
    public async Task Restore_goes_to_the_older_build_only_when_that_is_said()
    {
        var (old, _) = await UpdatedAsync();
        Assert.Equal(1, (await CliRunner.RunAsync(["restore", _folder.In("cd"), "--yes", "--force"])).Code);
        var (code, _, error) = await CliRunner.RunAsync(["restore", _folder.In("cd"), "--force", "--downgrade"], "y\n", interactive: true);
        Assert.True(code == 0, error);
        Assert.Contains("5.1.2600.5512 → 5.1.2600.2180", error, StringComparison.Ordinal);
        Assert.All(old, f => Assert.Equal(f.Value, File.ReadAllBytes(_folder.In("cd", "I386", f.Key))));
        Assert.False(Directory.Exists(_folder.In("cd.halfopen-backup")));
    }

    /// <summary>The cabinet's one backup cannot serve a driver of today and one of yesterday.</summary>
    [Fact]
    public async Task One_driver_of_a_cabinet_alone_is_refused_while_the_other_needs_the_old_backup()
    {
        await UpdatedAsync();
        var before = _folder.Snapshot();
        var (code, output, error) = await CliRunner.RunAsync(["patch", _folder.In("cd", "I386", "SP3.CAB", "tcpip.sys"), "--yes"]);
        Assert.Equal(1, code);
        Assert.Contains("patch the whole cabinet", error + output, StringComparison.Ordinal);
        Assert.Contains("Everything is as it was before.", error, StringComparison.Ordinal);
        _folder.AssertUnchanged(before);

        // Somebody put the new tcpip.sys into the patched cabinet: as it is, it is no original of tcpip6.sys.
        _folder.Write("cd/I386/SP3.CAB", SampleMedium.Cabinet(Sp3, LimitPatch.Plan(Sp2V6, 100).Apply(Sp2V6)));
        before = _folder.Snapshot();
        (code, output, error) = await CliRunner.RunAsync(["patch", _folder.In("cd"), "--yes", "--limit", "70"]);
        Assert.Equal(1, code);
        Assert.Contains("the backup is of another build (5.1.2600.2180; the driver is 5.1.2600.5512): move ", error + output,
            StringComparison.Ordinal);
        _folder.AssertUnchanged(before);
    }

    private static byte[] Build(int seed, string name, ushort build) => SyntheticDriver.Build(new SyntheticDriverOptions
        { Seed = seed, InternalName = name, Version = new FileVersion(5, 1, 2600, build) }).Bytes;

    private async Task<(Dictionary<string, byte[]> Old, Dictionary<string, byte[]> Today)> UpdatedAsync()
    {
        var old = Put(Sp2, Sp2V6);
        Assert.Equal(0, (await CliRunner.RunAsync(["patch", _folder.In("cd"), "--yes"])).Code);
        return (old, Put(Sp3, Sp3V6));
    }

    private Dictionary<string, byte[]> Put(byte[] tcpip, byte[] tcpip6)
    {
        var files = new Dictionary<string, byte[]>
        {
            ["TCPIP.SY_"] = CabinetBuilder.Single("tcpip.sys", tcpip),
            ["SP3.CAB"] = SampleMedium.Cabinet(tcpip, tcpip6),
        };
        foreach (var (name, bytes) in files)
        {
            _folder.Write("cd/I386/" + name, bytes);
        }

        return files;
    }

    private uint? LimitIn(string cabinet, string member)
    {
        var open = Cabinet.Open(new MemorySource(File.ReadAllBytes(_folder.In("cd", "I386", cabinet))));
        return DriverExaminer.Examine(open.Extract(open.Files.Single(f => f.Name == member), 1 << 24)).Limit;
    }
}
