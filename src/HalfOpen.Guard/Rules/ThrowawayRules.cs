namespace HalfOpen.Guard.Rules;

/// <summary>
/// The guard's rules in a network namespace that is thrown away afterwards. <see cref="GuardRules"/> also keeps locks
/// and notes in /run for the next start; this leaves nothing anywhere, and needs no right to write there. Called from
/// the guard's thread.
/// </summary>
/// <param name="only">Use this back end and no other; null (default): the first that works.</param>
public sealed class ThrowawayRules(RuleBackend? only = null) : IGuardRules, IDisposable
{
    private IRuleSet? _set;

    /// <inheritdoc/>
    public int ChangeDescriptor => _set?.ChangeDescriptor ?? -1;

    /// <inheritdoc/>
    public string Where => _set?.Where ?? "";

    /// <inheritdoc/>
    public bool LeasedPass => _set?.LeasedPass ?? false;

    /// <inheritdoc/>
    public void Install(GuardOptions options, RuleNeeds needs) =>
        _set = RuleInstaller.Install(only is { } one ? [one] : RuleInstaller.Order, options, needs, out _);

    /// <inheritdoc/>
    public void Update(GuardOptions options, RuleNeeds needs) => _set?.Update(options, needs);

    /// <inheritdoc/>
    public void Hush() => _set?.Hush();

    /// <inheritdoc/>
    public bool AreIntact() => _set?.AreIntact() ?? true;

    /// <inheritdoc/>
    public string? PutBack() => _set?.PutBack();

    /// <inheritdoc/>
    public void Release() => _set?.Release();

    /// <inheritdoc/>
    public void Remove() => _set?.Remove();

    public void Dispose() => _set?.Dispose();
}
