using HalfOpen.Driver;
using HalfOpen.TestDrivers;
using HalfOpen.Tests.Windows;
using HalfOpen.Windows.Files;
using HalfOpen.Windows.Lifting;
using HalfOpen.Windows.Search;
using HalfOpen.Xp.Copies;
using HalfOpen.Xp.Files;
using HalfOpen.Xp.Lifting;
using HalfOpen.Xp.Texts;
using Xunit;

namespace HalfOpen.Tests.Xp;

/// <summary>Patch and restore of HalfOpen.exe, for itself and hand in hand with the Linux program.</summary>
public sealed class LiftTests : IDisposable
{
    private readonly TemporaryFolder _folder = new TemporaryFolder().WithXp();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void All_copies_are_patched_and_go_back_byte_for_byte()
    {
        var before = _folder.Snapshot();
        Assert.Equal((4, 0), Counts(XpFolder.Patch(_folder.Windows(), 100)));
        Assert.All(XpFolder.Copies(_folder.Windows()), c =>
            Assert.Equal((100u, Relation.Patched, MadeBy.Halfopen), (c.Report!.Limit, c.Relation, c.Origin)));
        foreach (var (name, old) in before)
        {
            Assert.Equal(LimitPatch.Plan(old, 100).Apply(old), File.ReadAllBytes(_folder.In(name)));
        }

        XpFolder.Patch(_folder.Windows(), 500); // the first backup stays
        Assert.Equal((4, 0), Counts(XpFolder.Restore(_folder.Windows())));
        _folder.AssertUnchanged(before);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Patched_by_one_program_and_restored_by_the_other(bool linuxPatches)
    {
        var before = _folder.Snapshot();
        if (linuxPatches)
        {
            LinuxPatch(100);
            Assert.All(XpFolder.Copies(_folder.Windows()), c =>
                Assert.Equal((Relation.Patched, 10u), (c.Relation, c.Backup.Manifest!.OldLimit)));
            XpFolder.Patch(_folder.Windows(), 200); // over the other's patch, keeping its backup
            XpFolder.Restore(_folder.Windows());
        }
        else
        {
            XpFolder.Patch(_folder.Windows(), 100);
            Assert.All(LinuxDrivers(), d => Assert.Equal((BackupRelation.IsPatched, 10u), (d.Relation, d.Backup.Manifest!.OldLimit)));
            LinuxPatch(200);
            RestoreUnit.Plan(new LocalFileStore(), LinuxDrivers(), force: false).Apply(CancellationToken.None);
        }

        _folder.AssertUnchanged(before);
    }

    [Fact]
    public void Both_programs_find_the_same_copies()
    {
        _folder.WriteDriver("WINDOWS/ServicePackFiles/amd64/TcpIp6.sys", seed: 4, name: "tcpip6.sys");
        _folder.WriteDriver("WINDOWS/SYSTEM32/drivers/tcpip.sys", seed: 4);
        _folder.WriteDriver("WINDOWS/system32/drivers/etc/tcpip.sys", seed: 4);
        _folder.WriteDriver("WINDOWS/system32/drivers/tcpip.sys.old", seed: 4);
        _folder.Write("WINDOWS/system32/dllcache/tcpip6.sys.halfopen-backup", [1]);
        var linux = new DriverSearch(new LocalFileStore()).Find(_folder.Windows(), recurse: false).ToList();
        Assert.Equal(linux, CopyPlace.Find(DiskSteps.OfThisSystem(), _folder.Windows()).Select(p => p.Path));
        Assert.Equal(7, linux.Count);
    }

    [Fact]
    public void What_Windows_File_Protection_restores_from_is_written_before_what_it_watches()
    {
        var disk = new FaultyDisk();
        XpFolder.Patch(_folder.Windows(), 100, disk);
        var order = disk.Replaced.Where(p => FileNames.IsDriverName(Path.GetFileName(p)))
            .Select(p => Path.GetFileName(Path.GetDirectoryName(p)!)).ToList();
        Assert.Equal(["DllCache", "i386", "drivers", "drivers"], order);
    }

    [Fact]
    public void One_refusal_refuses_all()
    {
        _folder.Write("WINDOWS/system32/dllcache/tcpip.sys",
            SyntheticDriver.Build(new SyntheticDriverOptions { Seed = 1, HasBadChecksum = true }).Bytes);
        var before = _folder.Snapshot();
        var plan = XpFolder.Plan(_folder.Windows());
        Assert.Equal(TextKey.ChecksumWrong, plan.FirstRefused!.Reason!.Key);
        Assert.Throws<InvalidOperationException>(() => plan.Apply("test", XpFolder.Now, new LiftWatch()));
        _folder.AssertUnchanged(before);
        Assert.Equal(TextKey.OtherBytesUnknown, XpFolder.Plan(_folder.Windows(), allowBadChecksum: true).FirstRefused!.Reason!.Key);
        var allowed = XpFolder.Plan(_folder.Windows(), allowBadChecksum: true, vouched: true);
        allowed.Apply("test", XpFolder.Now, new LiftWatch());
        Assert.All(XpFolder.Copies(_folder.Windows()), c => Assert.True(c.Report!.Checksum!.IsValid));
    }

    [Theory]
    [InlineData(6, 0, 6002, TextKey.SystemIsNewer)]
    [InlineData(10, 0, 19041, TextKey.SystemIsNewer)]
    [InlineData(5, 1, 2600, null)]
    public void Later_systems_are_refused_with_what_to_do(int major, int minor, int build, object? key)
    {
        _folder.Write("WINDOWS/system32/drivers/tcpip.sys",
            SyntheticDriver.Build(new SyntheticDriverOptions { Seed = 9, Version = new FileVersion(major, minor, build, 5512) }).Bytes);
        var plan = XpFolder.Plan(_folder.Windows());
        Assert.Equal(key, plan.FirstRefused?.Reason!.Key);
    }

    [Fact]
    public void A_copy_without_a_limit_by_design_is_left_out()
    {
        _folder.Write("WINDOWS/system32/drivers/tcpip6.sys",
            SyntheticDriver.Build(new SyntheticDriverOptions { Seed = 9, InternalName = "tcpip6.sys", Decoy = Decoy.NoLimiter }).Bytes);
        var plan = XpFolder.Plan(_folder.Windows());
        Assert.Equal((3, 1, 0), (plan.Count(LiftAction.Write), plan.Count(LiftAction.LeaveOut), plan.Count(LiftAction.Refuse)));
    }

    [Fact]
    public void A_file_in_use_waits_for_the_restart_with_its_way_back()
    {
        var before = _folder.Snapshot();
        var driver = _folder.In("WINDOWS", "system32", "drivers", "tcpip.sys");
        var disk = new FaultyDisk { InUse = driver };
        Assert.Equal((3, 1), Counts(XpFolder.Patch(_folder.Windows(), 100, disk)));
        var waiting = XpFolder.Copies(_folder.Windows(), disk).Single(c => c.Path == driver);
        Assert.Equal((10u, 100u, Relation.Original), (waiting.Report!.Limit, waiting.LimitAtRestart, waiting.Relation));
        Assert.True(LimitNow.Of([waiting], null).NeedsRestart);
        Assert.Equal(TextKey.StateWaits, Meaning.StateOf(waiting).Key);

        disk.Restart();
        Assert.All(XpFolder.Copies(_folder.Windows(), disk), c =>
            Assert.Equal((100u, Relation.Patched, null), (c.Report!.Limit, c.Relation, c.LimitAtRestart)));

        // The same on the way back: backup and manifest stay until the restart, and the next restore removes them.
        Assert.Equal((3, 1), Counts(XpFolder.Restore(_folder.Windows(), disk)));
        Assert.True(File.Exists(FileNames.BackupOf(driver)) && File.Exists(FileNames.ManifestOf(driver)));
        disk.Restart();
        XpFolder.Restore(_folder.Windows(), disk);
        _folder.AssertUnchanged(before);
    }

    [Fact]
    public void A_patch_that_waits_for_the_restart_can_be_taken_back_before_it()
    {
        var before = _folder.Snapshot();
        var disk = new FaultyDisk { InUse = _folder.In("WINDOWS", "system32", "drivers", "tcpip.sys") };
        XpFolder.Patch(_folder.Windows(), 100, disk);
        XpFolder.Restore(_folder.Windows(), disk);
        disk.Restart(); // the rename that is on record finds nothing
        _folder.AssertUnchanged(before);
    }

    [Fact]
    public void A_file_that_changed_in_front_of_the_question_is_not_touched()
    {
        var plan = XpFolder.Plan(_folder.Windows());
        _folder.WriteDriver("WINDOWS/system32/DllCache/TCPIP.SYS", seed: 77);
        var before = _folder.Snapshot();
        var e = Assert.Throws<DiskProblemException>(() => plan.Apply("test", XpFolder.Now, new LiftWatch()));
        Assert.Equal(TextKey.ChangedMeanwhile, e.Problem.Key);
        _folder.AssertUnchanged(before);
    }

    [Fact]
    public void A_second_run_is_kept_out()
    {
        using var held = DiskSteps.OfThisSystem().Lock(_folder.Windows());
        var e = Assert.Throws<DiskProblemException>(() => XpFolder.Patch(_folder.Windows(), 100));
        Assert.Equal(TextKey.AnotherIsAtWork, e.Problem.Key);
    }

    [Fact]
    public void Stopped_by_the_user_everything_is_as_before()
    {
        var before = _folder.Snapshot();
        for (var after = 0; after < 12; after++)
        {
            LiftWatch? watch = null;
            var step = 0;
            var stopAt = after;
            watch = new LiftWatch((_, _, _) =>
            {
                if (step++ == stopAt)
                {
                    watch!.Stop();
                }
            });
            var plan = XpFolder.Plan(_folder.Windows());
            if (after < 11)
            {
                Assert.Throws<StoppedException>(() => plan.Apply("test", XpFolder.Now, watch));
                _folder.AssertUnchanged(before);
            }
            else
            {
                plan.Apply("test", XpFolder.Now, watch); // the wish came in the last step
            }
        }
    }

    /// <summary>
    /// Every state of driver, backup and manifest: both programs call it the same and would do the same.
    /// </summary>
    [Fact]
    public void Both_programs_judge_every_state_alike()
    {
        var original = SyntheticDriver.Build(1, DriverArchitecture.X86);
        var patched = LimitPatch.Plan(original, 100).Apply(original);
        var other = LimitPatch.Plan(original, 77).Apply(original);
        var update = SyntheticDriver.Build(2, DriverArchitecture.X86);
        var newer = SyntheticDriver.Build(new SyntheticDriverOptions { Seed = 1, Version = new FileVersion(5, 1, 2600, 9999) }).Bytes;
        var server = SyntheticDriver.Build(new SyntheticDriverOptions { Seed = 3, Version = new FileVersion(5, 2, 3790, 3959) }).Bytes;
        var careless = (byte[])patched.Clone();
        careless[DriverExaminer.Examine(careless).Checksum!.Field.Value]++;
        var (before, after) = (Sha256.Of(original), Sha256.Of(patched));
        var manifest = new Manifest { OriginalSha256 = before, PatchedSha256 = after, PreviousSha256 = before, NewLimit = 100 }.ToBytes();
        byte[]?[] drivers = [null, original, patched, other, update, newer, server, careless, [1, 2, 3]];
        byte[]?[] backups = [null, original, update, newer, [9]];
        byte[]?[] manifests = [null, manifest, [(byte)'{']];
        using var folder = new TemporaryFolder();
        var path = folder.Write("system32/drivers/tcpip.sys", original);
        var count = 0;
        foreach (var driver in drivers)
        {
            foreach (var backup in backups)
            {
                foreach (var note in manifests)
                {
                    Put(path, driver);
                    Put(FileNames.BackupOf(path), backup);
                    Put(FileNames.ManifestOf(path), note);
                    count += AssertSameJudgement(folder.Path, path) ? 1 : 0;
                }
            }
        }

        // Neither driver nor backup: nothing to find, whatever the manifest.
        Assert.Equal((drivers.Length * backups.Length * manifests.Length) - 3, count);
    }

    private static bool AssertSameJudgement(string windows, string path)
    {
        var store = new LocalFileStore();
        var linux = new DriverSearch(store).Find(windows, recurse: false).Select(new Inspector(store).Inspect).ToList();
        var ours = XpFolder.Copies(windows, product: HalfOpen.Xp.Machine.SoldAs.Unknown);
        Assert.Equal(linux.Count, ours.Count);
        if (ours.Count == 0)
        {
            return false;
        }

        Assert.Equal(linux[0].Relation.ToString().Replace("Is", "", StringComparison.Ordinal), ours[0].Relation.ToString());
        Assert.Equal(linux[0].Origin.ToString(), ours[0].Origin.ToString());
        Assert.Equal(linux[0].Enforced.ToString(), ours[0].Enforced.ToString());
        Assert.Equal((linux[0].HasStaleBackup, linux[0].HasOlderBackup), (ours[0].HasStaleBackup, ours[0].HasOlderBackup));
        var disk = DiskSteps.OfThisSystem();
        foreach (var (force, downgrade) in new[] { (false, false), (true, false), (false, true), (true, true) })
        {
            var theirRestore = RestoreUnit.Plan(store, linux, force, downgrade).Items[0].Action.ToString();
            var ourRestore = RestorePlan.Of(disk, windows, ours, force, downgrade).Items[0].Action.ToString();
            Assert.Equal(theirRestore, ourRestore.Replace("Write", "Restore", StringComparison.Ordinal));
        }

        var theirPatch = PatchUnit.Plan(store, linux, 100, allowBadChecksum: false).Items[0];
        var ourPatch = PatchPlan.Of(disk, windows, ours, 100, allowBadChecksum: false).Items[0];
        Assert.Equal((theirPatch.Action.ToString(), theirPatch.SetsAside), (ourPatch.Action.ToString(), ourPatch.SetsAside));
        Assert.Equal(PatchUnit.Plan(store, linux, 100, allowBadChecksum: true).Items[0].Action.ToString(),
            PatchPlan.Of(disk, windows, ours, 100, allowBadChecksum: true).Items[0].Action.ToString());
        return true;
    }

    private static void Put(string path, byte[]? bytes)
    {
        File.Delete(path);
        if (bytes is not null)
        {
            File.WriteAllBytes(path, bytes);
        }
    }

    private void LinuxPatch(uint limit) =>
        PatchUnit.Plan(new LocalFileStore(), LinuxDrivers(), limit, allowBadChecksum: false)
            .Apply("test", XpFolder.Now, CancellationToken.None);

    private List<Inspection> LinuxDrivers()
    {
        var store = new LocalFileStore();
        return [.. new DriverSearch(store).Find(_folder.Windows(), recurse: false).Select(new Inspector(store).Inspect)];
    }

    private static (int Replaced, int Waiting) Counts(LiftResult result) => (result.Replaced, result.Waiting);
}
