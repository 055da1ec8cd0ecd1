using System.Text.RegularExpressions;
using Xunit;

namespace HalfOpen.Tests.Architecture;

/// <summary>
/// Lines that fit beside each other on one screen: code 140 columns, comments 120, paragraphs of Markdown 120. Raw
/// strings (test vectors, generated text) are as wide as what they hold; tables, code and links in Markdown as wide as
/// they need.
/// </summary>
public sealed partial class WidthTests
{
    private const int CodeColumns = 140;
    private const int CommentColumns = 120;

    [Fact]
    public void Code_and_comments_fit_their_columns()
    {
        var wide = new List<string>();
        foreach (var file in Files("*.cs"))
        {
            var inRaw = false;
            foreach (var (line, number) in File.ReadLines(file).Select((l, i) => (l, i + 1)))
            {
                var fences = RawFence().Count(line);
                var most = line.TrimStart().StartsWith("//", StringComparison.Ordinal) ? CommentColumns : CodeColumns;
                if (!inRaw && fences == 0 && line.Length > most)
                {
                    wide.Add($"{Path.GetRelativePath(Repository.Root, file)}:{number}: {line.Length} columns, {most} fit");
                }

                inRaw ^= fences % 2 == 1;
            }
        }

        Assert.Empty(wide);
    }

    [Fact]
    public void Paragraphs_of_Markdown_fit_their_columns()
    {
        var wide = new List<string>();
        foreach (var file in Files("*.md"))
        {
            var inCode = false;
            foreach (var (line, number) in File.ReadLines(file).Select((l, i) => (l, i + 1)))
            {
                inCode ^= line.TrimStart().StartsWith("```", StringComparison.Ordinal);
                if (!inCode && line.Length > CommentColumns && !Unbreakable().IsMatch(line)
                    && line.Trim().Contains(' ', StringComparison.Ordinal))
                {
                    wide.Add($"{Path.GetRelativePath(Repository.Root, file)}:{number}: {line.Length} columns");
                }
            }
        }

        Assert.Empty(wide);
    }

    private static IEnumerable<string> Files(string pattern) =>
        Directory.EnumerateFiles(Repository.Root, pattern, SearchOption.AllDirectories)
            .Where(f => !BuildOutput().IsMatch(Path.GetRelativePath(Repository.Root, f)));

    [GeneratedRegex("\"{3,}")]
    private static partial Regex RawFence();

    /// <summary>
    /// A row of a table, a heading, HTML, a picture, indented code, or a line whose code span or link is all of it.
    /// </summary>
    [GeneratedRegex(@"^\s*(\||#|<|!\[|    )|^\s*([-*] )?(\*?`[^`]*`|\[[^\]]*\]\([^)]*\))\*?[.,:;]?$")]
    private static partial Regex Unbreakable();

    [GeneratedRegex(@"(^|/)(bin|obj|artifacts|\.[a-z]+)/")]
    private static partial Regex BuildOutput();
}
