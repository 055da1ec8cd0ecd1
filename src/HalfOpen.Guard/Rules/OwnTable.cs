using System.Text;
using HalfOpen.Wire.Netlink;

namespace HalfOpen.Guard.Rules;

/// <summary>One part of a rule: as nft writes it, and as the kernel reads it.</summary>
internal sealed record RulePart(string Text, RulePart.Writer Write)
{
    public delegate void Writer(ref NetlinkWriter writer);
}

/// <summary>A chain of our own table. With a hook the kernel enters it by itself; without, rules jump to it.</summary>
internal sealed record OwnChain(string Name, NetfilterHook? Hook, int Priority, IReadOnlyList<RulePart[]> Rules);

/// <summary>
/// Our table of one protocol family in nf_tables, with chains in which nothing of others stands: whatever ends the way
/// through them, a packet goes on to everybody else's rules (decision 0067). Pure; immutable.
/// </summary>
internal sealed record OwnTable(FilterFamily Family, IReadOnlyList<OwnChain> Chains)
{
    /// <summary>Its name in both families.</summary>
    public const string Name = "halfopen";

    /// <summary>A rule with a long interface name, a prefix and a target fits three times.</summary>
    private const int BytesPerRule = 1024;

    /// <summary>As nft would be told it, replacing whatever is there.</summary>
    public string Text()
    {
        var text = new StringBuilder();
        var family = Family == FilterFamily.IPv4 ? "ip" : "ip6";
        text.Append($"table {family} {Name}\n{DeleteText()}table {family} {Name} {{\n");
        foreach (var chain in Chains)
        {
            text.Append($"  chain {chain.Name} {{\n");
            if (chain.Hook is { } hook)
            {
                var at = hook switch { NetfilterHook.LocalOut => "output", NetfilterHook.LocalIn => "input", _ => "forward" };
                text.Append($"    type filter hook {at} priority {chain.Priority}; policy accept;\n");
            }

            foreach (var rule in chain.Rules)
            {
                text.Append("    ").AppendJoin(' ', rule.Select(p => p.Text)).Append('\n');
            }

            text.Append("  }\n");
        }

        return text.Append("}\n").ToString();
    }

    public string DeleteText() => $"delete table {(Family == FilterFamily.IPv4 ? "ip" : "ip6")} {Name}\n";

    /// <summary>A batch that puts these tables in the place of those of the same name, if any.</summary>
    public static byte[] Replacing(IReadOnlyList<OwnTable> tables, uint sequence)
    {
        var buffer = Room(tables);
        var writer = new NetlinkWriter(buffer);
        FilterMessages.BeginBatch(ref writer);
        foreach (var table in tables)
        {
            // To delete what is not there fails, to make what is there does not.
            FilterMessages.MakeTable(ref writer, table.Family, Name);
            FilterMessages.RemoveTable(ref writer, table.Family, Name);
            FilterMessages.MakeTable(ref writer, table.Family, Name);
            foreach (var chain in table.Chains)
            {
                if (chain.Hook is { } hook)
                {
                    FilterMessages.MakeBaseChain(ref writer, table.Family, Name, chain.Name, hook, chain.Priority);
                }
                else
                {
                    FilterMessages.MakeChain(ref writer, table.Family, Name, chain.Name);
                }
            }

            WriteRules(ref writer, table, ReferenceEquals(table, tables[^1]) ? sequence : 0);
        }

        FilterMessages.EndBatch(ref writer);
        return buffer[..writer.Length];
    }

    /// <summary>
    /// A batch that the kernel checks and undoes, since it has no end: the same rules in a table of another name.
    /// Without hooks, since to undo those would empty the packet queues of everybody.
    /// </summary>
    public static byte[] Trying(IReadOnlyList<OwnTable> tables, uint sequence)
    {
        const string Trial = Name + "-trial";
        var buffer = Room(tables);
        var writer = new NetlinkWriter(buffer);
        FilterMessages.BeginBatch(ref writer);
        foreach (var table in tables)
        {
            FilterMessages.MakeTable(ref writer, table.Family, Trial);
            foreach (var chain in table.Chains)
            {
                FilterMessages.MakeChain(ref writer, table.Family, Trial, chain.Name);
            }

            WriteRules(ref writer, table, ReferenceEquals(table, tables[^1]) ? sequence : 0, Trial);
        }

        return buffer[..writer.Length];
    }

    /// <summary>
    /// A batch that changes only the rules. No hook goes, so the kernel keeps what is held: deleting a hook empties
    /// every packet queue of the namespace.
    /// </summary>
    public static byte[] Refilling(IReadOnlyList<OwnTable> tables, uint sequence)
    {
        var buffer = Room(tables);
        var writer = new NetlinkWriter(buffer);
        FilterMessages.BeginBatch(ref writer);
        foreach (var table in tables)
        {
            Empty(ref writer, table, 0);
            WriteRules(ref writer, table, ReferenceEquals(table, tables[^1]) ? sequence : 0);
        }

        FilterMessages.EndBatch(ref writer);
        return buffer[..writer.Length];
    }

    /// <summary>
    /// A batch that leaves the chains where they are, without a rule: everything passes, what is held stays.
    /// </summary>
    public static byte[] Emptying(IReadOnlyList<OwnTable> tables, uint sequence)
    {
        var buffer = Room(tables);
        var writer = new NetlinkWriter(buffer);
        FilterMessages.BeginBatch(ref writer);
        foreach (var table in tables)
        {
            Empty(ref writer, table, ReferenceEquals(table, tables[^1]) ? sequence : 0);
        }

        FilterMessages.EndBatch(ref writer);
        return buffer[..writer.Length];
    }

    /// <summary>A batch that takes the tables of these families out, whether there are any or not.</summary>
    public static byte[] Removing(IReadOnlyList<FilterFamily> families, uint sequence)
    {
        var buffer = new byte[BytesPerRule];
        var writer = new NetlinkWriter(buffer);
        FilterMessages.BeginBatch(ref writer);
        for (var i = 0; i < families.Count; i++)
        {
            FilterMessages.MakeTable(ref writer, families[i], Name);
            FilterMessages.RemoveTable(ref writer, families[i], Name, i == families.Count - 1 ? sequence : 0);
        }

        FilterMessages.EndBatch(ref writer);
        return buffer[..writer.Length];
    }

    private static byte[] Room(IReadOnlyList<OwnTable> tables) =>
        new byte[BytesPerRule * (4 + tables.Sum(t => 1 + (2 * t.Chains.Count) + t.Chains.Sum(c => c.Rules.Count)))];

    private static void Empty(ref NetlinkWriter writer, OwnTable table, uint sequence)
    {
        for (var i = 0; i < table.Chains.Count; i++)
        {
            FilterMessages.EmptyChain(ref writer, table.Family, Name, table.Chains[i].Name, i == table.Chains.Count - 1 ? sequence : 0);
        }
    }

    private static void WriteRules(ref NetlinkWriter writer, OwnTable table, uint sequence, string name = Name)
    {
        var left = table.Chains.Sum(c => c.Rules.Count);
        foreach (var chain in table.Chains)
        {
            foreach (var rule in chain.Rules)
            {
                left--;
                var nest = FilterMessages.BeginRule(ref writer, table.Family, name, chain.Name, left == 0 ? sequence : 0);
                foreach (var part in rule)
                {
                    part.Write(ref writer);
                }

                FilterMessages.EndRule(ref writer, nest);
            }
        }
    }
}
