using System.Text.Json;
using HalfOpen.Driver;
using HalfOpen.TestDrivers;
using HalfOpen.Tests.Windows;
using HalfOpen.Windows.Files;
using Xunit;

namespace HalfOpen.Tests.Cli;

/// <summary><c>patch</c> and <c>restore</c> as their users and scripts see them.</summary>
public sealed class PatchAndRestoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Patch_sets_all_copies_to_100_and_restore_is_the_identity()
    {
        _folder.WithXp();
        var before = _folder.Snapshot();
        var (code, output, error) = await CliRunner.RunAsync(["patch", _folder.Path, "--yes"]);
        Assert.True(code == 0, error);
        Assert.Contains("4 files patched to 100", output, StringComparison.Ordinal);
        Assert.Contains("File Protection", output, StringComparison.Ordinal);
        foreach (var (name, old) in before)
        {
            var now = File.ReadAllBytes(_folder.In(name));
            var report = DriverExaminer.Examine(now);
            Assert.Equal(100u, report.Limit);
            Assert.True(report.Checksum!.IsValid);
            var different = Enumerable.Range(0, old.Length).Where(i => old[i] != now[i]).ToList();
            Assert.All(different, i => Assert.True(IsIn(i, report.Location!.FileOffset) || IsIn(i, report.Checksum.Field)));
            Assert.Equal(old, File.ReadAllBytes(_folder.In(name + FileNames.BackupSuffix)));
        }

        Assert.Contains("\"origin\": \"halfopen\"", (await CliRunner.RunAsync(["inspect", _folder.Path, "--json"])).Out,
            StringComparison.Ordinal);
        Assert.Equal(0, (await CliRunner.RunAsync(["restore", _folder.Path, "--yes"])).Code);
        _folder.AssertUnchanged(before);

        static bool IsIn(int position, FileOffset field) => position >= field.Value && position < field.Value + 4;
    }

    [Fact]
    public async Task A_second_patch_keeps_the_first_backup_and_a_third_has_nothing_to_do()
    {
        var path = _folder.WriteDriver("tcpip.sys", seed: 1);
        var original = File.ReadAllBytes(path);
        Assert.Equal(0, (await CliRunner.RunAsync(["patch", path, "--yes"])).Code);
        Assert.Equal(0, (await CliRunner.RunAsync(["patch", path, "--yes", "--limit", "2147483647"])).Code);
        Assert.Equal(original, File.ReadAllBytes(path + FileNames.BackupSuffix));
        var manifest = JsonDocument.Parse(File.ReadAllBytes(path + FileNames.ManifestSuffix)).RootElement;
        Assert.Equal(10, manifest.GetProperty("oldLimit").GetInt32());
        Assert.Equal(int.MaxValue, manifest.GetProperty("newLimit").GetInt32());
        var (code, output, _) = await CliRunner.RunAsync(["patch", path, "--limit", "2147483647"]);
        Assert.Equal(0, code);
        Assert.Contains("nothing to do", output, StringComparison.Ordinal);
        Assert.Equal(0, (await CliRunner.RunAsync(["restore", path, "--yes"])).Code);
        Assert.Equal(original, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    [Theory]
    [InlineData("0", "queue for ever")]
    [InlineData("-1", "queue for ever")]
    [InlineData("2147483648", "queue for ever")]
    [InlineData("99999999999999999999999999", "queue for ever")]
    [InlineData("many", "whole number")]
    [InlineData("", "whole number")]
    [InlineData("1.5", "whole number")]
    public async Task An_unusable_limit_is_wrong_usage_with_the_reason(string limit, string reason)
    {
        var path = _folder.WriteDriver("tcpip.sys", seed: 1);
        var before = _folder.Snapshot();
        var (code, output, error) = await CliRunner.RunAsync(["patch", path, "--yes", "--limit", limit]);
        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.Contains(reason, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
        _folder.AssertUnchanged(before);
    }

    [Fact]
    public async Task A_dry_run_changes_nothing_and_shows_every_byte()
    {
        _folder.WithXp();
        var before = _folder.Snapshot();
        var (code, output, error) = await CliRunner.RunAsync(["patch", _folder.Path, "--limit", "500", "--dry-run"]);
        Assert.Equal(0, code);
        Assert.Empty(error);
        Assert.Contains("0A 00 00 00  F4 01 00 00  limit", output, StringComparison.Ordinal);
        _folder.AssertUnchanged(before);
        await CliRunner.RunAsync(["patch", _folder.Path, "--yes"]);
        before = _folder.Snapshot();
        Assert.Equal(0, (await CliRunner.RunAsync(["restore", _folder.Path, "--dry-run"])).Code);
        _folder.AssertUnchanged(before);
    }

    [Fact]
    public async Task Without_a_terminal_and_without_yes_nothing_is_written()
    {
        var path = _folder.WriteDriver("tcpip.sys", seed: 1);
        var before = _folder.Snapshot();
        var (code, _, error) = await CliRunner.RunAsync(["patch", path], input: "y\n");
        Assert.Equal(2, code);
        Assert.Contains("--yes", error, StringComparison.Ordinal);
        _folder.AssertUnchanged(before);
    }

    [Theory]
    [InlineData("y\n", true)]
    [InlineData("yes\n", true)]
    [InlineData("n\n", false)]
    [InlineData("\n", false)]
    [InlineData("", false)]
    public async Task On_a_terminal_it_asks_and_takes_no_for_an_answer(string answer, bool isYes)
    {
        var path = _folder.WriteDriver("tcpip.sys", seed: 1);
        var (code, _, error) = await CliRunner.RunAsync(["patch", path], input: answer, interactive: true);
        Assert.Equal(isYes ? 0 : 1, code);
        Assert.Contains("[y/N]", error, StringComparison.Ordinal);
        Assert.Equal(isYes ? 100u : 10u, DriverExaminer.Examine(File.ReadAllBytes(path)).Limit);
    }

    [Fact]
    public async Task Output_leaves_the_input_alone_and_overwrites_nothing()
    {
        var path = _folder.WriteDriver("tcpip.sys", seed: 1);
        var before = _folder.Snapshot();
        var target = _folder.In("patched.sys");
        var (code, _, error) = await CliRunner.RunAsync(["patch", path, "--limit", "500", "--output", target]);
        Assert.True(code == 0, error);
        Assert.Equal(500u, DriverExaminer.Examine(File.ReadAllBytes(target)).Limit);
        Assert.Equal(before["tcpip.sys"], File.ReadAllBytes(path));
        Assert.Equal(2, _folder.Snapshot().Count);
        Assert.Equal(1, (await CliRunner.RunAsync(["patch", path, "--limit", "300", "--output", target])).Code);
        Assert.Equal(1, (await CliRunner.RunAsync(["patch", path, "--output", path])).Code);
        Assert.Equal(2, (await CliRunner.RunAsync(["patch", _folder.Path, "--output", _folder.In("x")])).Code);
        Assert.Equal(2, (await CliRunner.RunAsync(["patch", path, "--output", _folder.In("no-folder", "x")])).Code);
        Assert.Equal(500u, DriverExaminer.Examine(File.ReadAllBytes(target)).Limit);
    }

    [Theory]
    [InlineData(Decoy.TwoInitStores, false, false, "More than one")]
    [InlineData(Decoy.UnsignedJumps, false, false, "No limit was found")]
    [InlineData(Decoy.None, true, false, "digital signature")]
    [InlineData(Decoy.None, false, true, "--allow-bad-checksum")]
    public async Task One_copy_that_must_not_be_patched_keeps_all_from_it(Decoy decoy, bool hasCertificate, bool hasBadChecksum,
        string reason)
    {
        _folder.WithXp();
        _folder.Write("WINDOWS/ServicePackFiles/i386/tcpip.sys",
            SyntheticDriver.Build(
                new SyntheticDriverOptions { Seed = 9, Decoy = decoy, HasCertificate = hasCertificate, HasBadChecksum = hasBadChecksum })
                    .Bytes);
        var before = _folder.Snapshot();
        var (code, output, error) = await CliRunner.RunAsync(["patch", _folder.Path, "--yes"]);
        Assert.Equal(1, code);
        Assert.Contains(reason, error, StringComparison.Ordinal);
        Assert.Contains("✗ refused", output, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
        _folder.AssertUnchanged(before);
    }

    [Fact]
    public async Task A_bad_checksum_is_put_right_on_request()
    {
        var path = _folder.Write("tcpip.sys", SyntheticDriver.Build(new SyntheticDriverOptions { Seed = 9, HasBadChecksum = true }).Bytes);
        var before = _folder.Snapshot();
        foreach (var flag in new[] { "--allow-bad-checksum", "--force" }) // one alone is not enough
        {
            var (code, _, error) = await CliRunner.RunAsync(["patch", path, "--yes", flag]);
            Assert.Equal(1, code);
            Assert.Contains("--allow-bad-checksum --force", error, StringComparison.Ordinal);
            _folder.AssertUnchanged(before);
        }

        Assert.Equal(0, (await CliRunner.RunAsync(["patch", path, "--yes", "--allow-bad-checksum", "--force"])).Code);
        Assert.True(DriverExaminer.Examine(File.ReadAllBytes(path)).Checksum!.IsValid);
    }

    [Theory]
    [InlineData(6, 0, 6000, "Service Pack 2")]
    [InlineData(6, 1, 7601, "EnableConnectionRateLimiting")]
    [InlineData(10, 0, 19041, "limiter of another design")]
    public async Task Later_systems_are_never_patched_and_get_the_right_advice(int major, int minor, int build, string advice)
    {
        var path =
            _folder.Write("tcpip.sys",
                SyntheticDriver.Build(
                    new SyntheticDriverOptions
                        { Seed = 4, Architecture = DriverArchitecture.X64, Version = new FileVersion(major, minor, build, 1) }).Bytes);
        var before = _folder.Snapshot();
        var (code, _, error) = await CliRunner.RunAsync(["patch", path, "--yes"]);
        Assert.Equal(1, code);
        Assert.Contains(advice, error, StringComparison.Ordinal);
        Assert.Contains(advice, (await CliRunner.RunAsync(["inspect", path])).Out, StringComparison.Ordinal);
        Assert.DoesNotContain("no limiter", error, StringComparison.OrdinalIgnoreCase);
        _folder.AssertUnchanged(before);
    }

    [Fact]
    public async Task A_copy_without_a_limit_by_design_is_left_out_and_named()
    {
        _folder.WriteDriver("WINDOWS/system32/drivers/tcpip.sys", seed: 1);
        _folder.Write("WINDOWS/system32/drivers/tcpip6.sys",
            SyntheticDriver.Build(new SyntheticDriverOptions { Seed = 2, InternalName = "tcpip6.sys", Decoy = Decoy.NoInitStore }).Bytes);
        var (code, output, _) = await CliRunner.RunAsync(["patch", _folder.Path, "--yes", "--json"]);
        Assert.Equal(0, code);
        Assert.Equal(["write", "leave-out"],
            JsonDocument.Parse(output).RootElement.GetProperty("drivers").EnumerateArray()
                .Select(d => d.GetProperty("action").GetString()));
        Assert.Equal(1, (await CliRunner.RunAsync(["patch", _folder.In("WINDOWS", "system32", "drivers", "tcpip6.sys"), "--yes"])).Code);
    }

    [Fact]
    public async Task What_somebody_else_changed_is_restored_only_by_force()
    {
        var path = _folder.WriteDriver("tcpip.sys", seed: 1);
        var original = File.ReadAllBytes(path);
        await CliRunner.RunAsync(["patch", path, "--yes"]);
        _folder.WriteDriver("tcpip.sys", seed: 2); // another file of the same version
        var before = _folder.Snapshot();
        var (code, _, error) = await CliRunner.RunAsync(["restore", path, "--yes"]);
        Assert.Equal(1, code);
        Assert.Contains("--force", error, StringComparison.Ordinal);
        _folder.AssertUnchanged(before);
        Assert.Equal(0, (await CliRunner.RunAsync(["restore", path, "--yes", "--force"])).Code);
        Assert.Equal(original, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task Another_tools_patch_over_ours_can_be_patched_again_and_restored()
    {
        var path = _folder.WriteDriver("tcpip.sys", seed: 1);
        var original = File.ReadAllBytes(path);
        await CliRunner.RunAsync(["patch", path, "--yes"]);
        File.WriteAllBytes(path, LimitPatch.Plan(original, 50).Apply(original));
        Assert.Contains("\"origin\": \"other\"", (await CliRunner.RunAsync(["inspect", path, "--json"])).Out, StringComparison.Ordinal);
        Assert.Equal(0, (await CliRunner.RunAsync(["patch", path, "--yes"])).Code);
        Assert.Equal(0, (await CliRunner.RunAsync(["restore", path, "--yes"])).Code);
        Assert.Equal(original, File.ReadAllBytes(path));
    }

    [Theory]
    [InlineData(FileNames.BackupSuffix)]
    [InlineData(FileNames.ManifestSuffix)]
    public async Task A_damaged_backup_or_manifest_is_never_used(string suffix)
    {
        var path = _folder.WriteDriver("tcpip.sys", seed: 1);
        await CliRunner.RunAsync(["patch", path, "--yes"]);
        var bytes = File.ReadAllBytes(path + suffix);
        bytes[bytes.Length / 2] ^= 0xFF;
        File.WriteAllBytes(path + suffix, bytes);
        var before = _folder.Snapshot();
        foreach (var args in new[] { new[] { "restore", path, "--yes", "--force" }, ["patch", path, "--yes", "--limit", "7"] })
        {
            var (code, _, error) = await CliRunner.RunAsync(args);
            Assert.Equal(1, code);
            Assert.Contains("damaged", error, StringComparison.Ordinal);
        }

        Assert.Equal(0, (await CliRunner.RunAsync(["inspect", path])).Code);
        _folder.AssertUnchanged(before);
    }

    [Fact]
    public async Task A_driver_that_is_gone_comes_back_from_its_backup()
    {
        _folder.WithXp();
        var before = _folder.Snapshot();
        await CliRunner.RunAsync(["patch", _folder.Path, "--yes"]);
        File.Delete(_folder.In("WINDOWS", "system32", "drivers", "tcpip.sys"));
        Assert.Equal(0, (await CliRunner.RunAsync(["restore", _folder.Path, "--yes"])).Code);
        _folder.AssertUnchanged(before);
    }

    [Fact]
    public async Task Restore_without_a_backup_is_refused()
    {
        _folder.WithXp();
        var before = _folder.Snapshot();
        var (code, output, error) = await CliRunner.RunAsync(["restore", _folder.Path, "--yes", "--json"]);
        Assert.Equal(1, code);
        Assert.False(JsonDocument.Parse(output).RootElement.GetProperty("written").GetBoolean());
        Assert.Contains("no backup of ours", error, StringComparison.Ordinal);
        _folder.AssertUnchanged(before);
    }

    [Fact]
    public async Task A_link_is_inspected_but_never_patched()
    {
        var real = _folder.WriteDriver("real.sys", seed: 1);
        File.CreateSymbolicLink(_folder.In("tcpip.sys"), real);
        var before = _folder.Snapshot();
        Assert.Equal(0, (await CliRunner.RunAsync(["inspect", _folder.Path])).Code);
        var (code, _, error) = await CliRunner.RunAsync(["patch", _folder.Path, "--yes"]);
        Assert.Equal(1, code);
        Assert.Contains("symbolic link", error, StringComparison.Ordinal);
        _folder.AssertUnchanged(before);
        Assert.NotNull(new FileInfo(_folder.In("tcpip.sys")).LinkTarget);
    }

    [Fact]
    public async Task Permissions_and_times_are_kept_through_patch_and_restore()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("skipped: needs Unix permissions");
            return;
        }

        var path = _folder.WriteDriver("tcpip.sys", seed: 1);
        var time = new DateTime(2008, 4, 14, 12, 0, 0, DateTimeKind.Utc);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead);
        File.SetLastWriteTimeUtc(path, time);
        foreach (var verb in new[] { "patch", "restore" })
        {
            Assert.Equal(0, (await CliRunner.RunAsync([verb, path, "--yes"])).Code);
            Assert.Equal(time, File.GetLastWriteTimeUtc(path));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead,
                File.GetUnixFileMode(path));
        }
    }
}
