using System.Text;

namespace HalfOpen.Guard.Rules;

/// <summary>
/// Takes every chain whose name begins with HALFOPEN- out of iptables and ip6tables, with the jumps to it, and nothing else. Reads what is there, so it works whatever options the dead guard had.
/// </summary>
public static class IptablesLeftovers
{
    private static readonly string[] Tables = ["raw", "mangle"];

    /// <summary>Never throws. The number of rules and chains that were taken out.</summary>
    internal static int Clear()
    {
        var saves = new List<RuleScript>();
        foreach (var family in (ReadOnlySpan<string>)["iptables", "ip6tables"])
        {
            saves.AddRange(Tables.Select(t => new RuleScript(family + "-save", ["-t", t], "")));
        }

        var saved = FilterTool.Run(saves);
        List<RuleScript> removals = [];
        var removed = 0;
        for (var i = 0; i < saves.Count; i++)
        {
            var (text, count) = RemovalOf(saved[i].Output);
            if (count > 0)
            {
                removed += count;
                removals.Add(new RuleScript(saves[i].Tool.Replace("-save", "-restore", StringComparison.Ordinal), ["--noflush", "-w", "5"], text));
            }
        }

        // One after another: two tables of one family would wait for the same lock.
        foreach (var removal in removals)
        {
            FilterTool.Run([removal]);
        }

        return removed;
    }

    /// <summary>From the text of <c>iptables-save</c> to the text for <c>iptables-restore --noflush</c> that takes ours out. Pure.</summary>
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
            else if (line.StartsWith("-A ", StringComparison.Ordinal) && !line.StartsWith("-A " + RulePlanner.ChainPrefix, StringComparison.Ordinal)
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
}
