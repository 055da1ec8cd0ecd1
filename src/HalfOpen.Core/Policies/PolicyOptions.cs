namespace HalfOpen.Core;

/// <summary>Options of one policy; the type chooses the policy. Immutable, thread-safe.</summary>
public abstract record PolicyOptions
{
    private protected PolicyOptions()
    {
    }

    /// <summary>Its policy's row of the <see cref="PolicyTable"/>.</summary>
    public abstract PolicyRow Row { get; }

    /// <summary>As users write it.</summary>
    public string Name => Row.Name;

    /// <summary>What a policy with these options keeps to, so that checkers know what to hold it to.</summary>
    public abstract PolicyPromises Promises { get; }

    /// <summary>Options that differ from their defaults, by name, as users write them.</summary>
    public IReadOnlyDictionary<string, string> Settings => Changed().ToDictionary(o => o.Name, o => o.Get(this), StringComparer.Ordinal);

    /// <summary>As <see cref="PolicyTable.TryParse"/> reads it: NAME+OPTION=VALUE+...</summary>
    public string Text => string.Concat(Changed().Select(o => $"+{o}={o.Get(this)}").Prepend(Name));

    /// <summary>As in tables: the name and what is set, such as "fair + give-up + NAT 2000".</summary>
    public string Label => string.Concat(Changed().Select(o => " + " + o.Label(this)).Prepend(Name));

    /// <summary>
    /// The first option that is out of range, in words for a user, or null. The ranges are those of <see cref="Row"/>.
    /// </summary>
    public string? Problem() => Row.Options.FirstOrDefault(o => o.Set(this, o.Get(this)) is null) is { } option
        ? $"{option} {option.Get(this)} is out of range: give {option.Allowed}"
        : null;

    internal abstract Policies.Policy Create(EngineState state);

    private IEnumerable<PolicyOption> Changed() => Row.Options.Where(o => o.Get(this) != o.Get(Row.Default));
}
