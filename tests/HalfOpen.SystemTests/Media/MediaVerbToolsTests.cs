using HalfOpen.Driver;
using HalfOpen.TestDrivers;
using HalfOpen.TestMedia;
using Xunit;

namespace HalfOpen.SystemTests.Media;

/// <summary>The built program on media that other programs made, and what other programs find in what it
/// writes.</summary>
public sealed class MediaVerbToolsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("halfopen-media-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_folder_of_a_cd_is_patched_and_other_programs_unpack_it()
    {
        NeedsTools();
        MakeMedium();
        await DoneAsync("""
            cd $D && cp -a cd before && $H patch cd --yes >/dev/null && ls cd.halfopen-backup | grep -q 'I386!TCPIP.SY_.halfopen-backup' || exit 1
            find cd -name '*.halfopen-*' | grep . && exit 2
            cabextract -q -p cd/I386/TCPIP.SY_ >a && 7z e -so cd/I386/TCPIP.SY_ 2>/dev/null >b && cmp a b && cabextract -q -p -F tcpip.sys cd/I386/SP3.CAB | cmp a - || exit 3
            gcab -t cd/I386/TCPIP.SY_ | grep -q '^tcpip.sys$' && 7z t cd/I386/SP3.CAB >/dev/null && cabextract -q -t cd/I386/SP3.CAB || exit 4
            for d in before cd; do mkdir x-$d && cabextract -q -d x-$d $d/I386/SP3.CAB; rm x-$d/tcpip.sys; done; diff -r x-before x-cd || exit 5
            $H restore cd --yes >/dev/null && diff -r before cd && ! [ -e cd.halfopen-backup ] || exit 6
            """);
        Assert.Equal(100u, DriverExaminer.Examine(File.ReadAllBytes(Path.Combine(_folder, "a"))).Limit);
        Assert.True(DriverExaminer.Examine(File.ReadAllBytes(Path.Combine(_folder, "a"))).Checksum!.IsValid);
    }

    [Theory]
    [InlineData("genisoimage -quiet -o xp.iso -J -r -V XP -b boot.bin -no-emul-boot -boot-load-size 4 -hide boot.bin cd")]
    [InlineData("xorriso -as mkisofs -quiet -o xp.iso -J -V XP -b boot.bin -no-emul-boot -boot-load-size 4 cd")]
    public async Task An_image_of_a_cd_is_patched_into_a_new_one_that_other_programs_read(string command)
    {
        NeedsTools();
        MakeMedium();
        File.WriteAllBytes(Path.Combine(_folder, "cd", "boot.bin"), SampleBytes.Mixed(1, 2048));
        await DoneAsync("cd $D && " + command + """
             && sha256sum xp.iso >sum && $H patch xp.iso --output xp-100.iso >/dev/null && sha256sum --quiet -c sum || exit 1
            ! $H patch xp.iso --yes 2>error; [ $(wc -l <error) = 1 ] && grep -q -e --output error || exit 2
            isoinfo -i xp-100.iso -x '/I386/TCPIP.SY_;1' >one && isoinfo -i xp-100.iso -J -x /I386/TCPIP.SY_ | cmp one - && cabextract -q -p one >a || exit 3
            isoinfo -i xp-100.iso -x '/I386/SP3.CAB;1' >two && cabextract -q -p -F tcpip.sys two | cmp a - || exit 4
            for i in xp xp-100; do
              7z x -y -o$i.7z $i.iso >/dev/null && rm -f $i.7z/I386/TCPIP.SY_ $i.7z/I386/SP3.CAB
              xorriso -osirrox on -indev $i.iso -extract / $i 2>&1 | grep -iE 'FAILURE|FATAL|SORRY|WARNING' >$i.log
              chmod -R u+w $i; rm -f $i/I386/TCPIP.SY_ $i/I386/SP3.CAB
              xorriso -indev $i.iso -report_el_torito plain 2>/dev/null | sed s/$i.iso/iso/ >$i.boot
            done
            diff -r xp.7z xp-100.7z && diff -r xp xp-100 && diff xp.log xp-100.log && diff xp.boot xp-100.boot && grep -q 'El Torito boot img' xp.boot || exit 5
            isoinfo -i xp-100.iso -d | grep -q "^Volume size is: $(( $(stat -c %s xp-100.iso) / 2048 ))$" || exit 6
            """);
        Assert.Equal(100u, DriverExaminer.Examine(File.ReadAllBytes(Path.Combine(_folder, "a"))).Limit);
    }

    /// <summary>The real process, ended by SIGKILL while it patches or restores: every file is whole, and both ways out
    /// of it work.</summary>
    [Fact]
    public async Task A_kill_leaves_whole_files()
    {
        NeedsTools();
        MakeMedium();
        await DoneAsync("""
            cd $D && cp -a cd before
            for ms in 0 2 4 6 8 10 15 20 30 40; do
              for verb in patch restore; do
                # Ended some time after the first file of its own appears or goes.
                $H $verb cd --yes >/dev/null 2>&1 & p=$!
                for n in $(seq 400); do
                  kill -0 $p 2>/dev/null || break
                  if [ $verb = patch ] && [ -e cd.halfopen-backup ] || [ $verb = restore ] && ls cd/I386/*.halfopen-tmp-* >/dev/null 2>&1; then break; fi
                  sleep 0.005
                done
                sleep 0.0$(printf %02d $ms); kill -9 $p 2>/dev/null; wait $p 2>/dev/null
                for f in TCPIP.SY_ SP3.CAB; do cabextract -q -t cd/I386/$f || exit 1; done
                $H inspect cd --json | grep '"limit": ' | grep -vE '"limit": (10|100),' && exit 2
                [ $verb = restore ] || { $H patch cd --yes >/dev/null || exit 3; [ $($H inspect cd --json | grep -c '"limit": 100,') = 3 ] || exit 4; }
              done
              $H patch cd --yes >/dev/null && $H restore cd --yes >/dev/null && diff -r before cd || exit 5
              [ -e cd.halfopen-backup ] && exit 6
            done
            true
            """);
    }

    private static void NeedsTools()
    {
        FolderShell.Needs("cabextract", "cabextract");
        FolderShell.Needs("7z", "p7zip-full");
        FolderShell.Needs("gcab", "gcab");
        FolderShell.Needs("genisoimage", "genisoimage");
        FolderShell.Needs("xorriso", "xorriso");
    }

    /// <summary>A CD's folder with a large driver, so that packing it anew takes a moment.</summary>
    private void MakeMedium()
    {
        var driver = SyntheticDriver.Build(new SyntheticDriverOptions { Seed = 1, CodeSize = 300_000 }).Bytes;
        var i386 = Directory.CreateDirectory(Path.Combine(_folder, "cd", "I386")).FullName;
        File.WriteAllText(Path.Combine(_folder, "cd", "WIN51"), "Windows");
        File.WriteAllText(Path.Combine(i386, "TXTSETUP.SIF"), "[SetupData]");
        File.WriteAllBytes(Path.Combine(i386, "TCPIP.SY_"), CabinetBuilder.Single("tcpip.sys", driver));
        File.WriteAllBytes(Path.Combine(i386, "SP3.CAB"), new CabinetBuilder().Build(
            new CabinetFolderSpec(
                [("a.dll", SampleBytes.Mixed(1, 200_000)), ("tcpip.sys", driver), ("z.dll", SampleBytes.Mixed(2, 100_000))],
                new LzxStreamOptions(21, 3, 600_000)),
            new CabinetFolderSpec([("other.inf", SampleBytes.Mixed(3, 1000))])));
        Directory.CreateDirectory(Path.Combine(_folder, "cd", "$OEM$", "$$", "system32", "drivers"));
        File.WriteAllBytes(Path.Combine(_folder, "cd", "$OEM$", "$$", "system32", "drivers", "tcpip.sys"), driver);
    }

    private async Task DoneAsync(string command)
    {
        var (code, output, error) = await FolderShell.RunAsync("set -o pipefail; " + command, _folder);
        Assert.True(code == 0, $"{command}\n{code}: {output}{error}");
    }
}
