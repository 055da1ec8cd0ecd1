using HalfOpen.Driver;
using HalfOpen.TestDrivers;
using HalfOpen.Windows.Files;
using HalfOpen.Windows.Lifting;
using HalfOpen.Windows.Search;

namespace HalfOpen.SystemTests.Drivers;

/// <summary>A folder on a real disk with several copies of synthetic drivers, gone afterwards.</summary>
internal sealed class DriverTree : IDisposable
{
    private readonly Dictionary<string, byte[]> _originals = [];

    public DriverTree(int copies)
    {
        for (var i = 0; i < copies; i++)
        {
            var path = System.IO.Path.Combine(Path, $"copy{i:00}", i % 2 == 0 ? "tcpip.sys" : "TCPIP.SYS");
            var bytes = SyntheticDriver.Build(i % 5, i % 3 == 0 ? DriverArchitecture.X64 : DriverArchitecture.X86);
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, bytes);
            _originals[path] = bytes;
        }
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("halfopen-tree-").FullName;

    public IReadOnlyDictionary<string, byte[]> Originals => _originals;

    public IEnumerable<string> FilesOfOurs => Directory.EnumerateFiles(Path, "*.halfopen-*", SearchOption.AllDirectories);

    /// <summary>In this process, so that a test can look at many states quickly.</summary>
    public void Patch(uint limit) =>
        PatchUnit.Plan(new LocalFileStore(), Inspect(), limit, allowBadChecksum: false)
        .Apply("test", DateTime.UtcNow, CancellationToken.None);

    public void Restore()
    {
        var unit = RestoreUnit.Plan(new LocalFileStore(), Inspect(), force: false);
        unit.Apply(CancellationToken.None);
    }

    public List<Inspection> Inspect()
    {
        var store = new LocalFileStore();
        var inspector = new Inspector(store);
        return [.. new DriverSearch(store).Find(Path, recurse: true).Select(inspector.Inspect)];
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    /// <summary>Runs a shell command to its end, with the script of the program as $H and this folder as $D.</summary>
    public Task<(int Code, string Out, string Error)> ShellAsync(string command) => FolderShell.RunAsync(command, Path);
}
