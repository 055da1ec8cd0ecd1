namespace HalfOpen.Core;

/// <summary>One policy as users see it: a row of the <see cref="PolicyTable"/>. Immutable, thread-safe.</summary>
public sealed class PolicyRow
{
    /// <param name="name">Small letters, digits and hyphens: it stands in files and on command lines.</param>
    /// <param name="help">What it does, a verb first, without a full stop; goes after the name.</param>
    /// <param name="defaults">Its options as they are when nobody sets any; they make the policy.</param>
    /// <param name="options">What users may set, in the order in which help texts list it.</param>
    internal PolicyRow(string name, string help, PolicyOptions defaults, IReadOnlyList<PolicyOption>? options = null)
    {
        Name = name;
        Help = help;
        Default = defaults;
        Options = options ?? [];
    }

    /// <summary>As users write it.</summary>
    public string Name { get; }

    /// <summary>What it does: goes after the name, begins with a verb, has no full stop.</summary>
    public string Help { get; }

    /// <summary>The policy with nothing set.</summary>
    public PolicyOptions Default { get; }

    /// <summary>What users may set.</summary>
    public IReadOnlyList<PolicyOption> Options { get; }

    /// <summary>The option of that name; null when it has none.</summary>
    public PolicyOption? Find(string option) => Options.FirstOrDefault(o => o.Name == option);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
