using System.Net;
using System.Text;
using Markdig;
using Markdig.Extensions.AutoIdentifiers;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace HalfOpen.Site;

/// <summary>One Markdown file of the repository, parsed. Not thread-safe.</summary>
public sealed class Page
{
    /// <summary>As GitHub shows it: tables, and anchors made from headings. Raw HTML stays text.</summary>
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder()
        .UsePipeTables()
        .UseAutoIdentifiers(AutoIdentifierOptions.GitHub)
        .DisableHtml()
        .Build();

    private Page(string path, MarkdownDocument document)
    {
        Path = path;
        Document = document;
        var first = document.OfType<HeadingBlock>().FirstOrDefault();
        Title = first is null ? path : PlainText(first);
        Anchors = document.Descendants<HeadingBlock>().Select(AnchorOf).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>From the repository's root, with slashes: <c>docs/guides/guard.md</c>.</summary>
    public string Path { get; }

    /// <summary>The first heading, as plain text.</summary>
    public string Title { get; }

    /// <summary>What may stand behind <c>#</c> in a link to this page.</summary>
    public IReadOnlySet<string> Anchors { get; }

    /// <summary>The parsed file.</summary>
    public MarkdownDocument Document { get; }

    /// <summary>Every link and picture, in order. A target that is changed is rendered so.</summary>
    public IEnumerable<LinkInline> Links => Document.Descendants<LinkInline>();

    /// <summary>Parses a file.</summary>
    /// <param name="path">From the root, with slashes.</param>
    /// <param name="text">What stands in it.</param>
    public static Page Parse(string path, string text) => new(path, Markdown.Parse(text, Pipeline));

    /// <summary>The anchor of a heading.</summary>
    public static string AnchorOf(HeadingBlock heading) => heading.GetAttributes().Id ?? "";

    /// <summary>
    /// The page as HTML, without what is around it. What may be wider than the screen can be reached, and so scrolled,
    /// by keyboard. Text cannot look like these tags: in it they are escaped.
    /// </summary>
    public string ToHtml() => Document.ToHtml(Pipeline)
        .Replace("<pre>", "<pre tabindex=\"0\">", StringComparison.Ordinal)
        .Replace("<table>", "<div class=\"wide\" tabindex=\"0\"><table>", StringComparison.Ordinal)
        .Replace("</table>", "</table></div>", StringComparison.Ordinal)
        .Replace("<th></th>", "<td></td>", StringComparison.Ordinal);

    /// <summary>
    /// What search finds: for each heading its anchor, its words, and the text down to the next one.
    /// </summary>
    public IEnumerable<(string Anchor, string Heading, string Text)> Sections()
    {
        var (anchor, heading) = ("", Title);
        var text = new StringBuilder();
        foreach (var block in Document)
        {
            if (block is HeadingBlock next)
            {
                if (text.Length > 0)
                {
                    yield return (anchor, heading, text.ToString());
                }

                (anchor, heading) = (AnchorOf(next), PlainText(next));
                text.Clear();
            }
            else
            {
                text.Append(text.Length > 0 ? " " : "").Append(PlainText(block));
            }
        }

        if (text.Length > 0)
        {
            yield return (anchor, heading, text.ToString());
        }
    }

    /// <summary>The words of a block without marks, with single blanks.</summary>
    public static string PlainText(MarkdownObject block)
    {
        var html = new StringWriter();
        var renderer = new Markdig.Renderers.HtmlRenderer(html) { EnableHtmlForInline = false, EnableHtmlForBlock = false };
        Pipeline.Setup(renderer);
        renderer.Render(block);
        var words = WebUtility.HtmlDecode(html.ToString()).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return string.Join(' ', words);
    }
}
