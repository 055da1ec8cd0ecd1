using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace HalfOpen.Cli.CommandLine;

/// <summary>The library's help, followed by the verb's examples.</summary>
internal sealed class HelpWithExamples(HelpAction inner) : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        var code = inner.Invoke(parseResult);
        if (parseResult.CommandResult.Command is VerbCommand { Examples.Count: > 0 } verb)
        {
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (var (commandLine, meaning) in verb.Examples)
            {
                // A command that is broken has the backslash of a shell, so that it can be pasted all the same.
                Write("  ", commandLine, 6, " \\");
                Write("      ", meaning, 6, "");
            }

            output.WriteLine();
        }

        return code;

        void Write(string before, string text, int indent, string atBreak)
        {
            parseResult.InvocationConfiguration.Output.Write(before);
            foreach (var line in WordWrap.Lines(text, inner.MaxWidth, indent, before.Length, atBreak))
            {
                parseResult.InvocationConfiguration.Output.WriteLine(line);
            }
        }
    }
}
