namespace HalfOpen.Guard.Rules;

/// <summary>
/// Our chains among everybody's in iptables. Made by a thread in the namespace that is governed; not thread-safe.
/// </summary>
internal sealed class IptablesRules : IRuleSet
{
    private RulePlan _plan;
    private string _saved = "";
    private bool _removed;

    private IptablesRules(RulePlan plan) => _plan = plan;

    public RuleBackend Backend => _plan.Backend;

    public string Where => $"{(Backend == RuleBackend.IptablesLegacy ? "iptables-legacy" : "iptables")} chains {RulePlanner.ChainPrefix}*";

    public int ChangeDescriptor => -1;

    /// <returns>Null where this cannot be, with the reason in <paramref name="failure"/>; nothing is left behind.</returns>
    public static IptablesRules? TryInstall(GuardOptions options, RuleNeeds needs, RuleBackend backend, out string failure)
    {
        var made = new IptablesRules(RulePlanner.Plan(options, needs, backend));
        failure = made.PutBack() ?? "";
        return failure.Length == 0 ? made : null;
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
        _saved = Saved();
        return null;
    }

    /// <inheritdoc/>
    public bool AreIntact() => Saved() == _saved;

    /// <inheritdoc/>
    public string? PutBack()
    {
        var failure = FirstFailure(_plan.Install, FilterTool.Run(_plan.Install));
        if (failure is not null)
        {
            // Leftovers (a chain exists), or one family or table went in and another did not. Clean and try once more: what fails then is real.
            IptablesLeftovers.Clear(Backend);
            failure = FirstFailure(_plan.Install, FilterTool.Run(_plan.Install));
            if (failure is not null)
            {
                IptablesLeftovers.Clear(Backend);
            }
        }

        _saved = Saved();
        return failure;
    }

    /// <inheritdoc/>
    public void Release() => Remove(); // to take rules out of iptables deletes no hook: the kernel keeps what is held

    /// <inheritdoc/>
    public void Remove()
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

    public void Dispose()
    {
    }

    /// <summary>The first script that its tool refused, in words; null: all went in.</summary>
    private static string? FirstFailure(IReadOnlyList<RuleScript> scripts, ToolResult[] results)
    {
        for (var i = 0; i < scripts.Count; i++)
        {
            // A kernel without IPv6 needs no IPv6 rules.
            if (!results[i].Succeeded && !(scripts[i].Tool.StartsWith("ip6", StringComparison.Ordinal) && !File.Exists("/proc/net/if_inet6")))
            {
                return $"{scripts[i].Tool}: {results[i].Error}";
            }
        }

        return null;
    }

    /// <summary>Every line about our chains, as the tools save them.</summary>
    private string Saved() => IptablesLeftovers.OurLines(Backend);
}
