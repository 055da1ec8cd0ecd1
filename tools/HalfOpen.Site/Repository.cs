namespace HalfOpen.Site;

/// <summary>The documentation of a checkout: its Markdown files, and where their links lead. Not thread-safe.</summary>
public sealed class Repository
{
    private static readonly string[] Skipped = ["bin", "obj", "artifacts", "node_modules", "TestResults"];

    private readonly SortedDictionary<string, Page> _pages = new(StringComparer.Ordinal);

    /// <summary>Reads every Markdown file below a folder; hidden folders and build output are left out.</summary>
    public Repository(string root)
    {
        Root = System.IO.Path.GetFullPath(root);
        Read("");
    }

    /// <summary>The checkout's folder.</summary>
    public string Root { get; }

    /// <summary>Adds a page that stands in no file.</summary>
    public void Add(Page page) => _pages.Add(page.Path, page);

    /// <summary>All pages, ordered by path.</summary>
    public IReadOnlyCollection<Page> Pages => _pages.Values;

    /// <summary>The page of that path; null: there is none.</summary>
    public Page? Find(string path) => _pages.GetValueOrDefault(path);

    /// <summary>
    /// Where a relative link leads: a path from the root and an anchor without <c>#</c>. A folder with a README stands
    /// for that page. Null: the link leads out of here (<c>https:</c>).
    /// </summary>
    public (string Path, string Anchor)? Resolve(string from, string url)
    {
        if (url.Contains(':', StringComparison.Ordinal))
        {
            return null;
        }

        var hash = url.IndexOf('#', StringComparison.Ordinal);
        var (file, anchor) = hash < 0 ? (url, "") : (url[..hash], url[(hash + 1)..]);
        if (file.Length == 0)
        {
            return (from, anchor);
        }

        var folder = System.IO.Path.GetDirectoryName(System.IO.Path.Combine(Root, from))!;
        var full = System.IO.Path.GetFullPath(System.IO.Path.Combine(folder, Uri.UnescapeDataString(file)));
        var path = System.IO.Path.GetRelativePath(Root, full).Replace('\\', '/').TrimEnd('/');
        var readme = path == "." ? "README.md" : path + "/README.md";
        return (_pages.ContainsKey(readme) ? readme : path, anchor);
    }

    /// <summary>One line for each link that leads nowhere: file, link and what is wrong.</summary>
    public IEnumerable<string> DeadLinks()
    {
        foreach (var page in Pages)
        {
            foreach (var link in page.Links)
            {
                if (Problem(page, link.Url ?? "") is { } problem)
                {
                    yield return $"{page.Path}:{link.Line + 1}: {link.Url}: {problem}";
                }
            }
        }
    }

    /// <summary>Pages that can be reached from one by links.</summary>
    public IReadOnlySet<string> ReachableFrom(string start)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal) { start };
        var todo = new Queue<string>(seen);
        while (todo.TryDequeue(out var path))
        {
            foreach (var link in Find(path)?.Links ?? [])
            {
                if (Resolve(path, link.Url ?? "") is { } target && Find(target.Path) is not null && seen.Add(target.Path))
                {
                    todo.Enqueue(target.Path);
                }
            }
        }

        return seen;
    }

    private string? Problem(Page page, string url)
    {
        if (url.Length == 0)
        {
            return "leads nowhere";
        }

        if (Resolve(page.Path, url) is not { } target)
        {
            return null;
        }

        if (target.Path.StartsWith("..", StringComparison.Ordinal))
        {
            return "leads out of the repository";
        }

        var full = System.IO.Path.Combine(Root, target.Path);
        if (!File.Exists(full) && !Directory.Exists(full))
        {
            return "there is no such file";
        }

        return target.Anchor.Length > 0 && Find(target.Path) is { } other && !other.Anchors.Contains(target.Anchor)
            ? $"{other.Path} has no heading for #{target.Anchor}"
            : null;
    }

    private void Read(string folder)
    {
        foreach (var file in Directory.GetFiles(System.IO.Path.Combine(Root, folder), "*.md"))
        {
            var path = System.IO.Path.GetRelativePath(Root, file).Replace('\\', '/');
            _pages.Add(path, Page.Parse(path, File.ReadAllText(file)));
        }

        foreach (var below in Directory.GetDirectories(System.IO.Path.Combine(Root, folder)))
        {
            var name = System.IO.Path.GetFileName(below);
            if (!name.StartsWith('.') && !Skipped.Contains(name))
            {
                Read(System.IO.Path.GetRelativePath(Root, below));
            }
        }
    }
}
