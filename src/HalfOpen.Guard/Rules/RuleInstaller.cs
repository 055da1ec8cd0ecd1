namespace HalfOpen.Guard.Rules;

/// <summary>
/// Puts rules into the packet filter of the calling thread's network namespace. Thread-safe: no state.
/// </summary>
internal static class RuleInstaller
{
    /// <summary>What is tried, the best first.</summary>
    public static IReadOnlyList<RuleBackend> Order { get; } = [RuleBackend.Nft, RuleBackend.Iptables, RuleBackend.IptablesLegacy];

    /// <summary>Tries the back ends in their order. What a failed one put in is out again.</summary>
    /// <param name="problem">Why it is not the best one, in words; empty: it is.</param>
    /// <exception cref="GuardException">None works.</exception>
    public static IRuleSet Install(IReadOnlyList<RuleBackend> order, GuardOptions options, RuleNeeds needs, out string problem)
    {
        List<string> failures = [];
        foreach (var backend in order)
        {
            IRuleSet? made = backend == RuleBackend.Nft
                ? OwnTables.TryInstall(options, needs, out var failure)
                : IptablesRules.TryInstall(options, needs, backend, out failure);
            if (made is not null)
            {
                problem = string.Join("; ", failures);
                return made;
            }

            failures.Add(failure);
        }

        throw new GuardException(
            $"the packet filter took no rules: {string.Join("; ", failures)}: it needs root, and in this kernel nf_tables with "
            + $"nft_queue or nft_compat and xt_NFQUEUE (or iptables with xt_NFQUEUE)");
    }
}
