using System.Diagnostics;
using HalfOpen.TestDrivers;
using HalfOpen.Tests.Windows;
using Xunit;

namespace HalfOpen.SystemTests.Images;

/// <summary>A folder in which disk images are made by other people's tools, gone afterwards. Nothing is
/// mounted.</summary>
internal sealed class Workshop : IDisposable
{
    private static readonly string[] Tools = ["qemu-img", "qemu-io", "mkntfs", "ntfscat", "ntfsfix", "wimapply", "mkfs.fat", "mcopy",
        "sfdisk"];

    public Workshop()
    {
        var missing = Tools.Where(t => !File.Exists("/usr/bin/" + t) && !File.Exists("/usr/sbin/" + t)).ToList();
        Assert.SkipUnless(missing.Count == 0, $"skipped: needs {string.Join(", ", missing)} (qemu-utils, ntfs-3g, wimtools, "
            + "dosfstools, mtools, fdisk)");
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("halfopen-images-").FullName;

    /// <value>The drivers of an installed Windows, by their paths.</value>
    public static IReadOnlyDictionary<string, byte[]> Drivers { get; } = new Dictionary<string, byte[]>(StringComparer.Ordinal)
    {
        ["WINDOWS/system32/drivers/tcpip.sys"] = Driver(1),
        ["WINDOWS/system32/drivers/tcpip6.sys"] = SyntheticDriver.Build(new SyntheticDriverOptions { Seed = 2, InternalName =
            "tcpip6.sys", CodeSize = 90_000 }).Bytes,
        ["WINDOWS/system32/dllcache/tcpip.sys"] = Driver(1),
        ["WINDOWS/ServicePackFiles/i386/tcpip.sys"] = Driver(3),
    };

    public string In(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>A folder like the root of an XP drive.</summary>
    public string MakeTree(string name = "tree", IReadOnlyDictionary<string, byte[]>? extra = null)
    {
        var files = new Dictionary<string, byte[]>(Drivers, StringComparer.Ordinal)
        {
            ["WINDOWS/system32/config/system"] = new HiveBuilder().Build(HiveBuilder.SystemRoot()),
            ["Documents and Settings/A long name with spaces.txt"] = new byte[3000],
            ["WINDOWS/system32/drivers/etc/hosts"] = "127.0.0.1 localhost\r\n"u8.ToArray(),
        };
        foreach (var (path, bytes) in extra ?? new Dictionary<string, byte[]>())
        {
            files[path] = bytes;
        }

        foreach (var (path, bytes) in files)
        {
            var full = System.IO.Path.Combine(In(name), path);
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(full)!);
            File.WriteAllBytes(full, bytes);
        }

        return In(name);
    }

    /// <summary>A volume of NTFS with a tree in it.</summary>
    public string MakeNtfs(string name, int megabytes, int clusterSize = 4096, int sectorSize = 512, string tree =
        "tree", long startSector = 63)
    {
        Run($"truncate -s {megabytes}M {name} && mkntfs -q -F -s {sectorSize} -c {clusterSize} -p {startSector} -H 255 -S 63 {name} "
            + "2>/dev/null");
        Run($"wimcapture {tree} {name}.wim --compress=none && wimapply {name}.wim 1 {name} && rm {name}.wim");
        return In(name);
    }

    /// <summary>A volume of FAT16 or FAT32 with a tree in it.</summary>
    public string MakeFat(string name, int megabytes, int bits, int sectorsPerCluster, int sectorSize = 512, string tree = "tree")
    {
        Run($"truncate -s {megabytes}M {name} && mkfs.fat -F {bits} -S {sectorSize} -s {sectorsPerCluster} {name} >/dev/null && "
            + $"mcopy -s -i {name} {tree}/* ::");
        return In(name);
    }

    /// <summary>A disk with volumes as its partitions, from 1 MiB on, as sfdisk writes its table.</summary>
    public string MakeDisk(string name, string label, params string[] volumes)
    {
        var starts = new List<long>();
        var at = 1L;
        foreach (var volume in volumes)
        {
            starts.Add(at);
            at += (new FileInfo(In(volume)).Length >> 20) + 1;
        }

        Run($"truncate -s {at + 2}M {name}");
        var lines =
            volumes.Select(
                (v, i) => $"start={starts[i] * 2048}, size={new FileInfo(In(v)).Length / 512}{(label == "dos" ? ", type=7" : "")}");
        Run($"printf '%s\\n' 'label: {label}' {string.Join(' ', lines.Select(l => $"'{l}'"))} | sfdisk -q {name}");
        for (var i = 0; i < volumes.Length; i++)
        {
            Run($"dd if={volumes[i]} of={name} bs=1M seek={starts[i]} conv=notrunc,sparse status=none");
        }

        return In(name);
    }

    /// <summary>An image of another format with the same disk in it.</summary>
    public string Convert(string raw, string name, string format, string options = "")
    {
        Run($"qemu-img convert -f raw -O {format} {(options.Length > 0 ? "-o " + options : "")} {raw} {name}");
        return In(name);
    }

    /// <summary>Runs a shell command in the folder.</summary>
    public string Run(string command)
    {
        var (code, output, error) = Try(command);
        return code == 0 ? output : throw new InvalidOperationException($"{command}: {error}{output}");
    }

    public (int Code, string Out, string Error) Try(string command)
    {
        var start = new ProcessStartInfo("/bin/bash") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError =
            true, WorkingDirectory = Path };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("set -eo pipefail; " + command);
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment["MTOOLS_SKIP_CHECK"] = "1";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static byte[] Driver(int seed) => SyntheticDriver.Build(new SyntheticDriverOptions { Seed = seed, CodeSize = 300_000 }).Bytes;
}
