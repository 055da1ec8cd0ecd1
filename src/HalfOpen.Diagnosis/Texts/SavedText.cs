using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Gathering;

namespace HalfOpen.Diagnosis.Texts;

/// <summary>
/// A text that somebody saved on another machine: which of the known kinds it is, and the facts in it. Never throws,
/// whatever the bytes. Thread-safe: no state.
/// </summary>
public static partial class SavedText
{
    private const int MaxLines = 600_000;
    private const string CutOff = "the last line has no end, so the text may be cut off there";

    /// <summary>Null: none of the known kinds.</summary>
    public static MachineFacts? Read(ReadOnlySpan<byte> bytes)
    {
        var lines = Lines(Decode(bytes));
        var conntrack = Conntrack(lines);
        var (ssBuilder, netstatBuilder) = (new FactsBuilder(), new FactsBuilder());
        var ss = SsText.Read(lines, ssBuilder);
        var netstat = NetstatText.Read(lines, netstatBuilder, out var isWindows);
        var most = Math.Max(Math.Max(ss, netstat), (int)Math.Min(conntrack.Count, int.MaxValue));
        if (most == 0)
        {
            return lines.FirstOrDefault(IsHeading) is { } heading ? OnlyHeading(heading) : null;
        }

        var facts = new MachineFacts { View = ViewKind.Snapshot, Notes = IsCutOff(bytes) ? [CutOff] : [] };
        if (most == conntrack.Count)
        {
            return facts with { Source = FactsSource.ConntrackText, Tracking = conntrack,
                Programs = [] };
        }

        var range = Range(lines);
        return most == netstat
            ? netstatBuilder.Build(facts with { Source = FactsSource.NetstatText, Windows = isWindows ? new WindowsFacts() : null }, range)
            : ssBuilder.Build(facts with { Source = FactsSource.SsText }, range);
    }

    /// <summary>What the tools print above the sockets, also where there are none (idle machine, filter).</summary>
    private static bool IsHeading(string line) => SsHeading().IsMatch(line) || NetstatHeading().IsMatch(line);

    private static MachineFacts OnlyHeading(string heading)
    {
        var facts = new MachineFacts
        {
            View = ViewKind.Snapshot,
            Source = NetstatHeading().IsMatch(heading) ? FactsSource.NetstatText : FactsSource.SsText,
            Notes = ["the text has a heading and no socket below it"],
        };
        return new FactsBuilder().Build(facts, null);
    }

    /// <summary>A text of more than one line, whose last has no end: the tools write one.</summary>
    private static bool IsCutOff(ReadOnlySpan<byte> bytes)
    {
        var rest = bytes.TrimEnd((byte)0); // UTF-16
        return !rest.IsEmpty && rest[^1] is not ((byte)'\n' or (byte)'\r') && rest.Contains((byte)'\n');
    }

    /// <summary>UTF-16 of PowerShell's redirection, UTF-8, or bytes of an old code page (their letters do not
    /// matter).</summary>
    private static string Decode(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [0xFF, 0xFE, ..] => Encoding.Unicode.GetString(bytes[2..]),
        [0xFE, 0xFF, ..] => Encoding.BigEndianUnicode.GetString(bytes[2..]),
        [0xEF, 0xBB, 0xBF, ..] => Encoding.UTF8.GetString(bytes[3..]),
        _ => Encoding.UTF8.GetString(bytes),
    };

    private static List<string> Lines(string text)
    {
        var lines = new List<string>();
        foreach (var range in text.AsSpan().SplitAny('\n', '\r'))
        {
            if (lines.Count >= MaxLines)
            {
                break;
            }

            var line = text.AsSpan()[range];
            if (!line.IsWhiteSpace())
            {
                lines.Add(line.ToString());
            }
        }

        return lines;
    }

    private static TrackingFacts Conntrack(List<string> lines)
    {
        var builder = new TrackingBuilder();
        long? max = null, count = null;
        foreach (var line in lines)
        {
            if (ConntrackText.TryParse(line, out var entry))
            {
                builder.Add(entry, -1);
            }
            else if (Setting().Match(line) is { Success: true } setting
                && long.TryParse(setting.Groups["value"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            {
                var isMax = setting.Groups["name"].ValueSpan is "max";
                max = isMax ? value : max;
                count = isMax ? count : value;
            }
        }

        return builder.Build(new TrackingFacts { Count = Math.Max(builder.Count, count ?? 0), Max = max });
    }

    /// <summary>A line of sysctl in the text.</summary>
    private static (int Low, int High)? Range(List<string> lines)
    {
        foreach (var line in lines)
        {
            if (PortRange().Match(line) is { Success: true } m && ushort.TryParse(m.Groups["low"].ValueSpan, out var low)
                && ushort.TryParse(m.Groups["high"].ValueSpan, out var high) && low > 0 && high >= low)
            {
                return (low, high);
            }
        }

        return null;
    }

    [GeneratedRegex(@"^(net\.netfilter\.)?nf_conntrack_(?<name>max|count)\s*[=:]\s*(?<value>\d{1,12})\s*$",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Setting();

    [GeneratedRegex(@"^(Netid\s+)?(State\s+)?Recv-Q\s+Send-Q\s+Local Address:Port\s+Peer Address:Port",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex SsHeading();

    [GeneratedRegex(@"^\s*Proto\s+(Recv-Q\s+Send-Q\s+)?Local Address\s+Foreign Address\s+\(?State\)?",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    private static partial Regex NetstatHeading();

    [GeneratedRegex(@"ip_local_port_range\s*[=:]\s*(?<low>\d{1,5})\s+(?<high>\d{1,5})\s*$",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex PortRange();
}
