namespace HalfOpen.Guard.Rules;

/// <summary>Puts a plan into the packet filter of the calling thread's network namespace. Thread-safe: no state.</summary>
internal static class RuleInstaller
{
    /// <summary>Tries the back ends in their order. What a failed one put in is out again.</summary>
    /// <exception cref="GuardException">None works.</exception>
    public static RulePlan Install(IReadOnlyList<RuleBackend> order, GuardOptions options, RuleNeeds needs)
    {
        List<string> failures = [];
        foreach (var backend in order)
        {
            var plan = RulePlanner.Plan(options, needs, backend);
            var results = FilterTool.Run(plan.Install);
            if (FirstFailure(plan.Install, results) is null)
            {
                return plan;
            }

            if (backend == RuleBackend.Iptables)
            {
                // Leftovers (a chain exists), or one family or table went in and another did not. Clean and try once more: what fails then is real.
                IptablesLeftovers.Clear();
                results = FilterTool.Run(plan.Install);
                if (FirstFailure(plan.Install, results) is null)
                {
                    return plan;
                }

                IptablesLeftovers.Clear();
            }

            failures.Add(FirstFailure(plan.Install, results)!);
        }

        var advice = failures.TrueForAll(f => f.EndsWith("not installed", StringComparison.Ordinal)) ? "install iptables or nftables (apt-get install iptables)" : "it needs xt_NFQUEUE or nft_queue in this kernel, and root";
        throw new GuardException($"the packet filter took no rules: {string.Join("; ", failures)}: {advice}");
    }

    /// <summary>The first script that its tool refused, in words; null: all went in.</summary>
    public static string? FirstFailure(IReadOnlyList<RuleScript> scripts, ToolResult[] results)
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
}
