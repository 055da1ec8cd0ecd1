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
    public static async Task<int> RunAsync(string[] args, Terminal terminal, PolicyTable? policies = null)
    {
        var code = await RunVerbAsync(args, terminal, policies ?? PolicyTable.Shipped);
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

    private static async Task<int> RunVerbAsync(string[] args, Terminal terminal, PolicyTable policies)
    {
        try
        {
            var parsed = Build(terminal, policies).Parse(args);
            if (parsed.Errors.Count > 0 && parsed.Action is not HelpWithExamples)
            {
                var verb = parsed.CommandResult.Command is VerbCommand command ? " " + command.Name : "";
                terminal.Error.WriteLine($"halfopen{verb}: {OneLine(Plain(parsed.Errors[0].Message))} Try 'halfopen{verb} --help'.");
                return ExitCode.WrongUsage;
            }

            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                Output = terminal.Out,
                Error = terminal.Error,
            });
        }
        catch (CliException e)
        {
            return Fail(terminal, e.Message, e.ExitCode);
        }
        catch (OperationCanceledException)
        {
            return Fail(terminal, "interrupted.", ExitCode.Interrupted);
        }
        catch (IOException e) when ((e.HResult & 0xFFFF) == BrokenPipe)
        {
            return ExitCode.Done;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail(terminal, e.Message, ExitCode.FoundOrRefused);
        }
        catch (Exception e) when (Environment.GetEnvironmentVariable("HALFOPEN_TRACE") is null)
        {
            // A bug of ours. The trace is one variable away, and never in the face of somebody who wants their network
            // back.
            return Fail(terminal, $"internal error: {e.GetType().Name}: {e.Message} (run again with HALFOPEN_TRACE=1 and report the trace)",
                ExitCode.FoundOrRefused);
        }
    }

    private static int Fail(Terminal terminal, string message, int code)
    {
        terminal.Error.WriteLine("halfopen: " + OneLine(message));
        return code;
    }

    /// <summary>The library names the type of .NET that a value should have had; people know numbers.</summary>
    private static string Plain(string message)
    {
        var at = message.LastIndexOf(" as expected type '", StringComparison.Ordinal);
        var wanted = at < 0 ? null
            : message.AsSpan(at).Contains("Double", StringComparison.Ordinal) ? "not a number"
            : message.AsSpan(at).Contains("Int", StringComparison.Ordinal) ? "not a whole number in range"
            : null;
        return wanted is null ? message : $"{message[..at]}: {wanted}.";
    }

    /// <summary>The parser lists what is allowed in lines that begin with a tab.</summary>
    private static string OneLine(string text) =>
        PlainText.Of(text.ReplaceLineEndings(" ").Replace("\t", "", StringComparison.Ordinal)).Trim();
}
