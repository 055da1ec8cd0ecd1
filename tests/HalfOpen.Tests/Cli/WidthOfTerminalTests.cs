using HalfOpen.Cli.CommandLine;
using HalfOpen.Cli.Watch;
using HalfOpen.Core;
using Xunit;

namespace HalfOpen.Tests.Cli;

/// <summary>Help and welcome on terminals of 60 to 200 columns: lines fit, and no word is broken.</summary>
public sealed class WidthOfTerminalTests
{
    public static TheoryData<int, string> Pages()
    {
        var data = new TheoryData<int, string>();
        foreach (var width in (int[])[60, 72, 80, 100, 133, 200])
        {
            data.Add(width, "");
            data.Add(width, "--help");
            foreach (var verb in Root().Subcommands.Where(c => !c.Hidden))
            {
                data.Add(width, verb.Name + " --help");
            }

            data.Add(width, "lab real --help");
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Lines_fit_and_words_are_whole(int width, string commandLine)
    {
        var output = new StringWriter();
        var args = commandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var code = await Application.RunAsync(args, new Terminal(TextReader.Null, output, TextWriter.Null, false, false, false, width));
        Assert.Equal(0, code);
        var lines = output.ToString().ReplaceLineEndings("\n").Split('\n');
        Assert.All(lines, line => Assert.True(TextWidth.Of(line.TrimEnd()) <= width || line.Trim(' ', '\\').Split(' ').Length == 1, line));
        var words = lines.SelectMany(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToHashSet(StringComparer.Ordinal);
        var command = args.Length == 0 ? Root() : Application.Parse(Root(), args).CommandResult.Command;
        var texts = command.Options.Where(o => !o.Hidden && args.Length > 0).Select(o => o.Description)
            .Concat(command.Subcommands.Where(c => !c.Hidden).Select(c => c.Description))
            .Concat(args.Length > 0 ? [command.Description] : []);
        Assert.All(texts.SelectMany(t => (t ?? "").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries)),
            w => Assert.Contains(w, words));
    }

    [Fact]
    public void A_long_command_is_broken_so_that_a_shell_takes_it() => Assert.Equal(["one two \\", "  three"],
        WordWrap.Lines("one two three", 12, 2, 0, " \\"));

    [Theory]
    [InlineData(0.01, 1, "")]
    [InlineData(0.5, 10, "10 s left")]
    [InlineData(0.25, 10, "30 s left")]
    [InlineData(0.1, 60, "9 min left")]
    [InlineData(1, 60, "")]
    public void Time_left(double share, int seconds, string words)
    {
        var clock = new SteppedClock();
        var left = new TimeLeft(clock);
        clock.Seconds = seconds;
        Assert.Equal(words, left.Words(share));
    }

    private static System.CommandLine.RootCommand Root() =>
        Application.Build(new Terminal(TextReader.Null, TextWriter.Null, TextWriter.Null, false, false, false, 100), PolicyTable.Shipped);

    private sealed class SteppedClock : TimeProvider
    {
        public long Seconds { get; set; }

        public override long TimestampFrequency => 7;

        public override long GetTimestamp() => Seconds * 7;
    }
}
