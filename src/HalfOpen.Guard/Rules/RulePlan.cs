namespace HalfOpen.Guard.Rules;

/// <summary>Which program puts the rules into the packet filter.</summary>
public enum RuleBackend
{
    /// <summary>
    /// nf_tables: tables of our own, <c>ip halfopen</c> and <c>ip6 halfopen</c>, with chains of our own. Needs no tool;
    /// works beside iptables of either kind and nft.
    /// </summary>
    Nft,

    /// <summary>
    /// <c>iptables-restore</c> and <c>ip6tables-restore</c> as they are installed: chains of our own, HALFOPEN-*, in
    /// everybody's tables. For kernels without nf_tables. Needs xt_NFQUEUE.
    /// </summary>
    Iptables,

    /// <summary>
    /// The same by <c>iptables-legacy-restore</c>, where the plain names belong to iptables on nftables.
    /// </summary>
    IptablesLegacy,
}

/// <summary>One child process: a tool and what it reads. A text is applied wholly or (per table) not at all.</summary>
/// <param name="Tool">File name without folder, such as <c>nft</c>.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Text">Its standard input.</param>
public sealed record RuleScript(string Tool, IReadOnlyList<string> Arguments, string Text)
{
    /// <summary>As a person would type it.</summary>
    public override string ToString() => $"{Tool} {string.Join(' ', Arguments)} <<'END'\n{Text}END\n";
}

/// <summary>All that one back end does for one set of options. Pure text; immutable.</summary>
/// <param name="Backend">Who does it.</param>
/// <param name="Install">First set-up. Fails when our chains exist already (leftovers), so that nothing is
/// doubled.</param>
/// <param name="Update">Replaces the contents of what <paramref name="Install"/> made, in one transaction per
/// table.</param>
/// <param name="Remove">Takes out what <paramref name="Install"/> made.</param>
public sealed record RulePlan(RuleBackend Backend, IReadOnlyList<RuleScript> Install, IReadOnlyList<RuleScript> Update,
    IReadOnlyList<RuleScript> Remove);
