using HalfOpen.Media.Cabinets;
using HalfOpen.Media.Compression;
using HalfOpen.Media.Sources;
using HalfOpen.TestMedia;
using Xunit;

namespace HalfOpen.SystemTests.Media;

/// <summary>Our cabinets in other programs, and other programs' cabinets in ours.</summary>
public sealed class CabinetToolsTests : IDisposable
{
    private const int Max = 16 * 1024 * 1024;
    private readonly string _folder = Directory.CreateTempSubdirectory("halfopen-cab-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>The decoder is tested against the tests' own LZX packer; so the packer must satisfy decoders that are
    /// not ours.</summary>
    [Fact]
    public async Task Cabextract_and_7z_unpack_the_streams_that_our_decoder_is_tested_with()
    {
        FolderShell.Needs("cabextract", "cabextract");
        FolderShell.Needs("7z", "p7zip-full");
        foreach (var windowBits in Enumerable.Range(15, 7))
        {
            foreach (var kind in Enumerable.Range(0, 4))
            {
                var bytes = SampleBytes.Mixed(windowBits + kind, 150_001);
                var options = new LzxStreamOptions(windowBits, kind, windowBits % 2 == 0 ? bytes.Length : 0, kind);
                var folder = new CabinetFolderSpec([("tcpip.sys", bytes)], options);
                Write($"{windowBits}-{kind}.cab", new CabinetBuilder().Build(folder));
                Write($"{windowBits}-{kind}.bin", bytes);
            }
        }

        await DoneAsync("""
            cd $D
            for f in *.cab; do
              cabextract -q -p $f | cmp - ${f%.cab}.bin && 7z e -so -y $f tcpip.sys 2>/dev/null | cmp - ${f%.cab}.bin || exit 1
            done
            """);
    }

    [Fact]
    public async Task Cabinets_of_gcab_are_read()
    {
        FolderShell.Needs("gcab", "gcab");
        var files = Enumerable.Range(0, 5).ToDictionary(i => $"file{i}.bin", i => SampleBytes.Mixed(i, 70_000 * i));
        files.ToList().ForEach(f => Write(f.Key, f.Value));
        await DoneAsync("cd $D && gcab -c -z mszip.cab *.bin && gcab -c -n stored.cab *.bin");
        foreach (var name in new[] { "mszip.cab", "stored.cab" })
        {
            var cabinet = Open(name);
            Assert.Equal(5, cabinet.Files.Count);
            Assert.All(cabinet.Extract(cabinet.Files, Max), r => Assert.Equal(files[r.File.Name], r.Bytes));
        }
    }

    /// <summary>InstallShield's cabinets inside two programs of ClamAV's samples: packed by Microsoft's own LZX, x86
    /// code among it.</summary>
    [Fact]
    public async Task Cabinets_that_Microsofts_packer_made_are_read()
    {
        FolderShell.Needs("cabextract", "cabextract");
        Assert.SkipUnless(Directory.Exists("/usr/share/clamav-testfiles"), "needs clamav-testfiles (Debian package clamav-testfiles)");
        var (files, translated) = (0, 0);
        foreach (var program in Directory.GetFiles("/usr/share/clamav-testfiles", "clam_IScab_*.exe"))
        {
            var bytes = File.ReadAllBytes(program);
            var start = bytes.AsSpan().IndexOf("MSCF\0\0\0\0"u8);
            Write("embedded.cab", bytes[start..(start + BitConverter.ToInt32(bytes, start + 8))]);
            await DoneAsync("cd $D && rm -rf out && cabextract -q -d out embedded.cab");
            var cabinet = Open("embedded.cab");
            Assert.All(cabinet.Folders, f => Assert.Equal("LZX:21", f.PackingText));
            foreach (var (file, unpacked, problem) in cabinet.Extract(cabinet.Files, Max))
            {
                Assert.True(unpacked is not null, problem?.Message);
                var wanted = File.ReadAllBytes(Path.Combine(_folder, "out", file.Name.Replace('\\', '/')));
                Assert.True(wanted.AsSpan().SequenceEqual(unpacked), file.Name);
                files++;
                translated += unpacked.AsSpan().Count((byte)0xE8) > 1000 ? 1 : 0;
            }
        }

        Assert.InRange(files, 20, int.MaxValue);
        Assert.InRange(translated, 1, int.MaxValue);
    }

    [Fact]
    public async Task What_we_write_is_unpacked_by_cabextract_7z_and_gcab()
    {
        FolderShell.Needs("cabextract", "cabextract");
        FolderShell.Needs("7z", "p7zip-full");
        FolderShell.Needs("gcab", "gcab");
        foreach (var size in new[] { 1, 32_768, 32_769, 361_344, 1_000_000 })
        {
            var bytes = SampleBytes.Mixed(size, size);
            Write("plain", bytes);
            Write("TCPIP.SY_", CabinetWriter.Single(new CabinetFile("tcpip.sys", 0, 0, 0, 0x388D, 0x9B80, 0x20), bytes));
            await DoneAsync("""
                cd $D && cabextract -q -t TCPIP.SY_ && cabextract -q -p TCPIP.SY_ | cmp - plain || exit 1
                7z t TCPIP.SY_ && 7z e -so TCPIP.SY_ tcpip.sys | cmp - plain || exit 2
                mkdir -p g && gcab -x -C g TCPIP.SY_ && cmp g/tcpip.sys plain
                """);
        }
    }

    [Fact]
    public async Task A_changed_cabinet_gives_every_tool_the_new_file_and_the_old_others()
    {
        FolderShell.Needs("cabextract", "cabextract");
        FolderShell.Needs("7z", "p7zip-full");
        FolderShell.Needs("gcab", "gcab");
        var folders = new CabinetFolderSpec[]
        {
            new(
                [("a.dll", SampleBytes.Mixed(1, 50_000)), ("tcpip.sys", SampleBytes.Mixed(2, 361_344)),
                    ("z.dll", SampleBytes.Mixed(3, 90_000))],
                new LzxStreamOptions(21, 4)),
            new([("m.inf", SampleBytes.Mixed(4, 40_000))]),
        };
        var driver = SampleBytes.Mixed(9, 361_344);
        var original = new MemorySource(new CabinetBuilder { Reserve = (20, 1, 2) }.Build(folders));
        foreach (var (i, content) in new[] { driver, SampleBytes.Mixed(10, 361_344), driver }.Index())
        {
            var cabinet = Cabinet.Open(i < 2 ? original : new MemorySource(File.ReadAllBytes(Path.Combine(_folder, "SP3.CAB"))));
            var changed = CabinetEditor.Replace(cabinet, cabinet.Files.Single(f => f.Name == "tcpip.sys"), content);
            Write("SP3.CAB", changed.Read(0, (int)changed.Length));
            Directory.CreateDirectory(Path.Combine(_folder, "want"));
            folders.SelectMany(f => f.Files).ToList().ForEach(f => Write("want/" + f.Name, f.Bytes));
            Write("want/tcpip.sys", content);
            await DoneAsync("""
                cd $D && rm -rf c s && cabextract -q -d c SP3.CAB && diff -r c want && 7z x -os SP3.CAB >/dev/null && diff -r s want
                """);
        }

        // gcab refuses LZX, so it gets a cabinet without.
        var plain = Cabinet.Open(new MemorySource(new CabinetBuilder().Build(folders[1], new CabinetFolderSpec([("tcpip.sys", driver)]))));
        var replaced = CabinetEditor.Replace(plain, plain.Files[1], SampleBytes.Mixed(10, 361_344));
        Write("plain.cab", replaced.Read(0, (int)replaced.Length));
        Write("want/tcpip.sys", SampleBytes.Mixed(10, 361_344));
        await DoneAsync("cd $D && mkdir g && gcab -x -C g plain.cab && cmp g/tcpip.sys want/tcpip.sys && cmp g/m.inf want/m.inf");
    }

    [Fact]
    public async Task Files_of_mscompress_are_read()
    {
        FolderShell.Needs("mscompress", "mscompress");
        foreach (var size in new[] { 17, 5_000, 361_344 })
        {
            var bytes = SampleBytes.Mixed(size, size);
            Write("driver.sys", bytes);
            await DoneAsync("cd $D && rm -f driver.sy_* && mscompress driver.sys && mv driver.sys_ packed");
            Assert.Equal(bytes, SzddDecoder.Decode(File.ReadAllBytes(Path.Combine(_folder, "packed")), Max));
            Write("ours_", SzddEncoder.Encode(bytes));
            await DoneAsync("cd $D && rm -f ours && msexpand ours_ && cmp ours driver.sys");
        }
    }

    private void Write(string name, byte[] bytes) => File.WriteAllBytes(Path.Combine(_folder, name), bytes);

    private Cabinet Open(string name) => Cabinet.Open(new MemorySource(File.ReadAllBytes(Path.Combine(_folder, name))));

    private async Task DoneAsync(string command)
    {
        var (code, output, error) = await FolderShell.RunAsync("set -o pipefail; " + command, _folder);
        Assert.True(code == 0, command + "\n" + output + error);
    }
}
