using System.CommandLine;
using System.CommandLine.Help;
using HalfOpen.Cli.Verbs;
using HalfOpen.Core;
using HalfOpen.Hosting;

namespace HalfOpen.Cli.CommandLine;

/// <summary>
/// The command line as a whole: builds the verbs, runs one, and turns every failure into one line and an exit code.
/// </summary>
internal static class Application
{
    private const int BrokenPipe = 32; // EPIPE

    public static RootCommand Build(Terminal terminal, PolicyTable policies)
    {
        var root = new RootCommand("Halfopen finds, lifts and governs the limit on half-open TCP connections (SYN sent, no answer yet).");
        foreach (var verb in VerbList.Create(terminal, policies))
        {
            root.Subcommands.Add(verb);
        }

        root.Subcommands.Add(CompletionsVerb.CreateAnswer(terminal, policies));
        root.Directives.Clear(); // the library's own way to complete, which knows no files
        root.SetAction(_ => Welcome.Show(terminal));
        foreach (var option in root.Options)
        {
            if (option is HelpOption { Action: HelpAction help } helpOption)
            {
                help.MaxWidth = terminal.Width;
                helpOption.Action = new HelpWithExamples(help);

                // The library's spellings from DOS: here /h is a path.
                helpOption.Aliases.Remove("/h");
                helpOption.Aliases.Remove("/?");
            }
        }

        return root;
    }

    /// <param name="args">The words after the program's name.</param>
    /// <param name="terminal">Where to read and write.</param>
    /// <param name="policies">The policies that can be named; null: those that come with Halfopen.</param>
    /// <param name="onlyChecks">See <see cref="VerbInvocation.OnlyChecks"/>.</param>
    public static async Task<int> RunAsync(string[] args, Terminal terminal, PolicyTable? policies = null, bool onlyChecks = false)
    {
        var code = await RunVerbAsync(Asked(args), terminal, policies ?? PolicyTable.Shipped, onlyChecks);
        try
        {
            terminal.Out.Flush();
        }
        catch (IOException e) when ((e.HResult & 0xFFFF) == BrokenPipe)
        {
            // The reader (head, less) went away: it has what it wanted.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk, a closed descriptor: a script must not take half a document for a whole one.
            return Fail(terminal, "the output could not be written: " + e.Message, ExitCode.FoundOrRefused);
        }

        return code;
    }

    /// <summary>What a command line is read with, here and in tests.</summary>
    public static ParseResult Parse(RootCommand root, string[] args) =>
        root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null }); // a path may begin with @

    /// <summary>"help VERB" is "VERB --help".</summary>
    private static string[] Asked(string[] args) => args is ["help", ..] ? [.. args[1..].Where(a => a != "help"), "--help"] : args;

    private static async Task<int> RunVerbAsync(string[] args, Terminal terminal, PolicyTable policies, bool onlyChecks)
    {
        var isJson = false;
        try
        {
            var parsed = Parse(Build(terminal, policies), args);
            isJson = ErrorDocument.IsWanted(parsed);

            // Who asks for help gets it whatever else is missing, but not that of another verb than he named.
            if (ParseProblem.Of(parsed, args) is { } problem
                && (parsed.Action is not HelpWithExamples || ParseProblem.IsWordUnknown(parsed)))
            {
                var typed = ParseProblem.Typed(parsed);
                return Fail(terminal, $"{OneLine(problem)} Try '{typed} --help'.", ExitCode.WrongUsage, isJson, typed);
            }

            var invocation = new VerbInvocation
            {
                EnableDefaultExceptionHandler = false,
                Output = terminal.Out,
                Error = terminal.Error,
                OnlyChecks = onlyChecks,
            };
            if (parsed.CommandResult.Command is VerbCommand { TakesBack: true })
            {
                invocation.ProcessTerminationTimeout = Timeout.InfiniteTimeSpan;
            }

            return await parsed.InvokeAsync(invocation);
        }
        catch (CliException e)
        {
            return Fail(terminal, e.Message, e.ExitCode, isJson);
        }
        catch (OperationCanceledException)
        {
            return Fail(terminal, "interrupted.", ExitCode.Interrupted, isJson);
        }
        catch (IOException e) when ((e.HResult & 0xFFFF) == BrokenPipe)
        {
            return ExitCode.Done;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            return Fail(terminal, e.Message, ExitCode.WrongUsage, isJson);
        }
        catch (IOException e)
        {
            return Fail(terminal, e.Message, ExitCode.FoundOrRefused, isJson);
        }
        catch (Exception e) when (Environment.GetEnvironmentVariable("HALFOPEN_TRACE") is null)
        {
            // A bug of ours. The trace is one variable away, and never in the face of somebody who wants their network
            // back.
            return Fail(terminal, $"internal error: {e.GetType().Name}: {e.Message} (run again with HALFOPEN_TRACE=1 and report the trace)",
                ExitCode.FoundOrRefused, isJson);
        }
    }

    private static int Fail(Terminal terminal, string message, int code, bool isJson = false, string typed = "halfopen")
    {
        var line = OneLine(message);
        terminal.Error.WriteLine($"{typed}: {line}");
        if (isJson && !terminal.HasDocument)
        {
            try
            {
                terminal.Out.WriteLine(new ErrorDocument(line, code));
            }
            catch (IOException)
            {
                // Nobody reads it; the line above and the exit code say the same.
            }
        }

        return code;
    }

    /// <summary>The parser lists what is allowed in lines that begin with a tab.</summary>
    private static string OneLine(string text) =>
        PlainText.Of(text.ReplaceLineEndings(" ").Replace("\t", "", StringComparison.Ordinal)).Trim();
}
