using System.ComponentModel;
using HalfOpen.Linux;
using HalfOpen.Linux.Netlink;
using HalfOpen.Wire.Netlink;

namespace HalfOpen.Guard.Rules;

/// <summary>
/// Our own tables in nf_tables, set without any tool. Made by a thread in the namespace that is governed; not
/// thread-safe.
/// </summary>
internal sealed class OwnTables : IRuleSet
{
    /// <summary>What the kernel takes is tried, not guessed (decision 0060).</summary>
    private static readonly Handover[] Ways = [Handover.Expressions, Handover.Targets];

    /// <summary>The kernel has no nf_tables (EOPNOTSUPP); or somebody has it loaded at this moment.</summary>
    private const int NotSupported = 95;

    private static readonly TimeSpan LoadPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LoadPause = TimeSpan.FromMilliseconds(50);

    private readonly FilterTables _filter;
    private readonly IReadOnlyList<FilterFamily> _families;
    private readonly Handover _handover;
    private IReadOnlyList<OwnTable> _tables;
    private uint _generation;
    private bool _generationKnown;
    private ulong _description;

    private OwnTables(FilterTables filter, IReadOnlyList<FilterFamily> families, Handover handover, IReadOnlyList<OwnTable> tables) =>
        (_filter, _families, _handover, _tables) = (filter, families, handover, tables);

    public RuleBackend Backend => RuleBackend.Nft;

    public string Where => _families.Count > 1 ? "the nft tables ip halfopen and ip6 halfopen" : "the nft table ip halfopen";

    public int ChangeDescriptor => _filter.Number;

    public bool LeasedPass => true;

    public IReadOnlyList<string> Borrowed => [];

    /// <summary>A kernel without IPv6 needs no rules for it.</summary>
    public static IReadOnlyList<FilterFamily> Families =>
        File.Exists("/proc/net/if_inet6") ? [FilterFamily.IPv4, FilterFamily.IPv6] : [FilterFamily.IPv4];

    /// <summary>Puts the rules in, in the place of what a killed guard left.</summary>
    /// <returns>Null where this kernel cannot, with the reason in <paramref name="failure"/>; nothing is left
    /// behind.</returns>
    public static OwnTables? TryInstall(GuardOptions options, RuleNeeds needs, out string failure)
    {
        failure = "";
        List<string> failures = [];
        FilterTables? filter = null;
        try
        {
            filter = new FilterTables();
            foreach (var handover in Ways)
            {
                var made = new OwnTables(filter, Families, handover, Tables(options, needs, handover));
                if (made.Put(handover == Ways[0] ? LoadPatience : TimeSpan.Zero) is { } problem)
                {
                    failures.Add($"{(handover == Handover.Expressions ? "by its own means" : "by iptables' targets")} {problem}");
                    failure = "nf_tables: " + string.Join(", ", failures);
                    continue;
                }

                filter = null;
                return made;
            }
        }
        catch (LinuxException e)
        {
            failure = e.Message;
        }
        finally
        {
            filter?.Dispose();
        }

        return null;
    }

    /// <summary>In which way this kernel would take the rules; null: in none. Changes nothing.</summary>
    public static Handover? WouldWork(GuardOptions options, RuleNeeds needs)
    {
        try
        {
            using var filter = new FilterTables();
            var way = Array.FindIndex(Ways, w => filter.Apply(OwnTable.Trying(Tables(options, needs, w), filter.NextSequence())) == 0);
            return way < 0 ? null : Ways[way];
        }
        catch (LinuxException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Hush() => _filter.Hush();

    /// <inheritdoc/>
    public string? Update(GuardOptions options, RuleNeeds needs)
    {
        var tables = Tables(options, needs, _handover);
        if (tables.Select(t => t.Text()).SequenceEqual(_tables.Select(t => t.Text()), StringComparer.Ordinal))
        {
            return null;
        }

        var sequence = _filter.NextSequence();
        var errno = AreIntact()
            ? _filter.Apply(OwnTable.Refilling(tables, sequence))
            : _filter.Apply(OwnTable.Replacing(tables, sequence));
        if (errno != 0)
        {
            return Words(errno);
        }

        _tables = tables;
        Remember();
        return null;
    }

    /// <inheritdoc/>
    public bool AreIntact()
    {
        // First the number of changes, then the look: what changes in between is seen at the next look.
        var told = _filter.TryGetGeneration(out var generation);
        if (told && _generationKnown && generation == _generation)
        {
            return true;
        }

        if (!TryDescribe(out var description) || description != _description)
        {
            return false;
        }

        (_generation, _generationKnown) = (generation, told);
        return true;
    }

    /// <inheritdoc/>
    public string? PutBack() => Put(TimeSpan.Zero);

    /// <param name="patience">How long nf_tables may take to be loaded, if that is going on.</param>
    private string? Put(TimeSpan patience)
    {
        var errno = _filter.Apply(OwnTable.Replacing(_tables, _filter.NextSequence()));
        for (var left = patience; errno == NotSupported && left > TimeSpan.Zero; left -= LoadPause)
        {
            Thread.Sleep(LoadPause);
            errno = _filter.Apply(OwnTable.Replacing(_tables, _filter.NextSequence()));
        }

        if (errno != 0)
        {
            return Words(errno);
        }

        Remember();
        return null;
    }

    /// <inheritdoc/>
    public void Release() => _filter.Apply(OwnTable.Emptying(_tables, _filter.NextSequence()));

    /// <inheritdoc/>
    public void Remove() => _filter.Apply(OwnTable.Removing(_families, _filter.NextSequence()));

    public void Dispose() => _filter.Dispose();

    /// <summary>Takes out what a guard left; no error where there is nothing or no nf_tables.</summary>
    public static void Clear()
    {
        try
        {
            using var filter = new FilterTables();
            filter.Apply(OwnTable.Removing(Families, filter.NextSequence()));
        }
        catch (LinuxException)
        {
            // No netlink, no tables.
        }
    }

    private static List<OwnTable> Tables(GuardOptions options, RuleNeeds needs, Handover handover) =>
        [.. Families.Select(f => OwnTablePlanner.Plan(options, needs, f, handover))];

    private static string Words(int errno) => $"{new Win32Exception(errno).Message} (errno {errno})";

    private void Remember()
    {
        _generationKnown = _filter.TryGetGeneration(out _generation);
        _ = TryDescribe(out _description);
    }

    private bool TryDescribe(out ulong description)
    {
        description = 0xcbf29ce484222325;
        foreach (var table in _tables)
        {
            if (!_filter.TryDescribeTable(table.Family, OwnTable.Name, ref description))
            {
                return false;
            }

            foreach (var chain in table.Chains)
            {
                if (!_filter.TryDescribeChain(table.Family, OwnTable.Name, chain.Name, ref description))
                {
                    return false;
                }
            }

            if (!_filter.TryDescribeRules(table.Family, OwnTable.Name, ref description))
            {
                return false;
            }
        }

        return true;
    }
}
