using HalfOpen.Site;

if (args is not [var root, var output, var manual])
{
    Console.Error.WriteLine("packaging/site: usage: HalfOpen.Site CHECKOUT FOLDER FOLDER-OF-MANUAL-PAGES");
    return 2;
}

var repository = new Repository(root);
foreach (var file in Directory.GetFiles(manual, "*.1").Order(StringComparer.Ordinal))
{
    var name = Path.GetFileNameWithoutExtension(file);
    repository.Add(Page.Parse($"docs/man/{name}.md", ManualPage.ToMarkdown(name, File.ReadAllText(file))));
}

var dead = repository.DeadLinks().ToList();
dead.ForEach(d => Console.Error.WriteLine("packaging/site: dead link: " + d));
if (dead.Count > 0)
{
    return 1;
}

var files = new SiteBuilder(repository).Build();
foreach (var (path, bytes) in files)
{
    var file = Path.Combine(output, path);
    Directory.CreateDirectory(Path.GetDirectoryName(file)!);
    File.WriteAllBytes(file, bytes);
}

Console.WriteLine($"{Path.Combine(output, "index.html")} ({repository.Pages.Count} pages, {files.Count} files)");
return 0;
