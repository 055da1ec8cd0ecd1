using System.Diagnostics.CodeAnalysis;

namespace HalfOpen.Core;

/// <summary>
/// The policies that users can name. Whatever offers them (command lines, configuration, scenarios, help, completions)
/// reads this table, so that a new policy is one folder and one row. Immutable, thread-safe; a table is passed in,
/// never registered.
/// </summary>
public sealed class PolicyTable
{
    /// <param name="rows">At least one; the first is what is used when none is named.</param>
    /// <exception cref="ArgumentException">Two rows of one name, or options of one name that differ in what may be
    /// given.</exception>
    internal PolicyTable(IReadOnlyList<PolicyRow> rows)
    {
        ArgumentOutOfRangeException.ThrowIfZero(rows.Count, nameof(rows));
        Rows = rows;
        Names = [.. rows.Select(r => r.Name)];
        if (Names.Distinct(StringComparer.Ordinal).Count() < rows.Count)
        {
            throw new ArgumentException("two policies have one name", nameof(rows));
        }

        Options = [.. rows.SelectMany(r => r.Options).DistinctBy(o => o.Name)];
        if (rows.SelectMany(r => r.Options)
            .FirstOrDefault(o => o.Allowed != Options.First(first => first.Name == o.Name).Allowed) is { } option)
        {
            throw new ArgumentException($"two policies mean different things by {option}", nameof(rows));
        }
    }

    /// <summary>The policies that come with Halfopen.</summary>
    public static PolicyTable Shipped
        { get; } = new([FairOptions.TableRow, WindowsXpOptions.TableRow, FifoOptions.TableRow, UnlimitedOptions.TableRow]);

    /// <summary>In the order in which help texts list them.</summary>
    public IReadOnlyList<PolicyRow> Rows { get; }

    /// <summary>What is used when none is named.</summary>
    public PolicyRow Default => Rows[0];

    /// <summary>What users may write.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The options of all policies, each once.</summary>
    public IReadOnlyList<PolicyOption> Options { get; }

    /// <summary>The policy of that name; null when there is none.</summary>
    public PolicyRow? Find(string name) => Rows.FirstOrDefault(r => r.Name == name);

    /// <summary>The names of the policies that have an option: "fair", "fair and other".</summary>
    public string WhoHas(string option) => string.Join(" and ", Rows.Where(r => r.Find(option) is not null).Select(r => r.Name));

    /// <summary>
    /// Reads NAME or NAME+OPTION=VALUE+OPTION..., such as fair+give-up+nat-budget=2000; a switch alone is switched on.
    /// </summary>
    /// <param name="text">What a user wrote.</param>
    /// <param name="policy">The policy with those options.</param>
    /// <param name="problem">What is wrong, and what may be given: one sentence without a full stop.</param>
    public bool TryParse(string text, [NotNullWhen(true)] out PolicyOptions? policy, [NotNullWhen(false)] out string? problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split('+');
        policy = null;
        if (Find(parts[0]) is not { } row)
        {
            problem = $"there is no policy '{Shown(parts[0])}'{Resemblance.Hint(parts[0], Names)}; give {OptionText.AnyOf(Names)}";
            return false;
        }

        var options = row.Default;
        foreach (var part in parts.Skip(1))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? part : part[..equals];
            if (row.Find(name) is not { } option)
            {
                problem = row.Options.Count == 0
                    ? $"policy {row} has no options, and '{Shown(name)}' is none"
                    : $"policy {row} has no option '{Shown(name)}'{Resemblance.Hint(name, row.Options.Select(o => o.Name))}; it has "
                        + string.Join(", ", row.Options);
                return false;
            }

            var value = equals >= 0 ? part[(equals + 1)..] : option.IsSwitch ? OptionText.Yes : "";
            if (option.Set(options, value) is not { } changed)
            {
                problem = $"{row}+{option}='{Shown(value)}': give {option.Allowed}";
                return false;
            }

            options = changed;
        }

        policy = options;
        problem = null;
        return true;
    }

    /// <summary>This table and one more row.</summary>
    internal PolicyTable With(PolicyRow row) => new([.. Rows, row]);

    /// <summary>Words from outside go to a terminal: no control characters, and not endless.</summary>
    private static string Shown(string text) =>
        string.Concat(
            text.Take(60)
                .Select(c => char.IsControl(c) || char.GetUnicodeCategory(c) is System.Globalization.UnicodeCategory.Format ? '?' : c));
}
