using HalfOpen.Driver;
using HalfOpen.Tests.Windows;
using HalfOpen.Windows.Files;
using HalfOpen.Windows.Lifting;
using HalfOpen.Windows.Search;
using HalfOpen.Xp.Commands;
using HalfOpen.Xp.Copies;
using HalfOpen.Xp.Files;
using HalfOpen.Xp.Lifting;
using HalfOpen.Xp.Texts;
using Xunit;

namespace HalfOpen.Tests.Xp;

/// <summary>
/// HalfOpen.exe where an update has replaced a patched driver: the old backup is never the way back by accident. The
/// same as Cli/UpdatedDriverTests for the Linux program.
/// </summary>
public sealed class UpdatedDriverTests : IDisposable
{
    private const string Driver = "WINDOWS/system32/drivers/tcpip.sys";

    private static readonly FileVersion Sp2 = new(5, 1, 2600, 2180), Sp3 = new(5, 1, 2600, 5512);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_old_backup_is_set_aside_and_the_other_program_gives_back_the_build_of_today(bool hasManifest)
    {
        var (path, old, updated) = Updated();
        var manifest = File.ReadAllBytes(FileNames.ManifestOf(path));
        if (!hasManifest)
        {
            File.Delete(FileNames.ManifestOf(path));
        }

        var copy = Assert.Single(XpFolder.Copies(_folder.Windows()));
        Assert.Equal((TextKey.StateStale, true), (Meaning.StateOf(copy).Key, copy.HasOlderBackup));
        Assert.Equal(1, XpFolder.Patch(_folder.Windows(), 100).Replaced);
        Assert.Equal(updated, File.ReadAllBytes(FileNames.BackupOf(path)));
        var build = "5.1.2600.2180-" + Sha256.Of(old)[..8];
        Assert.Equal(old, File.ReadAllBytes(FileNames.OldBackupOf(path, build)));
        if (hasManifest)
        {
            Assert.Equal(manifest, File.ReadAllBytes(FileNames.OldManifestOf(path, build)));
        }

        Assert.Single(XpFolder.Copies(_folder.Windows()));
        var store = new LocalFileStore();
        var linux = new DriverSearch(store).Find(_folder.Windows(), recurse: false).Select(new Inspector(store).Inspect).ToList();
        Assert.Equal((BackupRelation.IsPatched, 10u), (linux[0].Relation, linux[0].Backup.Manifest!.OldLimit));
        RestoreUnit.Plan(store, linux, force: false).Apply(CancellationToken.None);
        Assert.Equal(updated, File.ReadAllBytes(path));
    }

    [Fact]
    public void Restore_does_not_go_to_an_older_version_unless_that_is_said()
    {
        var (path, old, _) = Updated();
        var before = _folder.Snapshot();
        var (code, error) = Run("/restore", "/yes");
        Assert.Equal(ExitNumber.FoundOrRefused, code);
        Assert.Contains("it is 5.1.2600.5512 and the backup is of 5.1.2600.2180", error, StringComparison.Ordinal);
        Assert.DoesNotContain("/force", error, StringComparison.Ordinal);
        (code, error) = Run("/restore", "/yes", "/force");
        Assert.Equal(ExitNumber.FoundOrRefused, code);
        Assert.Contains("/downgrade", error, StringComparison.Ordinal);
        Assert.Equal(ExitNumber.FoundOrRefused, Run("/restore", "/yes", "/downgrade").Code);
        _folder.AssertUnchanged(before);

        (code, error) = Run("/restore", "/force", "/downgrade");
        Assert.Equal(ExitNumber.Done, code);
        Assert.Contains("comes back: 5.1.2600.2180 in place of 5.1.2600.5512. Restore 1 files? [y/N]", error, StringComparison.Ordinal);
        Assert.Equal(old, File.ReadAllBytes(path));
        Assert.Single(_folder.Snapshot());
    }

    /// <summary>At every step and every kind of fault: the old original is kept, and both ways out work.</summary>
    [Theory]
    [InlineData(Fault.Kill)]
    [InlineData(Fault.FailOnce)]
    [InlineData(Fault.FailForever)]
    public void Nothing_is_lost_when_setting_aside_fails(object fault)
    {
        var step = 0;
        for (var isOver = false; !isOver; step++)
        {
            using var folder = new TemporaryFolder();
            var (path, old, updated) = Updated(folder);
            var before = folder.Snapshot();
            var disk = new FaultyDisk();
            disk.Arm(step, (Fault)fault);
            var ended = Record.Exception(() => XpFolder.Patch(folder.Windows(), 100, disk));
            isOver = !disk.Happened;
            var after = folder.Snapshot();
            Assert.Contains(after.Values, bytes => bytes.AsSpan().SequenceEqual(old));
            Assert.Contains(after.Values, bytes => bytes.AsSpan().SequenceEqual(updated));
            if (ended is DiskProblemException { Problem.Key: TextKey.AllAsBefore } && (Fault)fault == Fault.FailOnce)
            {
                folder.AssertUnchanged(before);
            }

            XpFolder.Patch(folder.Windows(), 200);
            Assert.Equal(200u, DriverExaminer.Examine(File.ReadAllBytes(path)).Limit);
            XpFolder.Restore(folder.Windows());
            after = folder.Snapshot();
            Assert.Equal(updated, after[Driver]);
            Assert.Contains(after.Values, bytes => bytes.AsSpan().SequenceEqual(old));
            Assert.True(after.Count is 2 or 3, $"step {step}: {string.Join(" ", after.Keys)}");
        }

        Assert.True(step > 15, $"only {step} steps: the faults no longer reach what they should");
    }

    private (string Path, byte[] Old, byte[] Updated) Updated(TemporaryFolder? folder = null)
    {
        folder ??= _folder;
        var path = folder.WriteDriver(Driver, seed: 1, version: Sp2);
        var old = File.ReadAllBytes(path);
        XpFolder.Patch(folder.Windows(), 50);
        folder.WriteDriver(Driver, seed: 2, version: Sp3);
        return (path, old, File.ReadAllBytes(path));
    }

    private (int Code, string Error) Run(params string[] args)
    {
        var error = new StringWriter();
        var run = new ConsoleRun(DiskSteps.OfThisSystem(), new FakeMachine { WindowsFolder = _folder.Windows() }, new StringReader("y\n"),
            TextWriter.Null, error, "test", new LiftWatch());
        return (run.Execute(Request.Parse([.. args, "/language", "en"])), error.ToString());
    }
}
