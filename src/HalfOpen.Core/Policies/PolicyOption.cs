using System.Globalization;

namespace HalfOpen.Core;

/// <summary>
/// Something that can be set of a policy: its name, what may be given, how that is read. Everything that offers it
/// (command lines, configuration files, scenarios, help texts) comes from here. Immutable, thread-safe.
/// </summary>
public sealed record PolicyOption
{
    private readonly Func<PolicyOptions, string, PolicyOptions?> _set;
    private readonly Func<PolicyOptions, string> _get;

    private PolicyOption(string name, string valueName, string allowed, string help, Func<PolicyOptions, string, PolicyOptions?> set,
        Func<PolicyOptions, string> get)
    {
        Name = name;
        ValueName = valueName;
        Allowed = allowed;
        Help = help;
        _set = set;
        _get = get;
    }

    /// <summary>As users write it: small letters and hyphens.</summary>
    public string Name { get; }

    /// <summary>What stands for the value in a help text; empty: a switch, yes or no.</summary>
    public string ValueName { get; }

    /// <summary>What may be given, with its unit; part of every error about it.</summary>
    public string Allowed { get; }

    /// <summary>What it does and its default, in whole sentences.</summary>
    public string Help { get; }

    /// <summary>On or off.</summary>
    public bool IsSwitch => ValueName.Length == 0;

    /// <summary>A value to show in examples; null: the default.</summary>
    public string? Example { get; init; }

    /// <summary>Its name in a <see cref="PolicyOptions.Label"/>; null: <see cref="Name"/>.</summary>
    public string? ShortName { get; init; }

    /// <summary>
    /// Nobody needs to set it: it is there so that one part of a policy can be measured alone. Hosts do not offer it;
    /// where policies are compared it is written as NAME+OPTION=VALUE.
    /// </summary>
    public bool ForMeasuring { get; init; }

    /// <summary>Options with that value in them; null when it is not allowed.</summary>
    /// <exception cref="InvalidCastException">The options are of another policy.</exception>
    public PolicyOptions? Set(PolicyOptions options, string value) => _set(options, value);

    /// <summary>The value as users write it.</summary>
    /// <exception cref="InvalidCastException">The options are of another policy.</exception>
    public string Get(PolicyOptions options) => _get(options);

    /// <inheritdoc/>
    public override string ToString() => Name;

    internal string Label(PolicyOptions options) => (IsSwitch, Get(options)) switch
    {
        (true, OptionText.Yes) => Name,
        (true, _) => "no " + Name,
        (false, var value) => $"{ShortName ?? Name} {value}",
    };

    internal static PolicyOption Switch<T>(string name, string help, Func<T, bool> get, Func<T, bool, T> set)
        where T : PolicyOptions => new(
            name, "", "yes or no", help,
            (o, text) => OptionText.ParseSwitch(text) is { } on ? set((T)o, on) : null,
            o => get((T)o) ? OptionText.Yes : OptionText.No);

    internal static PolicyOption Number<T>(string name, int least, int most, string help, Func<T, int> get, Func<T, int, T> set)
        where T : PolicyOptions => new(
            name, "N", $"{least} to {most}", help,
            (o, text) => NumberText.Int(text, least, most) is { } number ? set((T)o, number) : null,
            o => Text(get((T)o)));

    /// <param name="otherwise">The word for null.</param>
    internal static PolicyOption NumberOr<T>(string name, int least, int most, string otherwise, string help, Func<T, int?> get, Func<T,
        int?, T> set)
        where T : PolicyOptions => new(
            name, "N", $"{least} to {most}, or {otherwise}", help,
            (o, text) => text == otherwise ? set((T)o, null) : NumberText.Int(text, least, most) is { } number ? set((T)o, number) : null,
            o => get((T)o) is { } number ? Text(number) : otherwise);

    internal static PolicyOption Time<T>(string name, TimeSpan least, TimeSpan most, string help, Func<T, TimeSpan> get, Func<T, TimeSpan,
        T> set)
        where T : PolicyOptions => new(
            name, "TIME", $"{OptionText.Of(least)} to {OptionText.Of(most)} ({NumberText.DurationUnits})", help,
            (o, text) => NumberText.Duration(text) is { } time && time >= least && time <= most ? set((T)o, time) : null,
            o => OptionText.Of(get((T)o)));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
