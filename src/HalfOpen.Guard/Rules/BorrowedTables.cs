using HalfOpen.Linux.Netlink;
using HalfOpen.Wire.Netlink;

namespace HalfOpen.Guard.Rules;

/// <summary>
/// The tables of iptables on nftables that our chains stand in. iptables makes such a table when it is first used, and
/// leaves it, empty, for ever; those that were not there before the guard go with it, if nobody else uses them by then.
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

    /// <summary>
    /// Takes out those that were not there before and that have no rule now: in one transaction each, which the kernel
    /// refuses where there is one. Never throws.
    /// </summary>
    public void Return()
    {
        foreach (var (family, table) in _absent.Where(t => IsThere(t.Family, t.Table)))
        {
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

    private bool IsThere(FilterFamily family, string table)
    {
        ulong mixed = 0;
        return _filter.TryDescribeTable(family, table, ref mixed);
    }
}
