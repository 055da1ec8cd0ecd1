using System.Text;

namespace HalfOpen.Guard.Rules;

/// <summary>
/// Takes every chain whose name begins with HALFOPEN- out of iptables and ip6tables, with the jumps to it, and nothing
/// else. Reads what is there, so it works whatever options the dead guard had.
/// </summary>
public static class IptablesLeftovers
{
    private static readonly string[] Tables = ["raw", "mangle"];

    /// <summary>Never throws.</summary>
    internal static void Clear(RuleBackend backend)
    {
        var saves = Saves(backend);
        var saved = FilterTool.Run(saves);
        for (var i = 0; i < saves.Count; i++)
        {
            var (text, count) = RemovalOf(saved[i].Output);
            if (count > 0)
            {
                // One after another: two tables of one family would wait for the same lock.
                var tool = saves[i].Tool.Replace("-save", "-restore", StringComparison.Ordinal);
                FilterTool.Run([new RuleScript(tool, ["--noflush", "-w", "5"], text)]);
            }
        }
    }

    /// <summary>How our chains stand among everybody's, of all tables and families. Never throws.</summary>
    internal static string Picture(RuleBackend backend) => string.Concat(FilterTool.Run(Saves(backend)).Select(r => PictureOf(r.Output)));

    /// <summary>
    /// From the text of <c>iptables-save</c>: every line about a chain of ours, without counters, and "behind" where a
    /// rule of others stands behind a jump to our queue. Pure.
    /// </summary>
    internal static string PictureOf(string saved)
    {
        var picture = new StringBuilder();
        HashSet<string> queued = [];
        foreach (var line in saved.Split('\n', StringSplitOptions.TrimEntries))
        {
            var words = line.Split(' ');
            if (line.Contains(RulePlanner.ChainPrefix, StringComparison.Ordinal))
            {
                picture.Append(line.StartsWith(':') ? words[0] : line).Append('\n');
                if (words.Length > 2 && words[0] == "-A" && line.Contains(" --tcp-flags ", StringComparison.Ordinal))
                {
                    queued.Add(words[1]);
                }
            }
            else if (words.Length > 2 && words[0] == "-A" && queued.Contains(words[1]))
            {
                picture.Append("behind\n");
            }
        }

        return picture.ToString();
    }

    /// <summary>
    /// From the text of <c>iptables-save</c> to the text for <c>iptables-restore --noflush</c> that takes ours out.
    /// Pure.
    /// </summary>
    public static (string Text, int Count) RemovalOf(string saved)
    {
        List<string> chains = [], jumps = [];
        var table = "";
        foreach (var line in saved.Split('\n', StringSplitOptions.TrimEntries))
        {
            if (line.StartsWith('*'))
            {
                table = line;
            }
            else if (line.StartsWith(":" + RulePlanner.ChainPrefix, StringComparison.Ordinal))
            {
                chains.Add(line[1..].Split(' ')[0]);
            }
            else if (line.StartsWith("-A ", StringComparison.Ordinal)
                && !line.StartsWith("-A " + RulePlanner.ChainPrefix, StringComparison.Ordinal)
                && line.Contains(" -j " + RulePlanner.ChainPrefix, StringComparison.Ordinal))
            {
                jumps.Add("-D" + line[2..]);
            }
        }

        if (table.Length == 0 || chains.Count + jumps.Count == 0)
        {
            return ("", 0);
        }

        var text = new StringBuilder().Append(table).Append('\n');
        jumps.ForEach(j => text.Append(j).Append('\n'));
        chains.ForEach(c => text.Append("-F ").Append(c).Append('\n'));
        chains.ForEach(c => text.Append("-X ").Append(c).Append('\n'));
        return (text.Append("COMMIT\n").ToString(), chains.Count + jumps.Count);
    }

    private static List<RuleScript> Saves(RuleBackend backend)
    {
        var legacy = backend == RuleBackend.IptablesLegacy ? "-legacy" : "";
        return [.. Tables.SelectMany(
            t => new[] { "iptables", "ip6tables" }.Select(f => new RuleScript($"{f}{legacy}-save", ["-t", t], "")))];
    }
}
