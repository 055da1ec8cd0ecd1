using System.Collections.Frozen;

namespace HalfOpen.Web;

/// <summary>The files of the page. They stand in the assembly: no file of the machine is read. Thread-safe.</summary>
internal static class Assets
{
    private const string Page = "text/html; charset=utf-8";
    private const string Script = "text/javascript; charset=utf-8";
    private const string Style = "text/css; charset=utf-8";

    private static readonly FrozenDictionary<string, string> Types = new Dictionary<string, string>
    {
        ["index.html"] = Page,
        ["overview.html"] = Page,
        ["app.css"] = Style,
        ["app.js"] = Script,
        ["charts.js"] = Script,
        ["overview.js"] = Script,
        ["plot.js"] = Script,
        ["stream.js"] = Script,
        ["table.js"] = Script,
        ["words.js"] = Script,
        ["icon.svg"] = "image/svg+xml",
        ["uPlot.min.css"] = Style,
        ["uPlot.min.js"] = Script,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly Lazy<FrozenDictionary<string, byte[]>> Files = new(() => Types.Keys.ToFrozenDictionary(n => n, Read));

    /// <summary>Names of all files.</summary>
    public static IEnumerable<string> Names => Types.Keys;

    /// <returns>Null: there is no such file.</returns>
    public static (byte[] Content, string Type)? Find(string name) =>
        Types.TryGetValue(name, out var type) ? (Files.Value[name], type) : null;

    private static byte[] Read(string name)
    {
        using var stream = typeof(Assets).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{name} is not in the assembly.");
        var content = new byte[checked((int)stream.Length)];
        stream.ReadExactly(content);
        return content;
    }
}
