using HalfOpen.Driver;
using HalfOpen.TestDrivers;

namespace HalfOpen.Tests.Windows;

/// <summary>
/// A folder of its own for one test, gone afterwards; in memory where the system has room for that, since fsync is what
/// these tests do most.
/// </summary>
internal sealed class TemporaryFolder : IDisposable
{
    private static readonly string Parent = Directory.Exists("/dev/shm") ? "/dev/shm" : System.IO.Path.GetTempPath();

    public TemporaryFolder() =>
        Path = Directory.CreateDirectory(System.IO.Path.Combine(Parent, "halfopen-test-" + Guid.NewGuid().ToString("N"))).FullName;

    public string Path { get; }

    public string In(params string[] names) => System.IO.Path.Combine([Path, .. names]);

    /// <summary>Writes a file below, with the folders it needs, and gives back its full path.</summary>
    public string Write(string relative, byte[] bytes)
    {
        var path = In(relative.Split('/'));
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public string WriteDriver(string relative, int seed, uint limit = 10, DriverArchitecture architecture = DriverArchitecture.X86,
        string name = "tcpip.sys", FileVersion? version = null) =>
        Write(relative,
            SyntheticDriver.Build(
                new SyntheticDriverOptions { Seed = seed, Architecture = architecture, Limit = limit, InternalName = name,
                    Version = version }).Bytes);

    /// <summary>
    /// An XP as it is installed: two copies of one build, a third of another, tcpip6.sys, in folders of mixed case.
    /// </summary>
    public TemporaryFolder WithXp()
    {
        WriteDriver("WINDOWS/system32/drivers/tcpip.sys", seed: 1);
        WriteDriver("WINDOWS/system32/DllCache/TCPIP.SYS", seed: 1);
        WriteDriver("WINDOWS/ServicePackFiles/i386/tcpip.sys", seed: 2);
        WriteDriver("WINDOWS/system32/drivers/tcpip6.sys", seed: 3, name: "tcpip6.sys");
        return this;
    }

    /// <summary>Every file below with its content, for comparing before and after.</summary>
    public SortedDictionary<string, byte[]> Snapshot() => new(
        Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories)
            .ToDictionary(p => System.IO.Path.GetRelativePath(Path, p), File.ReadAllBytes), StringComparer.Ordinal);

    public void AssertUnchanged(SortedDictionary<string, byte[]> before)
    {
        var now = Snapshot();
        Xunit.Assert.Equal(before.Keys, now.Keys);
        foreach (var (name, bytes) in before)
        {
            Xunit.Assert.True(bytes.AsSpan().SequenceEqual(now[name]), name + " changed");
        }
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
