using System.Diagnostics;
using System.Text.Json;
using HalfOpen.Driver;
using HalfOpen.Tests.Windows;
using HalfOpen.Windows.Files;
using HalfOpen.Windows.Lifting;
using Xunit;

namespace HalfOpen.Tests.Cli;

/// <summary>Things with a driver's name that are none, and registries beside drivers.</summary>
public sealed class DriverTroubleTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("empty", "The file is empty")]
    [InlineData("huge", "5,000,000,000 bytes are too many")]
    [InlineData("folder", "this is a folder")]
    [InlineData("pipe", "a device or a pipe")]
    [InlineData("broken link", "symbolic link")]
    public async Task What_is_no_driver_is_told_in_one_line_and_keeps_all_from_being_patched(string what, string reasons)
    {
        _folder.WriteDriver("WINDOWS/system32/drivers/tcpip.sys", seed: 1);
        Directory.CreateDirectory(_folder.In("WINDOWS", "system32", "dllcache"));
        var path = _folder.In("WINDOWS", "system32", "dllcache", "tcpip.sys");
        switch (what)
        {
            case "empty":
                File.WriteAllBytes(path, []);
                break;
            case "huge":
                using (var file = File.Create(path))
                {
                    file.SetLength(5_000_000_000); // sparse: takes no room
                }

                break;
            case "folder":
                Directory.CreateDirectory(path);
                break;
            case "pipe":
                Assert.SkipWhen(OperatingSystem.IsWindows(), "skipped: needs mkfifo");
                using (var mkfifo = Process.Start("mkfifo", path))
                {
                    await mkfifo.WaitForExitAsync(TestContext.Current.CancellationToken);
                }

                break;
            default:
                File.CreateSymbolicLink(path, _folder.In("nowhere"));
                break;
        }

        var (code, output, error) = await CliRunner.RunAsync(["inspect", _folder.Path, "--json"]);
        Assert.True(code == 0, error);
        var bad = JsonDocument.Parse(output).RootElement.GetProperty("drivers")[1];
        Assert.Equal("unreadable", bad.GetProperty("status").GetString());
        (code, output, error) = await CliRunner.RunAsync(["patch", _folder.Path, "--yes"]);
        Assert.Equal(1, code);
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.Contains(reasons.Split('|'), r => error.Contains(r, StringComparison.Ordinal));
        Assert.Equal(10u, DriverExaminer.Examine(File.ReadAllBytes(_folder.In("WINDOWS", "system32", "drivers", "tcpip.sys"))).Limit);
        Assert.Empty(Directory.GetFiles(_folder.Path, "*.halfopen-*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("WinNT", DriverArchitecture.X64, "yes", "Windows XP x64 SP2")]
    [InlineData("ServerNT", DriverArchitecture.X64, "no", "Windows Server 2003 x64 SP2")]
    [InlineData("LanmanNT", DriverArchitecture.X64, "no", "Windows Server 2003 x64 SP2")]
    [InlineData("WinNT", DriverArchitecture.X86, "yes", "Windows XP SP3")]
    // the version says XP; what the driver asks is the product type
    [InlineData("ServerNT", DriverArchitecture.X86, "no", "Windows XP SP3")]
    public async Task The_registry_tells_a_workstation_from_a_server(string productType, DriverArchitecture architecture, string enforced,
        string system)
    {
        _folder.WriteDriver("Windows/System32/Drivers/tcpip.sys", seed: 1, architecture: architecture);
        var hive = new HiveBuilder().Build(HiveBuilder.SystemRoot(productType));
        hive[4]++; // a live volume
        HiveBuilder.Seal(hive);
        _folder.Write("Windows/System32/Config/SYSTEM", hive);
        var (code, output, _) = await CliRunner.RunAsync(["inspect", _folder.Path, "--json"]);
        Assert.Equal(0, code);
        var json = JsonDocument.Parse(output).RootElement;
        Assert.Equal(enforced, json.GetProperty("drivers")[0].GetProperty("enforced").GetString());
        Assert.Equal(system, json.GetProperty("drivers")[0].GetProperty("system").GetString());
        Assert.True(json.GetProperty("registries")[0].GetProperty("dirty").GetBoolean());
        Assert.Contains("dirty", (await CliRunner.RunAsync(["inspect", _folder.Path])).Out, StringComparison.Ordinal);
        var (patched, _, warning) = await CliRunner.RunAsync(["patch", _folder.Path, "--yes"]);
        Assert.Equal(0, patched);
        Assert.Contains("warning: " + _folder.In("Windows", "System32", "Config", "SYSTEM") + " is dirty", warning,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5, 1, 2600, 1106, 1, "no limit")]
    [InlineData(5, 1, 2600, 1106, 3, "older than Service Pack 3")]
    [InlineData(5, 2, 3790, 0, 2, "older than Service Pack 2")]
    [InlineData(6, 0, 6001, 18000, 1, "install Service Pack 2")]
    [InlineData(6, 0, 6001, 18000, 2, "older than Service Pack 2")]
    public async Task A_copy_from_before_the_service_pack_of_this_Windows_is_told_apart(int major, int minor, int build, int revision,
        int pack, string advice)
    {
        _folder.Write("Windows/System32/dllcache/tcpip.sys", TestDrivers.SyntheticDriver.Build(new TestDrivers.SyntheticDriverOptions
        {
            Version = new FileVersion(major, minor, build, revision),
            Decoy = TestDrivers.Decoy.NoInitStore,
        }).Bytes);
        _folder.Write("Windows/System32/config/system", new HiveBuilder().Build(HiveBuilder.SystemRoot(servicePack: pack)));
        var (code, output, _) = await CliRunner.RunAsync(["inspect", _folder.Path, "--json"]);
        Assert.Equal(1, code);
        var json = JsonDocument.Parse(output).RootElement;
        Assert.Equal(pack, json.GetProperty("registries")[0].GetProperty("servicePack").GetInt32());
        Assert.Contains(advice, json.GetProperty("drivers")[0].GetProperty("advice").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "it is absent here")]
    [InlineData(0u, "it is 0 here")]
    [InlineData(1u, "it is 1 here: delete it")]
    public async Task Of_windows_7_the_registry_value_is_told(uint? value, string advice)
    {
        _folder.Write("Windows/System32/drivers/tcpip.sys", TestDrivers.SyntheticDriver.Build(new TestDrivers.SyntheticDriverOptions
        {
            Architecture = DriverArchitecture.X64,
            Version = new FileVersion(6, 1, 7601, 1),
            Decoy = TestDrivers.Decoy.NoInitStore,
        }).Bytes);
        _folder.Write("Windows/System32/config/SYSTEM", new HiveBuilder().Build(HiveBuilder.SystemRoot(rateLimiting: value)));
        var (code, output, _) = await CliRunner.RunAsync(["inspect", _folder.Path, "--json"]);
        Assert.Equal(1, code);
        var driver = JsonDocument.Parse(output).RootElement.GetProperty("drivers")[0];
        Assert.Contains(advice, driver.GetProperty("advice").GetString(), StringComparison.Ordinal);
        Assert.Equal(value == 1 ? "yes" : "no", driver.GetProperty("enforced").GetString());
    }

    [Fact]
    public async Task Folders_that_differ_only_in_case_are_all_searched_and_links_are_not_followed()
    {
        _folder.WriteDriver("windows/system32/drivers/tcpip.sys", seed: 1);
        _folder.WriteDriver("WINDOWS/System32/DRIVERS/Tcpip.sys", seed: 2);
        _folder.WriteDriver("WINNT/SYSTEM32/drivers/TCPIP.SYS", seed: 3);
        _folder.WriteDriver("I386/tcpip.sys", seed: 4);
        Directory.CreateSymbolicLink(_folder.In("loop"), _folder.Path);
        Directory.CreateSymbolicLink(_folder.In("WINNT", "loop"), _folder.Path);
        foreach (var (flags, count) in new[] { (Array.Empty<string>(), 4), (["--recurse"], 4) })
        {
            var (code, output, _) = await CliRunner.RunAsync(["inspect", _folder.Path, "--json", .. flags]);
            Assert.Equal(0, code);
            Assert.Equal(count, JsonDocument.Parse(output).RootElement.GetProperty("drivers").GetArrayLength());
        }

        // A folder that the user names is followed even when it is a link.
        Assert.Equal(0, (await CliRunner.RunAsync(["inspect", _folder.In("loop", "WINNT")])).Code);
    }

    [Fact]
    public void A_search_below_can_be_ended_at_any_folder()
    {
        _folder.WriteDriver("a/b/tcpip.sys", seed: 1);
        var search = new HalfOpen.Windows.Search.DriverSearch(new LocalFileStore());
        Assert.Throws<OperationCanceledException>(
            () => search.Find(_folder.Path, recurse: true, visited => throw new OperationCanceledException()).ToList());
        var last = 0;
        Assert.Single(search.Find(_folder.Path, recurse: true, visited => last = visited));
        Assert.Equal(3, last);
    }

    [Fact]
    public async Task What_cannot_be_searched_does_not_end_the_search()
    {
        _folder.WriteDriver("z/tcpip.sys", seed: 1);
        var deep = string.Join('/', Enumerable.Repeat("d", 70));
        _folder.WriteDriver("a/" + deep + "/tcpip.sys", seed: 2);
        var (code, output, error) = await CliRunner.RunAsync(["inspect", _folder.Path, "--recurse", "--json"]);
        Assert.Equal(0, code);
        Assert.Equal(1, JsonDocument.Parse(output).RootElement.GetProperty("drivers").GetArrayLength());
        Assert.Contains("warning: not searched: " + _folder.In("a", "d"), error, StringComparison.Ordinal);
        Assert.Contains("more than 64 levels", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_search_keeps_nothing_and_a_unit_has_a_bound()
    {
        // The drivers come one by one; what is written together is not collected without end.
        var path = _folder.WriteDriver("tcpip.sys", seed: 1);
        var store = new LocalFileStore();
        var driver = new Inspector(store).Inspect(path);
        var taken = 0;
        var endless = Enumerable.Repeat(driver, int.MaxValue).Select(d => (taken++, d).d);
        var problem = Assert.Throws<FileProblemException>(() => RestoreUnit.Plan(store, endless, force: false));
        Assert.Contains("name a folder further down", problem.Message, StringComparison.Ordinal);
        Assert.Equal(PatchUnit.MaxCopies + 1, taken);
    }

    [Fact]
    public async Task A_link_in_a_backups_place_is_not_followed()
    {
        var path = _folder.WriteDriver("tcpip.sys", seed: 1);
        var elsewhere = _folder.WriteDriver("elsewhere", seed: 2);
        File.CreateSymbolicLink(path + FileNames.BackupSuffix, elsewhere);
        var before = _folder.Snapshot();
        foreach (var args in new[] { new[] { "patch", path, "--yes" }, ["restore", path, "--yes", "--force"] })
        {
            var (code, _, error) = await CliRunner.RunAsync(args);
            Assert.Equal(1, code);
            Assert.Contains("plain file of ours", error, StringComparison.Ordinal);
        }

        _folder.AssertUnchanged(before);
    }

    [Fact]
    public async Task Control_characters_in_names_do_not_reach_the_terminal()
    {
        _folder.WriteDriver("a\e[2Jb/tcpip.sys", seed: 1);
        var (_, output, _) = await CliRunner.RunAsync(["inspect", _folder.Path, "--recurse"]);
        Assert.DoesNotContain('\e', output);
    }

    /// <summary>10,000 seeded mutations of a manifest: never an exception, and what is read has sound hashes.</summary>
    [Fact]
    public async Task Damaged_manifests_never_throw()
    {
        var path = _folder.WriteDriver("tcpip.sys", seed: 1);
        await CliRunner.RunAsync(["patch", path, "--yes"]);
        var sound = File.ReadAllBytes(path + FileNames.ManifestSuffix);
        Assert.NotNull(BackupManifest.FromBytes(sound));
        var random = new Random(7);
        for (var i = 0; i < 10_000; i++)
        {
            var bytes = sound[..(random.Next(4) == 0 ? random.Next(sound.Length) : sound.Length)];
            for (var n = random.Next(1, 5); n > 0 && bytes.Length > 0; n--)
            {
                bytes[random.Next(bytes.Length)] = random.Next(2) == 0 ? (byte)random.Next(256) : (byte)"\"{}[]:,0-e\\"[random.Next(11)];
            }

            if (BackupManifest.FromBytes(bytes) is { } manifest)
            {
                Assert.Equal(64, manifest.OriginalSha256.Length);
            }
        }
    }
}
