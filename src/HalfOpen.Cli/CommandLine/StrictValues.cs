using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using HalfOpen.Core;
using HalfOpen.Hosting;

namespace HalfOpen.Cli.CommandLine;

/// <summary>
/// How values of options are read: strictly, the same for every verb, and before anything is done. The library's own
/// reading takes 2,1 for 21 and ' 5' for 5. An error names the option, what stands there and what may stand there.
/// </summary>
internal static class StrictValues
{
    private const int MostShown = 60;

    public static Option<int> Between(this Option<int> option, int least, int most)
    {
        option.CustomParser = r => Read(r, option.Name, t => NumberText.Int(t, least, most), Whole(least, most)) ?? 0;
        return option;
    }

    public static Option<int?> Between(this Option<int?> option, int least, int most)
    {
        option.CustomParser = r => Read(r, option.Name, t => NumberText.Int(t, least, most), Whole(least, most));
        return option;
    }

    public static Argument<int> Between(this Argument<int> argument, int least, int most)
    {
        argument.CustomParser =
            r => Read(r, argument.HelpName ?? argument.Name, t => NumberText.Int(t, least, most), Whole(least, most)) ?? 0;
        return argument;
    }

    public static Option<double> Between(this Option<double> option, double least, double most)
    {
        option.CustomParser = r => Read(r, option.Name, t => NumberText.Real(t, least, most), Real(least, most)) ?? 0;
        return option;
    }

    public static Option<double?> Between(this Option<double?> option, double least, double most)
    {
        option.CustomParser = r => Read(r, option.Name, t => NumberText.Real(t, least, most), Real(least, most));
        return option;
    }

    /// <summary>A seed: 64 bits.</summary>
    public static Option<ulong> IsSeed(this Option<ulong> option)
    {
        option.CustomParser =
            r => Read(r, option.Name, t => NumberText.Unsigned(t), $"a whole number from 0 to {ulong.MaxValue}") ?? 0;
        return option;
    }

    /// <param name="range">As people would type it: "0.1s to 1h".</param>
    public static Option<TimeSpan?> Between(this Option<TimeSpan?> option, TimeSpan least, TimeSpan most, string range)
    {
        option.CustomParser = r => Read<TimeSpan>(r, option.Name,
            t => NumberText.Duration(t) is { } time && time >= least && time <= most ? time : null,
            $"{range} ({NumberText.DurationIs})");
        return option;
    }

    /// <summary>One of these words; completions offer them.</summary>
    public static Option<string?> OneOf(this Option<string?> option, params string[] words)
    {
        option.Validators.Add(result => Check(result, option.Name, words));
        option.CompletionSources.Add(words);
        return option;
    }

    /// <inheritdoc cref="OneOf(Option{string?}, string[])"/>
    public static Argument<string> OneOf(this Argument<string> argument, params string[] words)
    {
        argument.Validators.Add(result => Check(result, argument.Name, words));
        argument.CompletionSources.Add(words);
        return argument;
    }

    /// <summary>What somebody typed, as an error may show it.</summary>
    public static string Shown(string text) => "'" + PlainText.Of(text.Length <= MostShown ? text : text[..MostShown] + "...") + "'";

    private static T? Read<T>(ArgumentResult result, string name, Func<string, T?> read, string allowed)
        where T : struct
    {
        if (result.Tokens is [.., var token])
        {
            if (read(token.Value) is { } value)
            {
                return value;
            }

            result.AddError($"{name} {Shown(token.Value)} is not allowed: give {allowed}.");
        }

        return null;
    }

    private static void Check(SymbolResult result, string name, string[] words)
    {
        if (result.Tokens is [.., { Value: var value }] && !words.Contains(value, StringComparer.Ordinal))
        {
            result.AddError($"{name} {Shown(value)} is not allowed{Resemblance.Hint(value, words)}: give {OptionText.AnyOf(words)}.");
        }
    }

    private static string Whole(int least, int most) => $"a whole number from {least} to {most}";

    private static string Real(double least, double most) =>
        string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}");
}
