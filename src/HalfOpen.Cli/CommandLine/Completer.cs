using System.CommandLine;
using System.CommandLine.Completions;
using HalfOpen.Core;
using HalfOpen.Linux;

namespace HalfOpen.Cli.CommandLine;

/// <summary>What kind of file may stand where the cursor is, beside the words.</summary>
internal enum CompletedFiles
{
    None,
    Files,
    Folders,
}

/// <summary>
/// What can be typed next, from the same definitions as the parser, <c>--help</c> and the manual pages: words and their
/// meanings, and whether files belong there. Shells ask for it by the hidden verb <see cref="VerbName"/>. Thread-safe:
/// no state.
/// </summary>
internal static class Completer
{
    public const string VerbName = "complete";

    /// <summary>Marks a word that is a policy, behind which options may stand: fair+give-up.</summary>
    private const string PolicyKind = "policy";

    private const string UserKind = "user:";

    private static readonly string[] TimeUnits = ["ms", "s", "m", "h"];

    /// <param name="root">The command line as a whole.</param>
    /// <param name="words">The words after the program's name as far as the cursor; the last is the one that is being
    /// typed, empty where a new one begins.</param>
    /// <param name="policies">What can be named as a policy, and with which options.</param>
    public static (CompletedFiles Files, IReadOnlyList<(string Word, string Meaning)> Words) At(RootCommand root,
        IReadOnlyList<string> words, PolicyTable policies)
    {
        var current = words.Count > 0 ? words[^1] : "";
        var place = new CompletedPlace(root, policies);
        foreach (var word in words.SkipLast(1))
        {
            place.Pass(word);
        }

        var (files, found) = place.Pending is { } option ? Values(option, current, policies)
            : place.OnlyArguments ? place.Arguments(current)
            : current.StartsWith("--", StringComparison.Ordinal) && current.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals
                && place.Find(current[..equals]) is { } assigned
                ? Prefixed(Values(assigned, current[(equals + 1)..], policies), current[..(equals + 1)])
            : current.StartsWith('-') ? (CompletedFiles.None, place.Options())
            : place.Arguments(current);
        return (files, [.. found.Where(f => f.Word.StartsWith(current, StringComparison.Ordinal)).DistinctBy(f => f.Word)]);
    }

    /// <summary>
    /// The same as the shells' functions read it: the kind of files, then WORD, TAB and MEANING a line.
    /// </summary>
    public static void Print(RootCommand root, IReadOnlyList<string> words, PolicyTable policies, TextWriter output)
    {
        var (files, found) = At(root, words, policies);
        output.Write(files switch { CompletedFiles.Files => "files\n", CompletedFiles.Folders => "folders\n", _ => "none\n" });
        foreach (var (word, meaning) in found)
        {
            output.Write($"{word}\t{First(meaning)}\n");
        }
    }

    private static (CompletedFiles Files, IEnumerable<(string Word, string Meaning)> Words) Prefixed(
        (CompletedFiles Files, IEnumerable<(string Word, string Meaning)> Words) values, string prefix) =>
        (values.Files, values.Words.Select(v => (prefix + v.Word, v.Meaning)));

    private static (CompletedFiles Files, IEnumerable<(string Word, string Meaning)> Words) Values(Symbol symbol, string current,
        PolicyTable policies)
    {
        var name = symbol switch
        {
            Option option => option.HelpName ?? "",
            Argument argument => argument.HelpName ?? argument.Name,
            _ => "",
        };
        var files = name.ToUpperInvariant() switch
        {
            "DIR" => CompletedFiles.Folders,
            "PATH" or "FILE" or "NAME-OR-FILE" => CompletedFiles.Files,
            _ => CompletedFiles.None,
        };

        // A list: what stands before the last comma is kept.
        var list = current[..(current.LastIndexOf(',') + 1)];
        var words = symbol.GetCompletions(CompletionContext.Empty)
            .SelectMany(c => c.Kind == PolicyKind ? WithOptions(c.Label, current[list.Length..], policies)
                : [(c.Label, c.Documentation ?? "")])
            .SelectMany(w => w.Item1 == UserKind && current.StartsWith(UserKind, StringComparison.Ordinal) ? Users() : [w])
            .Select(w => (list + w.Item1, w.Item2));
        return (files,
            name is "TIME" or "DURATION" && NumberText.Real(current) is not null ? TimeUnits.Select(u => (current + u, "")) : words);
    }

    /// <summary>For <see cref="Option.CompletionSources"/>: policies with their options.</summary>
    public static IEnumerable<CompletionItem> Policies(PolicyTable policies) =>
        policies.Names.Select(name => new CompletionItem(name, PolicyKind));

    /// <summary>A policy; once a plus stands behind it, what else may follow there.</summary>
    private static IEnumerable<(string, string)> WithOptions(string name, string current, PolicyTable policies)
    {
        if (!current.StartsWith(name + "+", StringComparison.Ordinal) || policies.Find(name) is not { } row)
        {
            return [(name, "")];
        }

        var start = current[..(current.LastIndexOf('+') + 1)];
        var given = start.Split('+').Select(part => part.Split('=')[0]).ToHashSet(StringComparer.Ordinal);
        return row.Options.Where(o => !given.Contains(o.Name)).Select(o => (start + o.Name + (o.IsSwitch ? "" : "="), o.Help));
    }

    private static IEnumerable<(string, string)> Users() => OperatingSystem.IsLinux()
        ? Accounts.UserNames().OrderBy(u => u.Value, StringComparer.Ordinal).Select(u => (UserKind + u.Value, $"Number {u.Key}")) : [];

    /// <summary>The first sentence, on one line.</summary>
    private static string First(string? text)
    {
        var end = text?.IndexOf(". ", StringComparison.Ordinal) ?? -1;
        return (end < 0 ? text ?? "" : text![..end]).ReplaceLineEndings(" ").Replace('\t', ' ');
    }

    /// <summary>Where the words before the cursor lead to.</summary>
    private sealed class CompletedPlace(RootCommand root, PolicyTable policies)
    {
        private const string Help = "help";

        private readonly HashSet<Option> _used = [];
        private readonly List<Command> _path = [root];
        private int _positional;
        private bool _isHelp;

        /// <summary>The option whose value comes next.</summary>
        public Option? Pending { get; private set; }

        /// <summary>After --.</summary>
        public bool OnlyArguments { get; private set; }

        private Command Command => _path[^1];

        public void Pass(string word)
        {
            if (Pending is not null)
            {
                Pending = null;
            }
            else if (!OnlyArguments && word.StartsWith('-') && word.Length > 1)
            {
                PassOption(word);
            }
            else if (!OnlyArguments && _positional == 0
                && Command.Subcommands.FirstOrDefault(c => c.Name == word && !c.Hidden) is { } below)
            {
                _path.Add(below);
            }
            else if (word == Help && Command is RootCommand)
            {
                _isHelp = true;
            }
            else
            {
                _positional++;
            }
        }

        public Option? Find(string name) => AllOptions().FirstOrDefault(o => ParseProblem.Names(o).Contains(name));

        public IEnumerable<(string Word, string Meaning)> Options() =>
            AllOptions().Where(o => !_used.Contains(o) || o.ValueType == typeof(string[])).Select(o => (o.Name, o.Description ?? ""));

        public (CompletedFiles Files, IEnumerable<(string Word, string Meaning)> Words) Arguments(string current)
        {
            var words = _positional > 0 || OnlyArguments ? []
                : Command.Subcommands.Where(c => !c.Hidden).Select(c => (c.Name, c.Description ?? ""));
            if (_isHelp || Command is RootCommand)
            {
                return (CompletedFiles.None, _isHelp ? words : words.Append((Help, "Explain a verb")));
            }

            var (files, values) = Command.Arguments.Where(a => !a.Hidden).ElementAtOrDefault(_positional) is { } argument
                ? Values(argument, current, policies) : (CompletedFiles.None, []);
            return (files, words.Concat(values));
        }

        private void PassOption(string word)
        {
            OnlyArguments = word == "--";
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            if (Find(equals < 0 ? word : word[..equals]) is { } option)
            {
                _used.Add(option);
                Pending = equals < 0 && option.ValueType != typeof(bool) && option.Arity.MaximumNumberOfValues > 0 ? option : null;
            }
        }

        private IEnumerable<Option> AllOptions() =>
            Command.Options.Concat(_path.SkipLast(1).SelectMany(c => c.Options.Where(o => o.Recursive))).Where(o => !o.Hidden);
    }
}
