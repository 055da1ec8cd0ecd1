using System.Net;
using System.Text;
using Markdig.Syntax;

namespace HalfOpen.Site;

/// <summary>What stands around a page: search, the way to all others, and its own headings.</summary>
internal static class Layout
{
    private static readonly (string Heading, Func<string, bool> Has)[] Groups =
    [
        ("Start", p => p is "README.md" or "docs/README.md" or "docs/glossary.md"),
        ("Guides", p => p.StartsWith("docs/guides/", StringComparison.Ordinal)),
        ("Manual", p => p.StartsWith("docs/man/", StringComparison.Ordinal)),
        ("Concepts", p => p.StartsWith("docs/concepts/", StringComparison.Ordinal)),
        ("Project", p => !p.StartsWith("docs/decisions/0", StringComparison.Ordinal)),
        ("Decisions", _ => true),
    ];

    public static string Page(Repository repository, Page page)
    {
        var here = SiteBuilder.Html(page.Path);
        string To(string path) => Text(SiteBuilder.Relative(here, path));
        return $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Text(page.Title)} - Halfopen</title>
            <link rel="stylesheet" href="{To("assets/site.css")}">
            </head>
            <body data-root="{Text(string.Concat(Enumerable.Repeat("../", here.Count(c => c == '/'))))}">
            <a class="skip" href="#content">To the text</a>
            <header>
            <a class="home" href="{To("index.html")}">Halfopen</a>
            <div class="search" role="search">
            <input id="search" type="search" placeholder="Search ( / )" aria-label="Search the documentation" autocomplete="off" spellcheck="false">
            <ol id="results" hidden></ol>
            </div>
            </header>
            <div class="columns">
            <nav aria-label="Pages"><details open><summary>Pages</summary>
            {Navigation(repository, page)}</details></nav>
            <main id="content">
            {page.ToHtml()}</main>
            </div>
            <script src="{To("assets/index.js")}"></script>
            <script src="{To("assets/search.js")}"></script>
            </body>
            </html>

            """;
    }

    private static string Navigation(Repository repository, Page page)
    {
        var html = new StringBuilder();
        var here = SiteBuilder.Html(page.Path);
        foreach (var group in Groups)
        {
            var pages = repository.Pages.Where(p => Groups.First(g => g.Has(p.Path)) == group).ToList();
            // Fifty decisions are for those who are among them.
            var open = group.Heading != "Decisions" || pages.Contains(page) || page.Path == "docs/decisions/README.md";
            html.Append($"<details{(open ? " open" : "")}><summary>{group.Heading}</summary>\n<ul>\n");
            foreach (var one in pages)
            {
                var current = one == page ? " aria-current=\"page\"" : "";
                var link = Text(SiteBuilder.Relative(here, SiteBuilder.Html(one.Path)));
                html.Append($"<li><a href=\"{link}\"{current}>{Text(one.Title)}</a>");
                if (one == page)
                {
                    Headings(html, page);
                }

                html.Append("</li>\n");
            }

            html.Append("</ul></details>\n");
        }

        return html.ToString();
    }

    private static void Headings(StringBuilder html, Page page)
    {
        var headings = page.Document.OfType<HeadingBlock>().Where(h => h.Level == 2).ToList();
        if (headings.Count == 0)
        {
            return;
        }

        html.Append("\n<ul class=\"headings\">\n");
        foreach (var heading in headings)
        {
            html.Append($"<li><a href=\"#{Text(Site.Page.AnchorOf(heading))}\">{Text(Site.Page.PlainText(heading))}</a></li>\n");
        }

        html.Append("</ul>");
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
