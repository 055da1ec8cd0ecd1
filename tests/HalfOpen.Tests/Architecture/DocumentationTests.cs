using System.Text;
using System.Text.RegularExpressions;
using HalfOpen.Site;
using Markdig.Syntax;
using Xunit;

namespace HalfOpen.Tests.Architecture;

/// <summary>
/// The documentation as a reader walks through it: every link leads somewhere, every page is found from the index, and
/// the site (<c>packaging/site</c>) is whole by itself.
/// </summary>
public sealed partial class DocumentationTests
{
    private const int ParagraphWords = 90;

    [Fact]
    public void Every_link_leads_to_a_file_and_a_heading() =>
        Assert.Empty(new Site.Repository(Repository.Root).DeadLinks());

    [Fact]
    public void Every_page_is_found_from_the_index_and_every_decision_from_theirs()
    {
        var repository = new Site.Repository(Repository.Root);
        var found = repository.ReachableFrom("docs/README.md");
        Assert.Empty(repository.Pages.Select(p => p.Path).Where(p => p.StartsWith("docs/", StringComparison.Ordinal)).Except(found));
        Assert.Contains("docs/README.md", repository.ReachableFrom("README.md"));

        var listed = repository.Find("docs/decisions/README.md")!.Links
            .Select(l => repository.Resolve("docs/decisions/README.md", l.Url!)!.Value.Path);
        Assert.Empty(
            repository.Pages.Select(p => p.Path).Where(p => p.StartsWith("docs/decisions/0", StringComparison.Ordinal)).Except(listed));
    }

    [Fact]
    public void Paragraphs_are_short()
    {
        var repository = new Site.Repository(Repository.Root);
        Assert.Empty(
            from page in repository.Pages
            from paragraph in page.Document.Descendants<ParagraphBlock>()
            where paragraph.Parent is not Markdig.Extensions.Tables.TableCell
            let words = Page.PlainText(paragraph).Split(' ').Length
            where words > ParagraphWords
            select $"{page.Path}:{paragraph.Line + 1}: {words} words, {ParagraphWords} are enough");
    }

    /// <summary>Page times, and live peers a minute: what the picture says in words.</summary>
    [Fact]
    public void The_picture_of_the_readme_and_the_table_beneath_it_are_of_one_run()
    {
        var drawn = PictureRow().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs/images/lab.svg")));
        var written = TableRow().Matches(File.ReadAllText(Path.Combine(Repository.Root, "README.md")));
        Assert.Equal(8, drawn.Count);
        Assert.Equal(drawn.Select(d => d.Groups[3].Value), written.Select(w => string.Concat(w.Groups[3].Value.Split(','))));
        foreach (var column in new[] { 1, 2 })
        {
            Assert.All(
                drawn.Zip(written),
                row => Assert.Equal(Seconds(row.First.Groups[column].Value), Number(row.Second.Groups[column].Value), 0.0051));
        }

        static double Number(string text) => double.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
        static double Seconds(string text) => Number(text.Split(' ')[0]) / (text.EndsWith("ms", StringComparison.Ordinal) ? 1000 : 1);
    }

    [Fact]
    public void Dead_links_are_seen()
    {
        var folder = Directory.CreateTempSubdirectory("halfopen-site-").FullName;
        try
        {
            File.WriteAllText(
                Path.Combine(folder, "README.md"),
                "# A\n[b](b.md) [c](b.md#c) [d](#d) [e](https://e.example) [f](../f.md) ![g](g.svg)\n\n## Two words\n");
            File.WriteAllText(Path.Combine(folder, "b.md"), "# B\n[a](README.md#two-words)\n\n`[x](x.md)`\n");
            Assert.Equal(
                [
                    "README.md:2: b.md#c: b.md has no heading for #c",
                    "README.md:2: #d: README.md has no heading for #d",
                    "README.md:2: ../f.md: leads out of the repository",
                    "README.md:2: g.svg: there is no such file",
                ],
                new Site.Repository(folder).DeadLinks());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void The_site_is_whole_asks_nobody_else_and_is_the_same_each_time()
    {
        var site = new SiteBuilder(new Site.Repository(Repository.Root)).Build();
        var again = new SiteBuilder(new Site.Repository(Repository.Root)).Build();
        Assert.Equal(site.Keys, again.Keys);
        Assert.All(site, f => Assert.True(f.Value.AsSpan().SequenceEqual(again[f.Key]), f.Key));

        var pages = site.Where(f => f.Key.EndsWith(".html", StringComparison.Ordinal))
            .ToDictionary(f => f.Key, f => Encoding.UTF8.GetString(f.Value));
        var wrong = new List<string>();
        foreach (var (path, html) in pages)
        {
            foreach (Match match in Reference().Matches(html))
            {
                var (attribute, url) = (match.Groups[1].Value, System.Net.WebUtility.HtmlDecode(match.Groups[2].Value));
                if (url.StartsWith("https://", StringComparison.Ordinal) && attribute == "href" && match.Groups["tag"].Value == "a")
                {
                    continue; // a link to somebody else's page, which is loaded only when it is clicked
                }

                var parts = url.Split('#');
                var full = new Uri(new Uri("http://site/" + path), parts[0]).AbsolutePath[1..];
                var target = parts[0].Length == 0 ? path : Uri.UnescapeDataString(full);
                if (!site.ContainsKey(target))
                {
                    wrong.Add($"{path}: {url}: no such file in the site");
                }
                else if (parts.Length > 1 && !pages[target].Contains($"id=\"{parts[1]}\"", StringComparison.Ordinal))
                {
                    wrong.Add($"{path}: {url}: no such heading");
                }
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Manual_pages_are_pages()
    {
        const string man = """
            .TH X 1
            .SH "OPTIONS OF X"
            .TP
            \fB\-\-limit\fR, \fB\-l\fR \fIN\fR
            The limit\(aqs *number* <b>; a_b_c.
            \&.dot and \e
            .SH SEE ALSO
            \fBy\fR(1)
            """;
        var page = Page.Parse("docs/man/x.md", ManualPage.ToMarkdown("x", man));
        Assert.Equal("x(1)", page.Title);
        Assert.Equal(
            [("Options of x", "--limit, -l N: The limit's *number* <b>; a_b_c. .dot and \\"), ("See also", "y(1)")],
            page.Sections().Select(s => (s.Heading, s.Text)));
        Assert.Throws<FormatException>(() => ManualPage.ToMarkdown("x", ".XX y"));
    }

    [Theory]
    [InlineData("index.html", "docs/guides/guard.html", "docs/guides/guard.html")]
    [InlineData("docs/guides/guard.html", "docs/guides/lab.html", "lab.html")]
    [InlineData("docs/guides/guard.html", "index.html", "../../index.html")]
    [InlineData("docs/guides/guard.html", "docs/concepts/fair.html", "../concepts/fair.html")]
    [InlineData("docs/index.html", "docs/guides/guard.html", "guides/guard.html")]
    public void Files_of_the_site_find_each_other(string from, string to, string link) =>
        Assert.Equal(link, SiteBuilder.Relative(from, to));

    [GeneratedRegex("x=\"678\"[^>]*>([0-9.]+ m?s)</text>\\s*<text[^>]*>([0-9.]+ m?s)</text>\\s*<text[^>]*>[0-9]+</text>"
        + "(?:\\s*<text[^>]*>[0-9]+ failed</text>)?(?:\\s*<text[^>]*x=\"896\"[^>]*>([0-9]+)</text>)?")]
    private static partial Regex PictureRow();

    [GeneratedRegex(@"(?m)^\| [^|]+\| \**([0-9.]+) / ([0-9.]+) s\**\s*\| *([0-9,]*) *\|")]
    private static partial Regex TableRow();

    [GeneratedRegex("(?<=<(?<tag>[a-z]+) [^>]*)\\b(href|src)=\"([^\"]*)\"")]
    private static partial Regex Reference();
}
