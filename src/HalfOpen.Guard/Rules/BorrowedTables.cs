using HalfOpen.Linux;
using HalfOpen.Linux.Netlink;
using HalfOpen.Wire.Netlink;

namespace HalfOpen.Guard.Rules;

/// <summary>
/// The tables of iptables on nftables that our chains stand in. iptables makes such a table when it is first used, and
/// leaves it, empty, for ever; those that were not there before the guard go with it, if nobody else uses them by then;
/// after a killed guard with the next one, which reads of them in a note.
/// Not thread-safe.
/// </summary>
internal sealed class BorrowedTables
{
    private const int BatchBytes = 4096;
    private static readonly string[] Names = ["raw", "mangle"];
    private static readonly string[] Chains = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];

    private readonly FilterTables _filter;
    private readonly List<(FilterFamily Family, string Table)> _absent;

    /// <summary>Looks which are there now.</summary>
    /// <param name="filter">Of the governed namespace; stays the caller's.</param>
    public BorrowedTables(FilterTables filter)
    {
        _filter = filter;
        _absent = [.. from family in OwnTables.Families from table in Names where !IsThere(family, table) select (family, table)];
    }

    private BorrowedTables(FilterTables filter, IReadOnlyCollection<string> named)
    {
        _filter = filter;
        _absent =
        [
            .. from family in OwnTables.Families from table in Names where named.Contains(Name(family, table)) select (family, table),
        ];
    }

    /// <summary>In the place of a killed guard; never throws.</summary>
    /// <param name="named">The lines of its note.</param>
    public static void ReturnOf(IReadOnlyCollection<string> named)
    {
        try
        {
            using var filter = new FilterTables();
            new BorrowedTables(filter, named).Return();
        }
        catch (LinuxException)
        {
            // No netlink, no tables.
        }
    }

    /// <summary>Those that were not there before, for the note to the next guard: <c>ip raw</c>.</summary>
    public IReadOnlyList<string> Named => [.. _absent.Select(t => Name(t.Family, t.Table))];

    /// <summary>
    /// Takes out those that were not there before and that have no rule now: in one transaction each, which the kernel
    /// refuses where there is one. A chain that somebody gave the policy DROP is a rule, too. Never throws.
    /// </summary>
    public void Return()
    {
        foreach (var (family, table) in _absent.Where(t => IsThere(t.Family, t.Table)))
        {
            if (Chains.Any(c => _filter.Stops(family, table, c)))
            {
                continue;
            }

            var buffer = new byte[BatchBytes];
            var writer = new NetlinkWriter(buffer);
            FilterMessages.BeginBatch(ref writer);
            ulong mixed = 0;
            foreach (var chain in Chains.Where(c => _filter.TryDescribeChain(family, table, c, ref mixed)))
            {
                FilterMessages.RemoveEmptyChain(ref writer, family, table, chain);
            }

            FilterMessages.RemoveEmptyTable(ref writer, family, table, _filter.NextSequence());
            FilterMessages.EndBatch(ref writer);
            _ = _filter.Apply(buffer.AsSpan(0, writer.Length));
        }
    }

    private static string Name(FilterFamily family, string table) => $"{(family == FilterFamily.IPv4 ? "ip" : "ip6")} {table}";

    private bool IsThere(FilterFamily family, string table)
    {
        ulong mixed = 0;
        return _filter.TryDescribeTable(family, table, ref mixed);
    }
}
