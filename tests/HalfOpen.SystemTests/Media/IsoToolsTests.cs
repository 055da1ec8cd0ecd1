using HalfOpen.Media.Iso9660;
using HalfOpen.Media.Sources;
using HalfOpen.TestMedia;
using Xunit;

namespace HalfOpen.SystemTests.Media;

/// <summary>Images that genisoimage and xorriso made, read by us; and what we made of them, read by isoinfo, xorriso
/// and 7z.</summary>
public sealed class IsoToolsTests : IDisposable
{
    private const string Genisoimage =
        "genisoimage -quiet -o x.iso -J -r -V XP -b boot.bin -no-emul-boot -boot-load-size 4 -hide boot.bin tree";

    private readonly string _folder = Directory.CreateTempSubdirectory("halfopen-iso-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(Genisoimage)]
    [InlineData("genisoimage -quiet -o x.iso -l -N -d -allow-lowercase -b boot.bin -no-emul-boot tree")]
    [InlineData("xorriso -as mkisofs -quiet -o x.iso -J -joliet-long -b boot.bin -no-emul-boot -boot-load-size 4 tree")]
    public async Task Trees_of_other_makers_are_read(string command)
    {
        await MakeAsync(command);
        var image = Open("x.iso");
        Assert.True(image.IsBootable);
        foreach (var tree in image.Trees)
        {
            var files = image.Entries(tree).Where(e => !e.IsFolder).ToDictionary(e => e.Path, StringComparer.OrdinalIgnoreCase);
            foreach (var name in new[] { "/I386/TCPIP.SY_", "/I386/SP3.CAB", "/WIN51" })
            {
                var bytes = image.OpenFile(files[name]);
                Assert.Equal(File.ReadAllBytes(Path.Combine(_folder, "tree" + name)), bytes.Read(0, (int)bytes.Length));
            }
        }
    }

    [Theory]
    [InlineData(9_000, true)]
    [InlineData(150_000, false)]
    public async Task A_changed_image_satisfies_isoinfo_xorriso_and_7z(int size, bool inPlace)
    {
        await MakeAsync(Genisoimage);
        var image = Open("x.iso");
        var driver = SampleBytes.Mixed(77, size);
        File.WriteAllBytes(Path.Combine(_folder, "new.bin"), driver);
        var edit = IsoEditor.Replace(image, [(image.Entries(image.Trees[0]).Single(e => e.Name == "TCPIP.SY_"), new MemorySource(driver))]);
        Assert.Equal(inPlace, edit.Replacements.Single().InPlace);
        using (var stream = File.Create(Path.Combine(_folder, "y.iso")))
        {
            edit.Source.CopyTo(piece => stream.Write(piece));
        }

        await DoneAsync("""
            cd $D
            for t in '' -J -R; do isoinfo -i y.iso $t -x '/I386/TCPIP.SY_'$([ "$t" ] || echo ';1') | cmp - new.bin || exit 1; done
            cp new.bin tree/I386/TCPIP.SY_; rm -f tree/boot.bin
            7z x -y -ob y.iso >/dev/null && rm -rf 'b/[BOOT]' b/boot.* && diff -r b tree || exit 2
            for i in x y; do
              xorriso -osirrox on -indev $i.iso -extract / $i 2>&1 | grep -iE 'FAILURE|FATAL|SORRY|WARNING' >$i.log
            done
            diff x.log y.log || exit 3
            chmod -R u+w x y; rm -f y/boot.*; diff -r y tree || exit 4
            xorriso -indev y.iso -report_el_torito plain 2>/dev/null | sed s/y.iso/x.iso/ >yt
            xorriso -indev x.iso -report_el_torito plain 2>/dev/null >xt; diff xt yt || exit 5
            isoinfo -i y.iso -d | grep -E "^Volume size is: $(( $(stat -c %s y.iso) / 2048 ))$"
            """);
    }

    private async Task MakeAsync(string command)
    {
        FolderShell.Needs("genisoimage", "genisoimage");
        FolderShell.Needs("xorriso", "xorriso");
        FolderShell.Needs("7z", "p7zip-full");
        var tree = Path.Combine(_folder, "tree");
        Directory.CreateDirectory(Path.Combine(tree, "I386", "SYSTEM32"));
        File.WriteAllBytes(Path.Combine(tree, "boot.bin"), SampleBytes.Mixed(1, 2048));
        File.WriteAllBytes(Path.Combine(tree, "I386", "TCPIP.SY_"), SampleBytes.Mixed(2, 10_000));
        File.WriteAllBytes(Path.Combine(tree, "I386", "SP3.CAB"), SampleBytes.Mixed(3, 100_000));
        File.WriteAllText(Path.Combine(tree, "WIN51"), "Windows");
        for (var i = 0; i < 200; i++)
        {
            // More than one sector of records.
            File.WriteAllBytes(Path.Combine(tree, "I386", $"FILE{i:000}.DL_"), SampleBytes.Mixed(i, i * 10));
        }

        await DoneAsync("cd $D && " + command);
    }

    private IsoImage Open(string name) => IsoImage.Open(new MemorySource(File.ReadAllBytes(Path.Combine(_folder, name))));

    private async Task DoneAsync(string command)
    {
        var (code, output, error) = await FolderShell.RunAsync("set -o pipefail; " + command, _folder);
        Assert.True(code == 0, $"{command}\n{code}: {output}{error}");
    }
}
