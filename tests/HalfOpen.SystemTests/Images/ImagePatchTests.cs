using System.Diagnostics;
using System.Text.Json;
using HalfOpen.Driver;
using HalfOpen.TestDrivers;
using Xunit;

namespace HalfOpen.SystemTests.Images;

/// <summary>The built program on images of other tools, looked at by other tools before and after.</summary>
public sealed class ImagePatchTests
{
    [Theory]
    [InlineData("raw", "")]
    [InlineData("vpc", "")]
    [InlineData("vpc", "subformat=fixed")]
    [InlineData("vhdx", "")]
    [InlineData("vmdk", "")]
    [InlineData("vmdk", "subformat=twoGbMaxExtentFlat")]
    [InlineData("vdi", "")]
    [InlineData("qcow2", "compat=0.10")]
    [InlineData("qcow2", "")]
    [InlineData("qcow2", "extended_l2=on,cluster_size=128k")]
    public async Task Patched_in_place_the_image_is_sound_and_goes_back(string format, string options)
    {
        using var shop = new Workshop();
        shop.MakeTree();
        shop.MakeNtfs("v.ntfs", 24);
        shop.MakeFat("f.fat", 16, 16, 4);
        shop.MakeDisk("disk.img", "dos", "v.ntfs", "f.fat");
        var image = format == "raw" ? shop.In("disk.img") : shop.Convert("disk.img", "disk." + format, format, options);
        shop.Run("cp disk.img before.img && mkdir -p safe && cp disk* safe/");

        var (code, _, error) = await BuiltProgram.RunAsync(["patch", image, "--yes", "--limit", "500"]);
        Assert.True(code == 0, error);
        if (format is "vdi" or "qcow2" or "vhdx")
        {
            shop.Run($"qemu-img check -q {image}"); // the formats that have a check
        }

        var qemuFormat = format == "vpc" ? "vpc" : format;
        shop.Run($"qemu-img convert -f {qemuFormat} -O raw {image} after.img && cmp -l before.img after.img > changed || true");
        var changed = File.ReadAllLines(shop.In("changed")).Length;
        Assert.InRange(changed, 8, 8 * 8);
        shop.Run("dd if=after.img of=v.out bs=1M skip=1 count=24 status=none && ntfsfix -n v.out && dd if=after.img of=f.out bs=1M "
            + "skip=26 count=16 status=none");
        foreach (var (path, original) in Workshop.Drivers)
        {
            var patched = LimitPatch.Plan(original, 500).Apply(original);
            shop.Run($"ntfscat v.out {path} > one && mcopy -n -o -i f.out ::{path} two");
            Assert.Equal(patched, File.ReadAllBytes(shop.In("one")));
            Assert.Equal(patched, File.ReadAllBytes(shop.In("two")));
        }

        (code, _, error) = await BuiltProgram.RunAsync(["restore", image, "--yes"]);
        Assert.True(code == 0, error);
        shop.Run("for f in safe/*; do cmp $f $(basename $f); done && test ! -e " + image + ".halfopen-backup.json");
    }

    [Fact]
    public async Task A_driver_in_hundreds_of_pieces_on_a_nearly_full_volume()
    {
        using var shop = new Workshop();
        Assert.SkipUnless(Environment.UserName == "root"
            && File.Exists("/dev/fuse"), "skipped: needs root and /dev/fuse (to scatter a file over a volume)");
        shop.MakeTree();
        shop.MakeNtfs("v.ntfs", 20, clusterSize: 512, startSector: 0);

        // Every second small file goes again: what is written now is in hundreds of pieces, which need an attribute
        // list.
        var big = SyntheticDriver.Build(new SyntheticDriverOptions { Seed = 9, CodeSize = 1_200_000, InternalName = "tcpip6.sys" }).Bytes;
        File.WriteAllBytes(shop.In("big.sys"), big);
        shop.Run("""
            mkdir m && ntfs-3g v.ntfs m && trap 'umount m' EXIT
            i=0; while [ $i -lt 6000 ]; do printf '%1000d' 0 > m/f$i; i=$((i+1)); done
            dd if=/dev/zero of=m/fill bs=512 status=none 2>/dev/null || true
            rm -f m/f*[02468]
            cp big.sys m/WINDOWS/system32/dllcache/tcpip6.sys
            """);
        Assert.Contains("ATTRIBUTE_LIST", shop.Run("ntfsinfo -v -F /WINDOWS/system32/dllcache/tcpip6.sys v.ntfs"),
            StringComparison.Ordinal);
        var (code, _, error) = await BuiltProgram.RunAsync(["patch", shop.In("v.ntfs"), "--yes"]);
        Assert.True(code == 0, error);
        shop.Run("ntfsfix -n v.ntfs && ntfscat v.ntfs WINDOWS/system32/dllcache/tcpip6.sys > one");
        Assert.Equal(LimitPatch.Plan(big, 100).Apply(big), File.ReadAllBytes(shop.In("one")));
        Assert.Equal(0, (await BuiltProgram.RunAsync(["restore", shop.In("v.ntfs"), "--yes"])).Code);
        shop.Run("ntfscat v.ntfs WINDOWS/system32/dllcache/tcpip6.sys > one");
        Assert.Equal(big, File.ReadAllBytes(shop.In("one")));
    }

    [Theory]
    [InlineData("qemu-img snapshot -c one disk.qcow2", "disk.qcow2", "qemu-img snapshot")]
    [InlineData("qemu-img create -q -f qcow2 -b disk.qcow2 -F qcow2 over.qcow2", "over.qcow2", "backing file")]
    [InlineData("qemu-img create -q -f vpc a.vhd 64M; qemu-img convert -f raw -O vmdk -o subformat=streamOptimized disk.img s.vmdk",
        "s.vmdk", "stream-optimized")]
    [InlineData("qemu-img convert -c -f raw -O qcow2 disk.img c.qcow2", "c.qcow2", "compressed cluster")]
    [InlineData("qemu-img convert -f raw -O qed disk.img d.qed", "d.qed", "QED")]
    // not LUKS: qemu-img measures CPU time for its key there, and on a busy machine gives up
    // ("unable to get accurate CPU usage")
    [InlineData("qemu-img create -q -f qcow2 -o encrypt.format=aes,encrypt.key-secret=s --object secret,id=s,data=x e.qcow2 16M",
        "e.qcow2", "encrypted")]
    [InlineData("qemu-img bitmap --add disk.qcow2 b", "disk.qcow2", "qemu-img bitmap --remove")]
    [InlineData("gzip -k disk.img", "disk.img.gz", "unpack it")]
    [InlineData("tar -cf d.ova disk.qcow2", "d.ova", "tar")]
    public async Task What_qemu_img_made_otherwise_is_refused_with_the_remedy(string command, string image, string reason)
    {
        using var shop = NewDisk();
        shop.Run(command);
        var before = File.ReadAllBytes(shop.In(image));
        var (code, output, error) = await BuiltProgram.RunAsync(["patch", shop.In(image), "--yes", "--json"]);
        Assert.Equal(1, code);
        Assert.Contains(reason, error, StringComparison.Ordinal);
        Assert.True(JsonDocument.Parse(output).RootElement.GetProperty("refused").GetBoolean());
        Assert.Equal(before, File.ReadAllBytes(shop.In(image)));
    }

    [Theory]
    [InlineData("disk.qcow2", "qcow2")]
    [InlineData("disk.img", "raw")]
    public async Task An_image_that_qemu_has_open_is_left_alone(string name, string format)
    {
        using var shop = NewDisk();
        using (var qemu = Start("/usr/bin/qemu-io", "-f", format, shop.In(name)))
        {
            await qemu.StandardInput.WriteLineAsync("read 0 512");
            await qemu.StandardInput.FlushAsync();
            Assert.Contains("512", await qemu.StandardOutput.ReadLineAsync(), StringComparison.Ordinal); // it has it now
            foreach (var extra in new[] { "--dry-run", "--yes" })
            {
                var (code, _, error) = await BuiltProgram.RunAsync(["patch", shop.In(name), extra]);
                Assert.Equal(1, code);
                Assert.Contains("qemu has it open (qemu-io, process", error, StringComparison.Ordinal);
            }

            Assert.Contains("qemu has it open", (await BuiltProgram.RunAsync(["inspect", shop.In(name)])).Error, StringComparison.Ordinal);
            await qemu.StandardInput.WriteLineAsync("quit");
            await qemu.WaitForExitAsync();
        }

        Assert.Equal(0, (await BuiltProgram.RunAsync(["patch", shop.In(name), "--yes"])).Code);
    }

    [Fact]
    public async Task An_image_that_any_program_has_open_for_writing_is_left_alone()
    {
        using var shop = NewDisk();
        using (new FileStream(shop.In("disk.img"), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            var (code, _, error) = await BuiltProgram.RunAsync(["patch", shop.In("disk.img"), "--yes"]);
            Assert.Equal(1, code);
            Assert.Contains("open for writing", error, StringComparison.Ordinal);
        }

        Assert.Equal(0, (await BuiltProgram.RunAsync(["patch", shop.In("disk.img"), "--yes"])).Code);
    }

    /// <summary>What would end a patch is told by a dry run too; nothing is lost or left.</summary>
    [Theory]
    [InlineData("mount --bind $W $W && mount -o remount,ro,bind $W", "read-only")]
    [InlineData("chattr +i $W/disk.img; trap 'chattr -i $W/disk.img' EXIT", "'chattr -i ")]
    [InlineData("mkdir j && mount -t tmpfs -o ro none j; B='--backup j'", "disk.img.halfopen-backup.json cannot be written: the file "
        + "system is read-only")]
    public async Task An_image_or_a_journal_that_cannot_be_written_is_told_before_anything_is_tried(string trouble, string reason)
    {
        Assert.SkipUnless(Environment.UserName == "root", "skipped: needs root");
        using var shop = NewDisk();
        var before = File.ReadAllBytes(shop.In("disk.img"));
        foreach (var flag in new[] { "--dry-run", "--yes" })
        {
            var (code, _, error) = await FolderShell.RunAsync($"""
                unshare -m bash -c 'cd $D; W=$D; {trouble.Replace("'", "'\\''", StringComparison.Ordinal)}
                $H patch disk.img {flag} $B >/dev/null; rc=$?; exit $rc'; rc=$?; rmdir $D/j 2>/dev/null; exit $rc
                """, shop.Path);
            Assert.True(code == 1, error);
            Assert.Contains(reason, error, StringComparison.Ordinal);
            Assert.Single(error.TrimEnd().Split('\n'));
            Assert.Equal(before, File.ReadAllBytes(shop.In("disk.img")));
            Assert.Empty(Directory.GetFiles(shop.Path, "*.halfopen-*"));
        }
    }

    [Fact]
    public async Task A_disk_that_is_full_for_the_journal_is_told_and_the_image_is_as_before()
    {
        Assert.SkipUnless(Environment.UserName == "root", "skipped: needs root (to mount a small disk)");
        using var shop = NewDisk();
        var before = File.ReadAllBytes(shop.In("disk.img"));
        var (code, output, error) = await FolderShell.RunAsync("""
            unshare -m bash -c 'cd $D; mkdir j && mount -t tmpfs -o size=64k none j; head -c 64k /dev/zero >j/fill 2>/dev/null
            $H patch disk.img --yes --backup j >/dev/null; rc=$?; ls j; exit $rc'
            """, shop.Path);
        Assert.True(code == 1, output + error);
        Assert.Contains("disk.img.halfopen-backup.json: the disk is full", error, StringComparison.Ordinal);
        Assert.Contains("Everything is as it was before.", error, StringComparison.Ordinal);
        Assert.Equal("fill", output.Trim());
        Assert.Equal(before, File.ReadAllBytes(shop.In("disk.img")));
    }

    [Fact]
    public async Task A_block_device_is_patched_with_a_folder_for_its_journal_and_not_while_mounted()
    {
        using var shop = NewDisk();
        Assert.SkipUnless(Environment.UserName == "root" && File.Exists("/dev/loop-control"), "skipped: needs root and loop devices");
        var (setup, device, why) = shop.Try("losetup -f --show disk.img");
        Assert.SkipUnless(setup == 0, "skipped: needs a free loop device: " + why);
        device = device.Trim();
        try
        {
            Assert.Contains("disk.img", (await BuiltProgram.RunAsync(["patch", shop.In("disk.img"), "--yes"])).Error,
                StringComparison.Ordinal);
            var (code, output, error) = await BuiltProgram.RunAsync(["inspect", device, "--json"]);
            Assert.True(code == 0, error);
            Assert.Equal(4, JsonDocument.Parse(output).RootElement.GetProperty("drivers").GetArrayLength());
            (code, _, error) = await BuiltProgram.RunAsync(["patch", device, "--yes"]);
            Assert.True(code == 1 && error.Contains("--backup DIR", StringComparison.Ordinal), error);
            (code, _, error) = await BuiltProgram.RunAsync(["patch", device, "--yes", "--backup", shop.Path]);
            Assert.True(code == 0, error);
            (code, _, error) = await BuiltProgram.RunAsync(["restore", device, "--yes", "--backup", shop.Path]);
            Assert.True(code == 0, error);
            shop.Run($"losetup -d {device} && losetup {device} v.ntfs && mkdir m && ntfs-3g {device} m");
            (code, _, error) = await BuiltProgram.RunAsync(["patch", device, "--yes", "--backup", shop.Path]);
            Assert.Equal(1, code);
            Assert.Contains("it is in use: a partition of it is mounted", error, StringComparison.Ordinal);
            shop.Run("umount m");
        }
        finally
        {
            shop.Run("umount m 2>/dev/null || true; losetup -d " + device);
        }
    }

    [Fact]
    public async Task Killed_at_any_moment_restore_gives_the_image_back_and_patch_finishes()
    {
        using var shop = NewDisk();
        var original = File.ReadAllBytes(shop.In("disk.img"));
        var journal = shop.In("disk.img.halfopen-backup.json");
        var random = new Random(20261126);
        var amidst = 0;
        for (var i = 0; i < 9; i++)
        {
            var verb = i % 3 == 2 ? "restore" : "patch";
            if (verb == "restore")
            {
                Assert.Equal(0, (await BuiltProgram.RunAsync(["patch", shop.In("disk.img"), "--yes"])).Code);
            }

            using (var process = BuiltProgram.Start([verb, shop.In("disk.img"), "--yes", "--json"]))
            {
                process.StandardInput.Close();
                var output = process.StandardOutput.ReadToEndAsync();
                var error = process.StandardError.ReadToEndAsync();
                var hadJournal = File.Exists(journal);
                var first = File.GetLastWriteTimeUtc(shop.In("disk.img"));
                while (!process.HasExited && File.Exists(journal) == hadJournal && File.GetLastWriteTimeUtc(shop.In("disk.img")) == first)
                {
                    Thread.Yield();
                }

                var until = Stopwatch.GetTimestamp() + (long)(random.NextDouble() * 0.02 * Stopwatch.Frequency);
                while (Stopwatch.GetTimestamp() < until && !process.HasExited)
                {
                    Thread.SpinWait(100);
                }

                process.Kill();
                await process.WaitForExitAsync();
                await output;
                Assert.DoesNotContain("at HalfOpen", await error, StringComparison.Ordinal);
            }

            amidst += File.Exists(journal) ? 1 : 0;
            if (i % 2 == 0)
            {
                Assert.Equal(0, (await BuiltProgram.RunAsync(["patch", shop.In("disk.img"), "--yes", "--limit", "300"])).Code);
            }

            if (File.Exists(journal))
            {
                Assert.Equal(0, (await BuiltProgram.RunAsync(["restore", shop.In("disk.img"), "--yes"])).Code);
            }

            Assert.Equal(original, File.ReadAllBytes(shop.In("disk.img")));
            Assert.Empty(Directory.GetFiles(shop.Path, "*.halfopen-*"));
        }

        Assert.True(amidst > 0, "no kill hit the program amidst its work");
    }

    /// <summary>disk.img and disk.qcow2, the same disk with one NTFS volume.</summary>
    private static Workshop NewDisk()
    {
        var shop = new Workshop();
        shop.MakeTree();
        shop.MakeNtfs("v.ntfs", 16);
        shop.MakeDisk("disk.img", "dos", "v.ntfs");
        shop.Convert("disk.img", "disk.qcow2", "qcow2");
        return shop;
    }

    private static Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput =
            true, RedirectStandardError = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }
}
