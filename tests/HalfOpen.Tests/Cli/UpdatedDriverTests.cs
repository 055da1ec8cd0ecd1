using System.Text.Json;
using HalfOpen.Driver;
using HalfOpen.Tests.Windows;
using HalfOpen.Windows.Files;
using Xunit;

namespace HalfOpen.Tests.Cli;

/// <summary>
/// An update that replaced a patched driver, and the removal of one: the old backup is never the way back by accident.
/// </summary>
public sealed class UpdatedDriverTests : IDisposable
{
    private static readonly FileVersion Sp2 = new(5, 1, 2600, 2180), Sp3 = new(5, 1, 2600, 5512);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Inspect_says_that_the_backup_is_of_another_build_and_does_not_send_anybody_back_to_it()
    {
        await UpdatedAsync();
        var (code, output, _) = await CliRunner.RunAsync(["inspect", _folder.Path]);
        Assert.Equal(0, code);
        Assert.Contains("it is 5.1.2600.5512 now and our backup is of 5.1.2600.2180. 'halfopen patch'", output, StringComparison.Ordinal);
        Assert.Contains("the backup is of another build (5.1.2600.2180)", output, StringComparison.Ordinal);
        Assert.DoesNotContain("restore --force", output, StringComparison.Ordinal);
        var json = JsonDocument.Parse((await CliRunner.RunAsync(["inspect", _folder.Path, "--json"])).Out).RootElement;
        var backup = json.GetProperty("drivers")[0].GetProperty("backup");
        Assert.True(backup.GetProperty("stale").GetBoolean());
        Assert.Equal("5.1.2600.2180", backup.GetProperty("fileVersion").GetString());
    }

    [Fact]
    public async Task Patch_sets_the_old_backup_aside_and_restore_gives_back_the_build_of_today()
    {
        var (path, _, updated) = await UpdatedAsync();
        var oldBackup = File.ReadAllBytes(path + FileNames.BackupSuffix);
        var oldManifest = File.ReadAllBytes(path + FileNames.ManifestSuffix);
        var before = _folder.Snapshot();
        var (code, output, error) = await CliRunner.RunAsync(["patch", _folder.Path, "--dry-run"]);
        Assert.True(code == 0, error);
        Assert.Contains("a new one; that of 5.1.2600.2180 is kept as tcpip.sys.halfopen-backup-of-5.1.2600.2180-", output,
            StringComparison.Ordinal);
        _folder.AssertUnchanged(before);

        (code, output, error) = await CliRunner.RunAsync(["patch", _folder.Path, "--yes", "--json"]);
        Assert.True(code == 0, error);
        Assert.Equal(100u, DriverExaminer.Examine(File.ReadAllBytes(path)).Limit);
        Assert.Equal(updated, File.ReadAllBytes(path + FileNames.BackupSuffix));
        var kept = JsonDocument.Parse(output).RootElement.GetProperty("drivers")[0].GetProperty("oldBackup").GetString()!;
        Assert.Equal(oldBackup, File.ReadAllBytes(kept));
        Assert.Equal(oldManifest, File.ReadAllBytes(
            kept.Replace(".halfopen-backup-of-", ".halfopen-manifest-of-", StringComparison.Ordinal) + ".json"));

        // What is kept is nobody's backup: the search does not see it, and nothing goes back to it.
        Assert.Single(JsonDocument.Parse((await CliRunner.RunAsync(["inspect", _folder.Path, "--json"])).Out).RootElement
            .GetProperty("drivers").EnumerateArray());
        Assert.Equal(0, (await CliRunner.RunAsync(["restore", _folder.Path, "--yes"])).Code);
        Assert.Equal(updated, File.ReadAllBytes(path));
        Assert.Equal(3, Directory.GetFiles(_folder.Path).Length);
    }

    [Fact]
    public async Task Restore_does_not_go_to_an_older_version_unless_that_is_said()
    {
        var (path, original, _) = await UpdatedAsync();
        var before = _folder.Snapshot();
        var (code, _, error) = await CliRunner.RunAsync(["restore", path, "--yes"]);
        Assert.Equal(1, code);
        Assert.Contains("it is 5.1.2600.5512 and the backup is of 5.1.2600.2180", error, StringComparison.Ordinal);
        Assert.DoesNotContain("--force", error, StringComparison.Ordinal);
        (code, _, error) = await CliRunner.RunAsync(["restore", path, "--yes", "--force"]);
        Assert.Equal(1, code);
        Assert.Contains("--downgrade", error, StringComparison.Ordinal);
        Assert.Equal(1, (await CliRunner.RunAsync(["restore", path, "--yes", "--downgrade"])).Code);
        _folder.AssertUnchanged(before);

        (code, _, error) = await CliRunner.RunAsync(["restore", path, "--force", "--downgrade"], input: "y\n", interactive: true);
        Assert.True(code == 0, error);
        Assert.Contains("5.1.2600.5512 → 5.1.2600.2180)? [y/N]", error, StringComparison.Ordinal);
        Assert.Equal(original, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task A_newer_backup_is_named_in_the_question_too()
    {
        // A service pack was removed.
        var path = _folder.WriteDriver("tcpip.sys", seed: 2, version: Sp3);
        await CliRunner.RunAsync(["patch", path, "--yes"]);
        _folder.WriteDriver("tcpip.sys", seed: 1, version: Sp2);
        var (_, output, error) = await CliRunner.RunAsync(["restore", path, "--force"], input: "n\n", interactive: true);
        Assert.Contains("5.1.2600.2180 → 5.1.2600.5512)? [y/N]", error, StringComparison.Ordinal);
        Assert.Contains("Version    5.1.2600.2180 → 5.1.2600.5512", output, StringComparison.Ordinal);
        Assert.Equal(0, (await CliRunner.RunAsync(["patch", path, "--yes"])).Code);
    }

    [Fact]
    public async Task A_backup_without_manifest_is_held_to_the_same()
    {
        var (path, _, _) = await UpdatedAsync();
        File.Delete(path + FileNames.ManifestSuffix);
        var before = _folder.Snapshot();
        Assert.Equal(1, (await CliRunner.RunAsync(["restore", path, "--yes", "--force"])).Code);
        _folder.AssertUnchanged(before);
        Assert.Equal(0, (await CliRunner.RunAsync(["patch", path, "--yes"])).Code);
        Assert.Equal(0, (await CliRunner.RunAsync(["restore", path, "--yes"])).Code);
        Assert.Equal(before["tcpip.sys"], File.ReadAllBytes(path));
    }

    [Fact]
    public async Task A_driver_that_is_only_damaged_is_no_other_build()
    {
        var path = _folder.WriteDriver("tcpip.sys", seed: 1, version: Sp2);
        var original = File.ReadAllBytes(path);
        await CliRunner.RunAsync(["patch", path, "--yes"]);
        File.WriteAllBytes(path, original[..(original.Length / 2)]);
        Assert.Equal(1, (await CliRunner.RunAsync(["patch", path, "--yes"])).Code);
        Assert.Equal(0, (await CliRunner.RunAsync(["restore", path, "--yes", "--force"])).Code);
        Assert.Equal(original, File.ReadAllBytes(path));
    }

    private async Task<(string Path, byte[] Original, byte[] Updated)> UpdatedAsync()
    {
        var path = _folder.WriteDriver("tcpip.sys", seed: 1, version: Sp2);
        var original = File.ReadAllBytes(path);
        Assert.Equal(0, (await CliRunner.RunAsync(["patch", path, "--yes"])).Code);
        _folder.WriteDriver("tcpip.sys", seed: 2, version: Sp3);
        return (path, original, File.ReadAllBytes(path));
    }
}
