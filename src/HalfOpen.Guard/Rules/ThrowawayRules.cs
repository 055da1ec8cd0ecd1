namespace HalfOpen.Guard.Rules;

/// <summary>
/// The guard's rules in a network namespace that is thrown away afterwards. <see cref="GuardRules"/> also keeps locks and
/// notes in /run for the next start; this leaves nothing anywhere, and needs no right to write there. Called from the
/// guard's thread.
/// </summary>
/// <param name="backend">The one that is used.</param>
public sealed class ThrowawayRules(RuleBackend backend) : IGuardRules
{
    /// <inheritdoc/>
    public void Install(GuardOptions options, RuleNeeds needs) => RuleInstaller.Install([backend], options, needs);

    /// <inheritdoc/>
    public void Update(GuardOptions options, RuleNeeds needs) => FilterTool.Run(RulePlanner.Plan(options, needs, backend).Update);

    /// <summary>Nothing: the namespace goes.</summary>
    public void Remove()
    {
    }
}
