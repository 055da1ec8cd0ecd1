using System.Globalization;
using HalfOpen.Driver;
using HalfOpen.Xp.Texts;

namespace HalfOpen.Xp.Commands;

/// <summary>What the user asked for.</summary>
internal enum Verb
{
    /// <summary>No verb: the window.</summary>
    Window,
    Inspect,
    Patch,
    Restore,
    Why,
    Help,
    Version,
}

/// <summary>The command line is wrong: exit code 2.</summary>
internal sealed class UsageException : Exception
{
    public UsageException(Phrase problem) => Problem = problem;

    public Phrase Problem { get; }
}

/// <summary>
/// The command line of HalfOpen.exe, in the habit of Windows: <c>/patch 100 /quiet</c>. Dashes instead of the slash,
/// hyphens within a word, a colon before a value and any case of letters are accepted too.
/// </summary>
internal sealed class Request
{
    public const uint DefaultLimit = 100;

    public Verb Verb { get; private set; }

    public uint Limit { get; private set; } = DefaultLimit;

    /// <summary>Results and errors only, and no question.</summary>
    public bool Quiet { get; private set; }

    /// <summary>No question before writing.</summary>
    public bool Yes { get; private set; }

    public bool DryRun { get; private set; }

    public bool Json { get; private set; }

    public bool Force { get; private set; }

    /// <summary>A restore may put an older version over a newer one.</summary>
    public bool Downgrade { get; private set; }

    public bool AllowBadChecksum { get; private set; }

    /// <summary>Null: the running Windows.</summary>
    public string? WindowsFolder { get; private set; }

    public Language Language { get; private set; } = Language.OfThisUser();

    /// <exception cref="UsageException">A word that is not known, twice a verb, a value that is missing or
    /// wrong.</exception>
    public static Request Parse(string[] arguments)
    {
        var request = new Request();
        for (var i = 0; i < arguments.Length; i++)
        {
            request.Take(arguments, ref i);
        }

        request.CheckCombination();
        return request;
    }

    /// <summary>The language alone, so that a mistake in the rest is told in it.</summary>
    public static Language LanguageOf(string[] arguments)
    {
        for (var i = 0; i < arguments.Length; i++)
        {
            Split(arguments[i], out var name, out var value);
            if (name == "language" && Language.Of(value ?? (i + 1 < arguments.Length ? arguments[i + 1] : "")) is { } language)
            {
                return language;
            }
        }

        return Language.OfThisUser();
    }

    private static UsageException Wrong(TextKey key, params object[] gaps) => new UsageException(new Phrase(key, gaps));

    /// <summary>
    /// The value may follow a colon or an equals sign; the name comes back in lower case without slash, dashes and
    /// hyphens.
    /// </summary>
    private static void Split(string argument, out string name, out string? value)
    {
        var isOption = argument.Length > 1 && argument[0] is '/' or '-';
        var end = argument.IndexOfAny(new[] { ':', '=' });
        name = !isOption ? "" : (end < 0 ? argument : argument.Substring(0, end)).TrimStart('/', '-').Replace("-", "").ToLowerInvariant();
        value = end < 0 ? null : argument.Substring(end + 1);
    }

    private static uint ParseLimit(string text)
    {
        // As strictly as the other edition: digits alone, so that one text means one number.
        var isNumber = decimal.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        return isNumber && text[0] != '0' && number >= LimitPatch.MinLimit && number <= LimitPatch.MaxLimit ? (uint)number
            : throw Wrong(TextKey.LimitOutOfRange, text);
    }

    private void Take(string[] arguments, ref int i)
    {
        Split(arguments[i], out var name, out var value);
        switch (name)
        {
            case "inspect":
                Choose(Verb.Inspect, arguments[i], value);
                break;
            case "patch":
                Choose(Verb.Patch, arguments[i], null);
                value ??= i + 1 < arguments.Length && IsNumber(arguments[i + 1]) ? arguments[++i] : null;
                Limit = value == null ? Limit : ParseLimit(value);
                break;
            case "limit":
                Limit = ParseLimit(value ?? Next(arguments, ref i));
                break;
            case "restore":
                Choose(Verb.Restore, arguments[i], value);
                break;
            case "why":
                Choose(Verb.Why, arguments[i], value);
                break;
            case "help" or "h" or "?":
                Verb = Verb.Help;
                break;
            case "version":
                Choose(Verb.Version, arguments[i], value);
                break;
            case "windows":
                WindowsFolder = value ?? Next(arguments, ref i);
                WindowsFolder = WindowsFolder.Length > 0 ? WindowsFolder : throw Wrong(TextKey.ValueMissing, arguments[i]);
                break;
            case "language":
                var code = value ?? Next(arguments, ref i);
                Language = Language.Of(code) ?? throw Wrong(TextKey.UnknownLanguage, code);
                break;
            default:
                TakeFlag(name, arguments[i], value);
                break;
        }
    }

    private void TakeFlag(string name, string argument, string? value)
    {
        switch (value == null ? name : "")
        {
            case "quiet" or "q":
                Quiet = true;
                break;
            case "yes" or "y":
                Yes = true;
                break;
            case "dryrun" or "n":
                DryRun = true;
                break;
            case "json":
                Json = true;
                break;
            case "force":
                Force = true;
                break;
            case "downgrade":
                Downgrade = true;
                break;
            case "allowbadchecksum":
                AllowBadChecksum = true;
                break;
            default:
                throw Wrong(TextKey.UnknownOption, argument);
        }
    }

    private void Choose(Verb verb, string argument, string? value)
    {
        if (value != null)
        {
            throw Wrong(TextKey.UnknownOption, argument);
        }

        if (Verb != Verb.Window && Verb != Verb.Help)
        {
            throw Wrong(TextKey.TwoVerbs, argument);
        }

        Verb = Verb == Verb.Help ? Verb : verb;
    }

    private void CheckCombination()
    {
        if (Verb == Verb.Window && (Quiet || Yes || DryRun || Json || Force || Downgrade || AllowBadChecksum || Limit != DefaultLimit))
        {
            throw Wrong(TextKey.VerbMissing);
        }
    }

    private static bool IsNumber(string text) =>
        text.Length > 0 && (text[0] is not ('/' or '-') || (text.Length > 1 && char.IsDigit(text[1])));

    private static string Next(string[] arguments, ref int i)
    {
        var name = arguments[i];
        return ++i < arguments.Length ? arguments[i] : throw Wrong(TextKey.ValueMissing, name);
    }
}
