using System.Globalization;
using System.Text;

namespace HalfOpen.Simulation.Plots;

/// <summary>
/// A few words of SVG. Colours are classes, and the style sheet inside the picture has a light and a dark set
/// (prefers-color-scheme), so one file fits both kinds of page. The series colours are Okabe and Ito's, told apart by
/// colour-blind readers too.
/// </summary>
internal sealed class SvgWriter
{
    private static readonly string[] Light = ["#0072b2", "#d55e00", "#009e73", "#b4508a", "#b07d00", "#3d97cf", "#8a939c"];
    private static readonly string[] Dark = ["#4aa8e8", "#ff8a4c", "#35c99a", "#e089bd", "#e3b341", "#7cc4f5", "#767e88"];

    /// <summary>Plain classes without CSS variables: some viewers know none.</summary>
    private static readonly string Style =
        "<style>\n"
        + ".l{stroke-width:2.25;fill:none;stroke-linejoin:round;stroke-linecap:round}.d{stroke-dasharray:6 "
        + "4}.p{fill-opacity:.32}.w{fill-opacity:.15}"
        + ".v1{stroke-width:1.1}"
        + ".v2{stroke-width:4;stroke-opacity:.55}"
        + ".o{fill:none;stroke-width:1.25}.g,.a{stroke-width:1;fill:none}.t{font-family:system-ui,-apple-system,\"Segoe UI\",\"DejaVu "
        + "Sans\",sans-serif}\n"
        + Theme("#ffffff", "#1f2328", "#59636e", "#d9dee3", Light)
        + "@media (prefers-color-scheme:dark){\n" + Theme("#0d1117", "#e6edf3", "#9198a1", "#2a313a", Dark) + "}\n"
        + "</style>";

    private readonly StringBuilder _text = new();

    /// <summary>Size of the foot's letters, and room for each of its lines.</summary>
    public const double FootSize = 11;
    private const double FootLine = 15;

    /// <summary>Where titles and the foot begin, and how far from the right edge they end.</summary>
    public const double Margin = 16;

    private readonly IReadOnlyList<string> _foot;
    private readonly double _footTop;

    /// <param name="width">Of the picture.</param>
    /// <param name="height">Of the picture without its foot.</param>
    /// <param name="madeBy">The command that makes it, as a shell takes it: stands at the foot, and whole in the
    /// description.</param>
    public SvgWriter(double width, double height, string title, string description, string madeBy)
    {
        _foot = SvgText.WrapCommand("Made by:", madeBy, width - (2 * Margin), FootSize);
        (_footTop, height) = (height, height + (_foot.Count * FootLine) + 8);
        description += " Made by: " + madeBy;
        _text.Append(CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {N(width)} {N(height)}\" width=\"{N(width)}\" "
            + $"height=\"{N(height)}\" role=\"img\" aria-labelledby=\"title desc\">\n");
        _text.Append(CultureInfo.InvariantCulture,
            $"<title id=\"title\">{Escape(title)}</title>\n<desc id=\"desc\">{Escape(description)}</desc>\n");
        _text.Append(Style).Append('\n');
        Rect("bg", 0, 0, width, height);
    }

    public void Rect(string css, double x, double y, double width, double height, double round = 0) =>
        _text.Append(CultureInfo.InvariantCulture,
            $"<rect class=\"{css}\" x=\"{N(x)}\" y=\"{N(y)}\" width=\"{N(Math.Max(0, width))}\" "
            + $"height=\"{N(Math.Max(0, height))}\"{(round > 0 ? $" rx=\"{N(round)}\"" : "")}/>\n");

    public void Line(string css, double x1, double y1, double x2, double y2) =>
        _text.Append(CultureInfo.InvariantCulture,
            $"<line class=\"{css}\" x1=\"{N(x1)}\" y1=\"{N(y1)}\" x2=\"{N(x2)}\" y2=\"{N(y2)}\"/>\n");

    public void Path(string css, IEnumerable<(double X, double Y)> points)
    {
        _text.Append(CultureInfo.InvariantCulture, $"<path class=\"{css}\" d=\"");
        var first = true;
        foreach (var (x, y) in points)
        {
            _text.Append(first ? 'M' : 'L').Append(N(x)).Append(' ').Append(N(y));
            first = false;
        }

        _text.Append("\"/>\n");
    }

    public void Dot(string css, double x, double y, double radius = 3) =>
        _text.Append(CultureInfo.InvariantCulture, $"<circle class=\"{css}\" cx=\"{N(x)}\" cy=\"{N(y)}\" r=\"{N(radius)}\"/>\n");

    /// <param name="anchor">start, middle or end.</param>
    public void Text(string css, double x, double y, string text, double size = 12, string anchor = "start", bool bold = false,
        bool vertical = false)
    {
        var turn = vertical ? $" transform=\"rotate(-90 {N(x)} {N(y)})\"" : "";
        _text.Append(CultureInfo.InvariantCulture,
            $"<text class=\"t {css}\" x=\"{N(x)}\" y=\"{N(y)}\" font-size=\"{N(size)}\" "
            + $"text-anchor=\"{anchor}\"{(bold ? " font-weight=\"600\"" : "")}{turn}>{Escape(text)}</text>\n");
    }

    public string Finish()
    {
        for (var i = 0; i < _foot.Count; i++)
        {
            Text("m", Margin, _footTop + ((i + 1) * FootLine) - 4, _foot[i], FootSize);
        }

        return _text.ToString() + "</svg>\n";
    }

    private static string Theme(string background, string text, string muted, string grid, string[] colors)
    {
        var css =
            new StringBuilder($".bg{{fill:{background}}}.t{{fill:{text}}}.m{{fill:{muted}}}.g{{stroke:{grid}}}.a{{stroke:{muted}}}\n");
        for (var i = 0; i < colors.Length; i++)
        {
            css.Append(CultureInfo.InvariantCulture, $".l.c{i},.o.c{i}{{stroke:{colors[i]}}}.f.c{i},.p.c{i},.w.c{i}{{fill:{colors[i]}}}\n");
        }

        return css.ToString();
    }

    private static string N(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Escape(string text) =>
        string.Concat(text.Where(c => !char.IsControl(c))).Replace("&", "&amp;", StringComparison.Ordinal)
            .Replace("<", "&lt;", StringComparison.Ordinal)
            .Replace(">", "&gt;", StringComparison.Ordinal).Replace("\"", "&quot;", StringComparison.Ordinal);
}
