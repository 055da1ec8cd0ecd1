using HalfOpen.Driver;
using HalfOpen.TestDrivers;

namespace HalfOpen.SystemTests.Xp;

/// <summary>
/// A folder made to look like C:\WINDOWS: five copies of two synthetic drivers, as large as real ones. Gone afterwards.
/// </summary>
internal sealed class XpTree : IDisposable
{
    private static readonly byte[] Tcpip =
        SyntheticDriver.Build(new SyntheticDriverOptions { Seed = 3, OnlyReferenceForms = true, CodeSize = 320_000 }).Bytes;

    private static readonly byte[] Tcpip6 =
        SyntheticDriver.Build(new SyntheticDriverOptions { Seed = 5, InternalName = "tcpip6.sys", CodeSize = 200_000 }).Bytes;

    private readonly Dictionary<string, byte[]> _originals = [];
    private readonly string _root;

    /// <param name="root">Null: a temporary folder.</param>
    public XpTree(string? root = null)
    {
        _root = root ?? Directory.CreateTempSubdirectory("halfopen-xp-").FullName;
        foreach (var place in new[] { "system32/drivers", "system32/dllcache", "ServicePackFiles/i386" })
        {
            Write(Path.Combine(Folder, place, "tcpip.sys"), Tcpip);
            if (place.StartsWith("system32", StringComparison.Ordinal))
            {
                Write(Path.Combine(Folder, place, "tcpip6.sys"), Tcpip6);
            }
        }
    }

    public string Folder => Path.Combine(_root, "WINDOWS");

    public bool AllAre(uint limit) => _originals.Keys.All(p => DriverExaminer.Examine(File.ReadAllBytes(p)).Limit == limit);

    /// <summary>Byte for byte as in the beginning, and nothing beside.</summary>
    public bool IsUntouched =>
        Directory.GetFiles(_root, "*", SearchOption.AllDirectories).ToHashSet(StringComparer.Ordinal).SetEquals(_originals.Keys)
        && _originals.All(o => File.ReadAllBytes(o.Key).AsSpan().SequenceEqual(o.Value));

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private void Write(string path, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        _originals[path] = bytes;
    }
}
