using System.Diagnostics;
using HalfOpen.Driver;
using HalfOpen.SystemTests.Guard;
using HalfOpen.SystemTests.Images;
using HalfOpen.TestDrivers;
using Xunit;

namespace HalfOpen.SystemTests.Drivers;

/// <summary>
/// The real process, ended by Ctrl-C or SIGTERM at random moments: all is as before and nothing is left, or all is
/// done; one line and the exit code say which.
/// </summary>
public sealed class InterruptTests
{
    private const int Interrupt = 2;
    private const int Terminate = 15;
    private const int Seed = 20261126;

    [Theory]
    [InlineData("patch")]
    [InlineData("restore")]
    public async Task A_folder_of_many_drivers(string verb)
    {
        const int copies = 40;
        var random = new Random(Seed);
        var (amidst, done) = (0, 0);
        var whole = TimeSpan.FromSeconds(1);
        for (var i = 0; i < 10; i++)
        {
            using var tree = new DriverTree(copies);
            if (verb == "restore")
            {
                tree.Patch(100);
            }

            var filesBefore = tree.FilesOfOurs.Count();
            string[] words = [verb, tree.Path, "--recurse", "--yes", "--quiet"];
            var (isEnded, took) = await RunAsync(words, i, random, whole, () => tree.FilesOfOurs.Count() != filesBefore);
            whole = isEnded == false ? took : whole;
            var isPatched = isEnded is { } known ? known == (verb == "restore") : tree.FilesOfOurs.Any();
            Assert.All(tree.Originals, o => Assert.Equal(isPatched ? LimitPatch.Plan(o.Value, 100).Apply(o.Value) : o.Value,
                File.ReadAllBytes(o.Key)));
            Assert.Equal(isPatched ? 2 * copies : 0, tree.FilesOfOurs.Count());
            amidst += isEnded == true ? 1 : 0;
            done += isEnded == false ? 1 : 0;
        }

        Assert.True(amidst > 0 && done > 0, $"{amidst} were ended amidst their work, {done} were not");
    }

    /// <summary>Sixty drivers in one image: a journal for all, then bytes in place.</summary>
    [Theory]
    [InlineData("patch")]
    [InlineData("restore")]
    public async Task An_image_with_many_drivers(string verb)
    {
        using var shop = new Workshop();
        var extra = Enumerable.Range(0, 60).ToDictionary(i => $"WINDOWS/{i:000}/tcpip.sys", 
            i => SyntheticDriver.Build(i, DriverArchitecture.X86));
        shop.MakeTree(extra: extra);
        shop.MakeFat("f.fat", 64, 16, 4);
        shop.MakeDisk("disk.img", "dos", "f.fat");
        shop.Run("truncate -s 20G disk.img && cp --sparse=always disk.img before.img"); // the partition table allows it
        var (image, journal) = (shop.In("disk.img"), shop.In("disk.img.halfopen-backup.json"));
        Assert.Equal(0, (await BuiltProgram.RunAsync(["patch", image, "--recurse", "--yes"])).Code);
        shop.Run("cp --sparse=always disk.img patched.img && cp disk.img.halfopen-backup.json patched.json");
        if (verb == "patch")
        {
            Assert.Equal(0, (await BuiltProgram.RunAsync(["restore", image, "--recurse", "--yes"])).Code);
            Assert.False(File.Exists(journal));
        }

        var random = new Random(Seed);
        var (amidst, whole) = (0, TimeSpan.FromSeconds(1));
        for (var i = 0; i < 8; i++)
        {
            var before = File.GetLastWriteTimeUtc(image);
            var (isEnded, took) = await RunAsync([verb, image, "--recurse", "--yes", "--quiet"], i, random, whole,
                () => verb == "patch" ? File.Exists(journal) : File.GetLastWriteTimeUtc(image) != before);
            whole = isEnded == false ? took : whole;
            var isPatched = isEnded is { } known ? known == (verb == "restore") : File.Exists(journal);
            Same(shop, "disk.img", isPatched ? "patched.img" : "before.img");
            Assert.Equal(isPatched, File.Exists(journal));
            Assert.Empty(Directory.GetFiles(shop.Path, "*halfopen-tmp*"));
            amidst += isEnded == true ? 1 : 0;
            if (isPatched == (verb == "patch"))
            {
                shop.Run($"dd if={(verb == "patch" ? "before" : "patched")}.img of=disk.img bs=1M count=70 conv=notrunc status=none; "
                    + (verb == "patch" ? $"rm {journal}" : $"cp patched.json {journal}"));
            }
        }

        Assert.True(amidst > 0, $"{amidst} were ended amidst their work");
    }

    [Fact]
    public async Task A_new_image_of_a_cd_is_there_wholly_or_not_at_all()
    {
        using var shop = new Workshop();
        Assert.SkipUnless(File.Exists("/usr/bin/genisoimage"), "skipped: needs genisoimage");
        var cd = Directory.CreateDirectory(shop.In("cd/I386"));
        File.WriteAllBytes(Path.Combine(cd.FullName, "TCPIP.SYS"), SyntheticDriver.Build(1, DriverArchitecture.X86));
        shop.Run("truncate -s 300M cd/FILLER && genisoimage -quiet -o xp.iso -J -r -V XP cd && sha256sum xp.iso > sum");
        var random = new Random(Seed);
        var (amidst, whole) = (0, TimeSpan.FromSeconds(1));
        for (var i = 0; i < 6; i++)
        {
            var (isEnded, took) = await RunAsync(["patch", shop.In("xp.iso"), "--output", shop.In("new.iso"), "--quiet"], i, random, whole,
                () => Directory.GetFiles(shop.Path, "new.iso*").Length > 0);
            whole = isEnded == false ? took : whole;
            string[] left = [.. Directory.GetFiles(shop.Path, "new.iso*").Select(f => Path.GetFileName(f)!)];
            Assert.True(left is [] or ["new.iso"] && (isEnded ?? left.Length == 0) == (left.Length == 0), string.Join(' ', left));
            Assert.True(left.Length == 0 || new FileInfo(shop.In("new.iso")).Length == new FileInfo(shop.In("xp.iso")).Length);
            amidst += isEnded == true ? 1 : 0;
            shop.Run("rm -f new.iso");
        }

        shop.Run("sha256sum --quiet -c sum");
        Assert.True(amidst > 0, $"{amidst} were ended amidst their work");
    }

    /// <summary>
    /// Starts the program and sends it a signal: every second time at any moment, else once its work has begun. The
    /// first run is left alone, to see how long one takes.
    /// </summary>
    /// <returns>
    /// Whether it says that it was ended (null: the signal came before or after it listens to any, and the system ended
    /// it), and how long it took from when its work began.
    /// </returns>
    private static async Task<(bool? IsEnded, TimeSpan Took)> RunAsync(string[] words, int number, Random random, TimeSpan whole,
        Func<bool> hasBegun)
    {
        using var process = BuiltProgram.Start(words);
        var started = Stopwatch.GetTimestamp();
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        while (!process.HasExited && (!IsProgram(process) || (number % 2 == 0 && !hasBegun())))
        {
            Thread.Yield();
        }

        var began = Stopwatch.GetTimestamp();
        if (number > 0)
        {
            await Task.Delay(whole * random.NextDouble());
            if (!process.HasExited)
            {
                _ = Libc.Kill(process.Id, number % 4 < 2 ? Interrupt : Terminate);
            }
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await process.WaitForExitAsync(limit.Token);
        var took = Stopwatch.GetElapsedTime(number % 2 == 0 ? began : started);
        var said = await error;
        await output;
        if (process.ExitCode == 0)
        {
            Assert.Equal("", said);
            return (false, took);
        }

        Assert.True((process.ExitCode, said) is (130, "halfopen: interrupted.\n") or (128 + Interrupt or 128 + Terminate, ""),
            $"{process.ExitCode} {said}");
        return (said.Length > 0 ? true : null, took);
    }

    /// <summary>No longer the script that starts the program: a signal to that says nothing of the program.</summary>
    private static bool IsProgram(Process process)
    {
        try
        {
            return File.ResolveLinkTarget($"/proc/{process.Id}/exe", returnFinalTarget: false)?.Name is "halfopen" or "dotnet";
        }
        catch (IOException)
        {
            return false; // it has just ended
        }
    }

    private static void Same(Workshop shop, string one, string other) =>
        shop.Run($"cmp -n 73400320 {one} {other}"); // all that is not a hole
}
