using System.Text.Json;
using HalfOpen.Driver;
using HalfOpen.TestDrivers;
using HalfOpen.Tests.Cli;
using HalfOpen.Tests.Windows;
using HalfOpen.Windows.Images;
using HalfOpen.Windows.Lifting;
using HalfOpen.Windows.Search;
using Xunit;

namespace HalfOpen.Tests.Images;

/// <summary><c>inspect</c>, <c>patch</c> and <c>restore</c> on disk images, in every container, with the end of the
/// program at every step.</summary>
public sealed class PatchImageTests : IDisposable
{
    private static readonly byte[] Driver = NewDriver(1);
    private static readonly byte[] Other = Enumerable.Range(2, 1000).Select(NewDriver).First(b => b.Length == Driver.Length);

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Kinds => [.. TestContainers.Kinds.Except(["qcow2-packed"])];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Patch_changes_only_the_bytes_of_the_limit_and_restore_gives_the_image_back(string kind)
    {
        var image = Write(kind);
        var before = _folder.Snapshot();
        var (code, output, error) = await CliRunner.RunAsync(["patch", image, "--yes"]);
        Assert.True(code == 0, error);
        Assert.Contains("3 files patched to 100", output, StringComparison.Ordinal);
        var changed = before.Sum(f => f.Value.Zip(File.ReadAllBytes(_folder.In(f.Key))).Count(b => b.First != b.Second));
        Assert.InRange(changed, 3, 24);
        var journal = JsonDocument.Parse(File.ReadAllBytes(image + ImageJournal.Suffix)).RootElement;
        Assert.Equal(3, journal.GetProperty("drivers").GetArrayLength());
        (code, output, _) = await CliRunner.RunAsync(["inspect", image, "--json"]);
        Assert.Equal(0, code);
        var drivers = JsonDocument.Parse(output).RootElement.GetProperty("drivers").EnumerateArray().ToList();
        Assert.All(drivers, d => Assert.Equal((100, "halfopen", "patched"), (d.GetProperty("limit").GetInt32(),
            d.GetProperty("origin").GetString(),
            d.GetProperty("backup").GetProperty("state").GetString())));
        Assert.Equal(0, (await CliRunner.RunAsync(["patch", image, "--yes", "--limit", "2147483647"])).Code);
        Assert.Equal(0, (await CliRunner.RunAsync(["restore", image, "--yes"])).Code);
        _folder.AssertUnchanged(before);
    }

    [Fact]
    public async Task Inspect_shows_paths_inside_the_registry_and_the_image()
    {
        var image = Write("vdi");
        var (code, output, error) = await CliRunner.RunAsync(["inspect", image]);
        Assert.Equal(0, code);
        Assert.Empty(error);
        Assert.Contains(image + "!1:/WINDOWS/system32/drivers/tcpip.sys", output, StringComparison.Ordinal);
        Assert.Contains("workstation (WinNT)", output, StringComparison.Ordinal);
        var document = JsonDocument.Parse((await CliRunner.RunAsync(["inspect", image, "--json"])).Out).RootElement.GetProperty("image");
        Assert.Equal(("vdi", "mbr"), (document.GetProperty("container").GetString(), document.GetProperty("scheme").GetString()));
        Assert.Equal(JsonValueKind.Null, document.GetProperty("obstacle").ValueKind);
        Assert.Equal(["NTFS", "FAT16"], document.GetProperty("volumes").EnumerateArray().Select(v =>
            v.GetProperty("fileSystem").GetString()));
    }

    [Fact]
    public async Task A_path_may_go_on_inside_the_image()
    {
        var image = Write("qcow2-v3");
        var (code, output, _) = await CliRunner.RunAsync(["inspect", image + "!1:/windows/SYSTEM32/drivers/tcpip.sys", "--json"]);
        Assert.Equal(0, code);
        Assert.Single(JsonDocument.Parse(output).RootElement.GetProperty("drivers").EnumerateArray());
        Assert.Equal(0, (await CliRunner.RunAsync(["inspect", image + "!5:"])).Code);
        Assert.Equal(2, (await CliRunner.RunAsync(["inspect", image + "!1:/no/such"])).Code);
        Assert.Equal(2, (await CliRunner.RunAsync(["inspect", image + "!9:/WINDOWS"])).Code);
        var target = _folder.In("out.sys");
        Assert.Equal(0, (await CliRunner.RunAsync(["patch", image + "!1:/WINDOWS/system32/drivers/tcpip.sys", "--output", target])).Code);
        Assert.Equal(100u, DriverExaminer.Examine(File.ReadAllBytes(target)).Limit);
        Assert.Equal(2, (await CliRunner.RunAsync(["patch", image, "--output", _folder.In("other")])).Code);
    }

    [Theory]
    [InlineData(1, true, false, "dirty")]
    [InlineData(0, false, false, "dirty")]
    [InlineData(0, true, true, "hibernated")]
    public async Task A_volume_in_use_is_inspected_and_not_patched(ushort flags, bool isLogClean, bool isHibernated, string reason)
    {
        var volume = NewVolume(flags, isLogClean);
        if (isHibernated)
        {
            volume.Add("hiberfil.sys", [.. "hibr"u8, .. new byte[5000]]);
        }

        var image = _folder.Write("xp.img", TestDisks.Mbr(512, (7, volume.Build())));
        await RefusesAsync(image, reason);
    }

    [Theory]
    [InlineData(nameof(NtfsLayout.Compressed), "compact /u")]
    [InlineData(nameof(NtfsLayout.Encrypted), "EFS")]
    [InlineData(nameof(NtfsLayout.Link), "link")]
    public async Task A_driver_that_cannot_be_changed_in_place_keeps_all_from_it(string layout, string reason)
    {
        var volume = NewVolume();
        volume.Add("WINDOWS/ServicePackFiles/i386/tcpip.sys", Driver, Enum.Parse<NtfsLayout>(layout));
        await RefusesAsync(_folder.Write("xp.img", volume.Build()), reason, inspects: layout != nameof(NtfsLayout.Compressed));
    }

    [Fact]
    public async Task A_compressed_cluster_is_inspected_and_not_patched() => await RefusesAsync(Write("qcow2-packed"), "qemu-img convert");

    [Fact]
    public async Task A_journal_of_another_image_is_not_touched()
    {
        var image = Write("raw");
        Assert.Equal(0, (await CliRunner.RunAsync(["patch", image, "--yes"])).Code);
        var other = NewVolume();
        other.Add("more", [1]);
        _folder.Write("x", TestDisks.Mbr(512, (7, other.Build()), (7, new byte[512])));
        await RefusesAsync(image, "belongs to another image");
        var before = _folder.Snapshot();
        var (code, _, error) = await CliRunner.RunAsync(["restore", image, "--yes", "--force"]);
        Assert.Equal(1, code);
        Assert.Contains("belongs to another image", error, StringComparison.Ordinal);
        _folder.AssertUnchanged(before);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[1,2")]
    [InlineData("{\"format\":1,\"image\":null,\"drivers\":null}")]
    public async Task A_damaged_journal_is_told(string text)
    {
        var image = Write("raw");
        File.WriteAllText(image + ImageJournal.Suffix, text);
        await RefusesAsync(image, "damaged");
    }

    [Fact]
    public async Task Mutated_journals_never_make_more_of_a_restore_than_it_is()
    {
        var image = Write("raw");
        var original = File.ReadAllBytes(image);
        Assert.Equal(0, (await CliRunner.RunAsync(["patch", image, "--yes"])).Code);
        var patched = File.ReadAllBytes(image);
        var journal = File.ReadAllBytes(image + ImageJournal.Suffix);
        var random = new Random(23);
        for (var i = 0; i < 80; i++)
        {
            var bytes = (byte[])journal.Clone();
            for (var edits = random.Next(1, 4); edits > 0; edits--)
            {
                bytes[random.Next(bytes.Length)] = (byte)"0123456789abcdef\"{}[],:-\0\xFF"[random.Next(26)];
            }

            File.WriteAllBytes(image, patched);
            File.WriteAllBytes(image + ImageJournal.Suffix, bytes);
            var (code, _, error) = await CliRunner.RunAsync(["restore", image, "--yes"]);
            Assert.InRange(code, 0, 1);
            Assert.DoesNotContain("internal error", error, StringComparison.Ordinal);
            var now = File.ReadAllBytes(image);
            Assert.True(now.AsSpan().SequenceEqual(original) || now.AsSpan().SequenceEqual(patched), $"mutation {i}: {error}");
        }
    }

    [Fact]
    public async Task What_an_update_replaced_is_told_and_the_rest_restored_by_force()
    {
        var image = Write("raw");
        Assert.Equal(0, (await CliRunner.RunAsync(["patch", image, "--yes"])).Code);
        Overwrite(image, "1:/WINDOWS/system32/dllcache/tcpip.sys", Other);
        var before = _folder.Snapshot();
        var (code, _, error) = await CliRunner.RunAsync(["restore", image, "--yes"]);
        Assert.Equal(1, code);
        Assert.Contains("--force goes on without it", error, StringComparison.Ordinal);
        _folder.AssertUnchanged(before);
        Assert.Contains("another build", (await CliRunner.RunAsync(["inspect", image])).Error, StringComparison.Ordinal);
        Assert.Equal(0, (await CliRunner.RunAsync(["restore", image, "--yes", "--force"])).Code);
        Assert.Equal([10u, 10u, 10u], Limits(image));
        Assert.False(File.Exists(image + ImageJournal.Suffix));
    }

    [Fact]
    public async Task After_an_update_patch_takes_the_new_build_into_the_journal()
    {
        var image = Write("raw");
        Assert.Equal(0, (await CliRunner.RunAsync(["patch", image, "--yes"])).Code);
        Overwrite(image, "1:/WINDOWS/system32/dllcache/tcpip.sys", Other);
        Assert.Equal(0, (await CliRunner.RunAsync(["patch", image, "--yes"])).Code);
        Assert.Equal([100u, 100u, 100u], Limits(image));
        Assert.Equal(0, (await CliRunner.RunAsync(["restore", image, "--yes"])).Code);
        Assert.Equal([10u, 10u, 10u], Limits(image));
    }

    [Fact]
    public async Task Another_tools_patch_over_ours_is_restored_by_force_only()
    {
        var image = Write("raw");
        var original = File.ReadAllBytes(image);
        Assert.Equal(0, (await CliRunner.RunAsync(["patch", image, "--yes"])).Code);
        Overwrite(image, "1:/WINDOWS/system32/drivers/tcpip.sys", LimitPatch.Plan(Driver, 0x00FF_FFFF).Apply(Driver));
        Assert.Equal(1, (await CliRunner.RunAsync(["restore", image, "--yes"])).Code);
        Assert.Equal(0, (await CliRunner.RunAsync(["restore", image, "--yes", "--force"])).Code);
        Assert.Equal(original, File.ReadAllBytes(image));
    }

    [Fact]
    public async Task The_journal_may_stand_in_another_folder()
    {
        var image = Write("raw");
        var before = _folder.Snapshot();
        var elsewhere = Directory.CreateTempSubdirectory("halfopen-journal-").FullName;
        try
        {
            Assert.Equal(2, (await CliRunner.RunAsync(["patch", image, "--yes", "--backup", elsewhere + "/none"])).Code);
            Assert.Equal(0, (await CliRunner.RunAsync(["patch", image, "--yes", "--backup", elsewhere])).Code);
            Assert.False(File.Exists(image + ImageJournal.Suffix));
            Assert.Equal(1, (await CliRunner.RunAsync(["restore", image, "--yes"])).Code);
            Assert.Equal(0, (await CliRunner.RunAsync(["restore", image, "--yes", "--backup", elsewhere])).Code);
            Assert.Empty(Directory.GetFiles(elsewhere));
            _folder.AssertUnchanged(before);
        }
        finally
        {
            Directory.Delete(elsewhere, recursive: true);
        }
    }

    [Fact]
    public async Task A_link_in_the_journals_place_is_not_followed()
    {
        var image = Write("raw");
        var victim = _folder.Write("victim", [1, 2, 3]);
        File.CreateSymbolicLink(image + ImageJournal.Suffix, victim);
        await RefusesAsync(image, "link");
        Assert.Equal([1, 2, 3], File.ReadAllBytes(victim));
    }

    /// <summary>Every format that is written, each once; all three jobs on the plainest.</summary>
    public static TheoryData<string, string> KindsAndJobs()
    {
        var kinds = TestContainers.Kinds.Except(["raw", "qcow2-packed"]).ToList();
        string[] jobs = ["patch", "repatch", "restore"];
        return [.. jobs.Select(j => ("raw", j)).Concat(kinds.Select((k, i) => (k, jobs[i % 3])))];
    }

    [Theory]
    [MemberData(nameof(KindsAndJobs))]
    public void Ended_at_any_step_restore_and_patch_both_find_the_way_out(string kind, string job)
    {
        var image = Write(kind);
        var original = _folder.Snapshot();
        if (job != "patch")
        {
            Patch(image, 100, _ => { });
        }

        var prepared = _folder.Snapshot();
        for (var stop = 0; ; stop++)
        {
            var steps = 0;
            var names = new List<string>();
            var isEnded = false;
            try
            {
                void Step(string name)
                {
                    names.Add(name);
                    if (steps++ == stop)
                    {
                        throw new EndOfProgramException();
                    }
                }

                if (job == "restore")
                {
                    Restore(image, Step);
                }
                else
                {
                    Patch(image, job == "patch" ? 100u : 70_000u, Step);
                }
            }
            catch (EndOfProgramException)
            {
                isEnded = true;
            }

            if (!isEnded)
            {
                Assert.InRange(stop, 8, 100);
                return;
            }

            var left = _folder.Snapshot();
            Restore(image, _ => { });
            AssertDisks(original, names);
            Assert.False(File.Exists(image + ImageJournal.Suffix));
            Put(left);
            if (Patch(image, 500, _ => { }))
            {
                Assert.Equal([500u, 500u, 500u], Limits(image));
                Restore(image, _ => { });
                AssertDisks(original, names);
            }

            Put(prepared);
        }

        void AssertDisks(IReadOnlyDictionary<string, byte[]> expected, List<string> names)
        {
            foreach (var (name, bytes) in expected)
            {
                Assert.True(bytes.AsSpan().SequenceEqual(File.ReadAllBytes(_folder.In(name))),
                    "not as before after " + string.Join(", ", names));
            }
        }
    }

    [Fact]
    public async Task Any_mixture_of_old_and_new_bytes_reads_as_the_original_and_is_taken_back()
    {
        var image = Write("raw");
        var original = File.ReadAllBytes(image);
        Assert.Equal(0, (await CliRunner.RunAsync(["patch", image, "--yes", "--limit", "70000"])).Code);
        var patched = File.ReadAllBytes(image);
        var journal = File.ReadAllBytes(image + ImageJournal.Suffix);
        var different = Enumerable.Range(0, original.Length).Where(i => original[i] != patched[i]).ToList();
        var random = new Random(5);
        for (var i = 0; i < 30; i++)
        {
            var mixed = (byte[])original.Clone();
            foreach (var at in different)
            {
                mixed[at] = random.Next(2) == 0 ? original[at] : patched[at];
            }

            File.WriteAllBytes(image, mixed);
            File.WriteAllBytes(image + ImageJournal.Suffix, journal);
            var (code, output, _) = await CliRunner.RunAsync(["inspect", image, "--json"]);
            Assert.Equal(0, code);
            Assert.DoesNotContain("\"valid\": false", output, StringComparison.Ordinal);
            Assert.Equal(0, (await CliRunner.RunAsync(["restore", image, "--yes"])).Code);
            Assert.Equal(original, File.ReadAllBytes(image));
        }
    }

    /// <summary>Makes the folder what it was.</summary>
    private void Put(SortedDictionary<string, byte[]> files)
    {
        foreach (var file in Directory.GetFiles(_folder.Path))
        {
            File.Delete(file);
        }

        foreach (var (name, bytes) in files)
        {
            File.WriteAllBytes(_folder.In(name), bytes);
        }
    }

    private static byte[] NewDriver(int seed) => SyntheticDriver.Build(new SyntheticDriverOptions { Seed = seed, CodeSize = 20_000 }).Bytes;

    private static TestNtfs NewVolume(ushort flags = 0, bool isLogClean = true)
    {
        var volume = new TestNtfs(1024, 400, flags, isLogClean);
        volume.Add("WINDOWS/system32/drivers/tcpip.sys", Driver, NtfsLayout.Fragmented);
        volume.Add("WINDOWS/system32/dllcache/tcpip.sys", Driver, NtfsLayout.Listed);
        volume.Add("WINDOWS/system32/config/system", new HiveBuilder().Build(HiveBuilder.SystemRoot()));
        return volume;
    }

    private static List<uint?> Limits(string image)
    {
        using var store = ImageFileStore.Open(image)!;
        return Drivers(store).ConvertAll(d => d.Report?.Limit);
    }

    private static List<Inspection> Drivers(ImageFileStore store)
    {
        var inspector = new Inspector(store);
        return [.. store.Image.Volumes.SelectMany(v =>
            new DriverSearch(store).Find(ImagePath.RootOf(store.Path, v.Number), recurse: false)).Select(inspector.Inspect)];
    }

    private static bool Patch(string image, uint limit, Action<string> step)
    {
        using var store = ImageFileStore.Open(image, null, step)!;
        var unit = PatchUnit.Plan(store, Drivers(store), limit, allowBadChecksum: false);
        Assert.False(unit.IsRefused, unit.Items.FirstOrDefault(i => i.Reason is not null)?.Reason);
        unit.Apply("test", DateTime.UnixEpoch, CancellationToken.None);
        return true;
    }

    private static void Restore(string image, Action<string> step)
    {
        using var store = ImageFileStore.Open(image, null, step)!;
        var unit = RestoreUnit.Plan(store, Drivers(store), force: false);
        Assert.False(unit.IsRefused, unit.Items.FirstOrDefault(i => i.Reason is not null)?.Reason);
        unit.Apply(CancellationToken.None);
    }

    /// <summary>Puts other bytes into a file of the image where it stands, as Windows would.</summary>
    private static void Overwrite(string path, string inner, byte[] content)
    {
        using var store = ImageFileStore.Open(path)!;
        var volume = store.Image.Volumes.Single(v => v.Number == inner[0] - '0');
        var file = volume.FileSystem!.Open(volume.FileSystem.Find(inner[3..])!);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        foreach (var at in Enumerable.Range(0, (int)file.Length))
        {
            stream.Position = store.Image.Locate(volume, file, at, 1)[0].Offset;
            stream.WriteByte(at < content.Length ? content[at] : (byte)0);
        }
    }

    private async Task RefusesAsync(string image, string reason, bool inspects = true)
    {
        var before = _folder.Snapshot();
        if (inspects)
        {
            Assert.Equal(0, (await CliRunner.RunAsync(["inspect", image])).Code);
        }

        foreach (var extra in new[] { "--dry-run", "--yes" })
        {
            var (code, output, error) = await CliRunner.RunAsync(["patch", image, "--json", extra]);
            Assert.Equal(1, code);
            Assert.Contains(reason, error, StringComparison.Ordinal);
            Assert.True(JsonDocument.Parse(output).RootElement.GetProperty("refused").GetBoolean());
            _folder.AssertUnchanged(before);
        }
    }

    /// <summary>A disk with an NTFS volume of two copies and a logical FAT volume with one, in a container.</summary>
    private string Write(string kind)
    {
        var fat = TestDisks.Fat(false, true, ("i386", "tcpip.sys", Driver));
        foreach (var (name, bytes) in TestContainers.Files(kind, TestDisks.Mbr(512, (7, NewVolume().Build()), (5, fat))))
        {
            _folder.Write(name, bytes);
        }

        return _folder.In("x");
    }

    /// <summary>What no code of ours catches: as if the process had gone.</summary>
    private sealed class EndOfProgramException : Exception;
}
