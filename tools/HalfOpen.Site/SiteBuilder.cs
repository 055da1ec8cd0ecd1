using System.Text;
using System.Text.Json;

namespace HalfOpen.Site;

/// <summary>
/// The documentation as a folder of HTML files that need nothing else: no server, no network. The same checkout gives
/// the same bytes. Links to pages lead to pages, pictures are copied, and other files of the repository that a page
/// links to are copied as text.
/// </summary>
public sealed class SiteBuilder(Repository repository)
{
    private readonly SortedDictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    /// <summary>Every file of the site by its path in it, with slashes.</summary>
    public IReadOnlyDictionary<string, byte[]> Build()
    {
        foreach (var page in repository.Pages)
        {
            foreach (var link in page.Links)
            {
                link.Url = Target(page, link.Url ?? "");
            }
        }

        var index = new List<string>();
        foreach (var page in repository.Pages)
        {
            Put(Html(page.Path), Layout.Page(repository, page));
            foreach (var (anchor, heading, text) in page.Sections())
            {
                var link = Html(page.Path) + (anchor.Length > 0 ? "#" + anchor : "");
                index.Add($"[{Json(link)},{Json(page.Title)},{Json(heading)},{Json(text)}]");
            }
        }

        // A script and no JSON file: from file:// a page may not read others.
        Put("assets/index.js", "// Made by packaging/site: [link, page, heading, text] of every section.\nvar sections = [\n"
            + string.Join(",\n", index) + "\n];\n");
        foreach (var asset in new[] { "site.css", "search.js" })
        {
            _files["assets/" + asset] = File.ReadAllBytes(Path.Combine(repository.Root, "tools/HalfOpen.Site/assets", asset));
        }

        return _files;
    }

    /// <summary>The name of a page in the site: README of a folder is its index.</summary>
    public static string Html(string path) => path.EndsWith("README.md", StringComparison.Ordinal)
        ? path[..^"README.md".Length] + "index.html"
        : path[..^".md".Length] + ".html";

    /// <summary>How to get from one file of the site to another.</summary>
    public static string Relative(string from, string to)
    {
        var up = from.Count(c => c == '/');
        var folders = from.Split('/');
        var parts = to.Split('/');
        var common = 0;
        while (common < folders.Length - 1 && common < parts.Length - 1 && folders[common] == parts[common])
        {
            common++;
        }

        return string.Concat(Enumerable.Repeat("../", up - common)) + string.Join('/', parts.Skip(common));
    }

    private string Target(Page page, string url)
    {
        if (repository.Resolve(page.Path, url) is not { } target)
        {
            return url;
        }

        var anchor = target.Anchor.Length > 0 ? "#" + target.Anchor : "";
        if (target.Path == page.Path)
        {
            return anchor.Length > 0 ? anchor : Relative(Html(page.Path), Html(page.Path));
        }

        if (repository.Find(target.Path) is not null)
        {
            return Relative(Html(page.Path), Html(target.Path)) + anchor;
        }

        var full = Path.Combine(repository.Root, target.Path);
        if (!File.Exists(full))
        {
            // A folder without a page: its names.
            var names = Directory.GetFileSystemEntries(full).Select(e => Path.GetFileName(e) + "\n").Order(StringComparer.Ordinal);
            Put(target.Path + "/index.txt", string.Concat(names));
            return Relative(Html(page.Path), target.Path + "/index.txt");
        }

        // Browsers show these; everything else is for reading, whatever its name makes of it.
        var copy = Path.GetExtension(target.Path) is ".svg" or ".png" or ".json" ? target.Path : target.Path + ".txt";
        _files[copy] = File.ReadAllBytes(full);
        return Relative(Html(page.Path), copy);
    }

    private void Put(string path, string text) => _files[path] = Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\n"));

    private static string Json(string text) => "\"" + JsonEncodedText.Encode(text) + "\"";
}
