using System.Globalization;
using HalfOpen.Linux;
using HalfOpen.Linux.Netlink;

namespace HalfOpen.Guard.Rules;

/// <summary>
/// Our chains among everybody's in iptables. Made by a thread in the namespace that is governed; not thread-safe.
/// </summary>
internal sealed class IptablesRules : IRuleSet
{
    private RulePlan _plan;
    /// <summary>
    /// A table that was replaced by one of the same size shows no sign: look all the same now and then.
    /// </summary>
    private const int LooksOnTrust = 15;

    private readonly FilterTables? _filter = TryOpen();
    private string _saved = "";
    private string _sign = "";
    private int _trust;
    private readonly BorrowedTables? _borrowed;
    private bool _removed;

    private IptablesRules(RulePlan plan)
    {
        _plan = plan;
        _borrowed = _filter is null || plan.Backend != RuleBackend.Iptables ? null : new BorrowedTables(_filter);
    }

    public RuleBackend Backend => _plan.Backend;

    public string Where => $"{(Backend == RuleBackend.IptablesLegacy ? "iptables-legacy" : "iptables")} chains {RulePlanner.ChainPrefix}*";

    public bool LeasedPass => false;

    public IReadOnlyList<string> Borrowed => _borrowed?.Named ?? [];

    public int ChangeDescriptor => -1;

    /// <returns>Null where this cannot be, with the reason in <paramref name="failure"/>; nothing is left
    /// behind.</returns>
    public static IptablesRules? TryInstall(GuardOptions options, RuleNeeds needs, RuleBackend backend, out string failure)
    {
        var made = new IptablesRules(RulePlanner.Plan(options, needs, backend));
        failure = made.PutBack() ?? "";
        if (failure.Length == 0)
        {
            return made;
        }

        made._borrowed?.Return();
        made.Dispose();
        return null;
    }

    /// <inheritdoc/>
    public void Hush()
    {
    }

    /// <inheritdoc/>
    public string? Update(GuardOptions options, RuleNeeds needs)
    {
        var plan = RulePlanner.Plan(options, needs, Backend);
        if (plan.Update.Select(s => s.Text).SequenceEqual(_plan.Update.Select(s => s.Text), StringComparer.Ordinal))
        {
            return null;
        }

        if (FirstFailure(plan.Update, FilterTool.Run(plan.Update)) is { } failure)
        {
            // Half of it may be in (IPv4 but not IPv6): back to what was.
            FilterTool.Run(_plan.Update);
            return failure;
        }

        _plan = plan;
        Remember();
        return null;
    }

    /// <inheritdoc/>
    public bool AreIntact()
    {
        var sign = Sign();
        if (sign == _sign && --_trust > 0)
        {
            return true;
        }

        (_sign, _trust) = (sign, LooksOnTrust);
        return Saved() == _saved;
    }

    /// <inheritdoc/>
    public string? PutBack()
    {
        var failure = FirstFailure(_plan.Install, FilterTool.Run(_plan.Install));
        if (failure is not null)
        {
            // Leftovers (a chain exists), or one family or table went in and another did not. Clean and try once more:
            // what fails then is real.
            IptablesLeftovers.Clear(Backend);
            failure = FirstFailure(_plan.Install, FilterTool.Run(_plan.Install));
            if (failure is not null)
            {
                IptablesLeftovers.Clear(Backend);
            }
        }

        Remember();
        return failure;
    }

    /// <inheritdoc/>
    public void Release() => RemoveRules(); // to take rules out of iptables deletes no hook: the kernel keeps what is held

    /// <inheritdoc/>
    public void Remove()
    {
        RemoveRules();
        _borrowed?.Return(); // that deletes hooks: only when nothing is held any more
    }

    private void RemoveRules()
    {
        if (_removed)
        {
            return;
        }

        _removed = true;
        if (FirstFailure(_plan.Remove, FilterTool.Run(_plan.Remove)) is not null)
        {
            IptablesLeftovers.Clear(Backend);
        }
    }

    public void Dispose() => _filter?.Dispose();

    /// <summary>iptables may be iptables on nftables.</summary>
    private static FilterTables? TryOpen()
    {
        try
        {
            return new FilterTables();
        }
        catch (LinuxException)
        {
            return null;
        }
    }

    /// <summary>The first script that its tool refused, in words; null: all went in.</summary>
    private static string? FirstFailure(IReadOnlyList<RuleScript> scripts, ToolResult[] results)
    {
        for (var i = 0; i < scripts.Count; i++)
        {
            // A kernel without IPv6 needs no IPv6 rules.
            if (!results[i].Succeeded
                && !(scripts[i].Tool.StartsWith("ip6", StringComparison.Ordinal) && !File.Exists("/proc/net/if_inet6")))
            {
                return $"{scripts[i].Tool}: {results[i].Error}";
            }
        }

        return null;
    }

    private void Remember() => (_sign, _trust, _saved) = (Sign(), LooksOnTrust, Saved());

    private string Saved() => IptablesLeftovers.Picture(Backend);

    /// <summary>What changes with nearly every change of the tables, asked without starting a tool.</summary>
    private string Sign()
    {
        // To ask for legacy tables makes them, so not where they are not in use.
        return Backend == RuleBackend.Iptables && _filter is not null && _filter.TryGetGeneration(out var generation)
            ? generation.ToString(CultureInfo.InvariantCulture)
            : LegacyTables.Sign();
    }
}
