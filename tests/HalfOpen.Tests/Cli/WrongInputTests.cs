using System.Globalization;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Core;
using Xunit;

namespace HalfOpen.Tests.Cli;

/// <summary>Wrong words on the command line: one line that says what is allowed, exit code 2, nothing done.</summary>
public sealed class WrongInputTests
{
    [Theory]
    [InlineData("(did you mean freeze?): give freeze, router or good-host-dies. Try 'halfopen lab --help'", "lab", "--scenario", "frieze")]
    [InlineData("there is no control socket of a guard", "watch", "--socket", "/nonexistent", "--once", "--for", "1s")]
    [InlineData("give 0.1s to 1h (a number with ms, s, min or h", "watch", "--every", "0")]
    [InlineData("give 0s to 24h (a number with ms, s, min or h", "watch", "--for", "-1s")]
    [InlineData("--port '99999' is not allowed: give a whole number from 1 to 65535", "watch", "--web", "--port", "99999")]
    [InlineData("--port belongs to --web", "watch", "--port", "80")]
    [InlineData("--token-file keeps the link with --web and a --port", "watch", "--web", "--token-file", "x")]
    [InlineData("--token-file: /dev/null/x: Not a directory", "watch", "--web", "--port", "9", "--token-file", "/dev/null/x")]
    [InlineData("--web goes without --json", "watch", "--web", "--json")]
    [InlineData("there is no page 'nosuch'", "man", "nosuch")]
    [InlineData("there is no verb 'simulat' (did you mean simulate?)", "simulat")]
    [InlineData("there is no verb 'simulat' (did you mean simulate?)", "simulat", "--help")]
    [InlineData("there is no verb 'simulat' (did you mean simulate?)", "help", "simulat")]
    [InlineData("there is no verb 'halp' (did you mean help?)", "halp")]
    [InlineData("there is no verb 'version' (did you mean --version?)", "version")]
    [InlineData("there is no option '-help' (did you mean --help?)", "simulate", "-help")]
    [InlineData("'freeze' is one word too many (did you mean --scenario freeze?)", "simulate", "freeze")]
    [InlineData("'limit' is one word too many (did you mean --limit?)", "guard", "limit", "10")]
    [InlineData("has no option 'givup' (did you mean give-up?)", "simulate", "--policy", "fair+givup")]
    [InlineData("there is no page 'simulat' (did you mean simulate?)", "man", "simulat")]
    [InlineData("the name of the configuration file is empty", "guard", "-c", "")]
    [InlineData("/etc is a folder, and no configuration file", "guard", "--config", "/etc")]
    [InlineData("there is no verb '[foo]'", "[foo]")]
    [InlineData("there is no verb ''", "")]
    [InlineData("there is no option '--verison' (did you mean --version?)", "--verison")]
    [InlineData("there is no option '--polcy' (did you mean --policy?). Try 'halfopen simulate --help'", "simulate", "--polcy", "fair")]
    [InlineData("there is no option '--limt' (did you mean --limit?)", "simulate", "--policy", "fair", "--limt", "10")]
    [InlineData("there is no option '--jsn' (did you mean --json?)", "lab", "--svg", "--jsn")]
    [InlineData("there is no option '--recurze' (did you mean --recurse?)", "inspect", "--recurze")]
    [InlineData("'foo' is one word too many: lab takes options only", "lab", "foo")]
    [InlineData("Try 'halfopen lab real --help'", "lab", "real", "--speed")]
    [InlineData("'3' is one word too many: limit takes N and options", "limit", "2", "3")]
    [InlineData("--limit needs a value: Slots", "simulate", "--limit")]
    [InlineData("--seconds is given 2 times: give it once", "lab", "--seconds", "10", "--seconds", "20")]
    [InlineData("PATH is missing", "inspect")]
    [InlineData("shell 'fsh' is not allowed (did you mean fish?): give bash, zsh or fish", "completions", "fsh")]
    [InlineData("--speed '2,1' is not allowed: give a number from 1 to 20", "lab", "--speed", "2,1")]
    [InlineData("--seconds '400,0' is not allowed", "lab", "real", "--seconds", "400,0")]
    [InlineData("--seconds '1' is not allowed: give a number from 10 to 3600", "lab", "real", "--seconds", "1")]
    [InlineData("--limit ' 5' is not allowed", "replay", "--limit", " 5")]
    [InlineData("--limit '+5' is not allowed", "patch", "x", "--limit", "+5")]
    [InlineData("--limit '1e3' is not allowed", "simulate", "--limit", "1e3")]
    [InlineData("--limit '1,000 ' is not allowed", "simulate", "--limit", "1,000 ")]
    [InlineData("--parallel '0' is not allowed", "simulate", "--parallel", "0")]
    [InlineData("\"1e3\" is not allowed", "simulate", "--set", "swarm.concurrent=1e3")]
    [InlineData("no such field (did you mean concurrent?)", "simulate", "--set", "swarm.concurent=3")]
    [InlineData("there is no scenario 'freez' (did you mean freeze?)", "simulate", "--scenario", "freez")]
    [InlineData("--policy: there is no policy 'fiar' (did you mean fair?)", "simulate", "--policy", "fiar")]
    [InlineData("--plot is empty", "simulate", "--plot", "")]
    [InlineData("--plot '/nonexistent/x.svg': there is no folder '/nonexistent'", "simulate", "--plot", "/nonexistent/x.svg")]
    [InlineData("--svg '/nonexistent/x.svg': there is no folder '/nonexistent'", "lab", "--svg", "/nonexistent/x.svg")]
    [InlineData("--svg '/' is a folder", "lab", "--svg", "/")]
    [InlineData("--save '/nonexistent/x': there is no folder", "doctor", "--save", "/nonexistent/x")]
    [InlineData("cannot read '/nonexistent'", "replay", "/nonexistent")]
    [InlineData("the name of the file is empty", "replay", "")]
    [InlineData("cannot read '/'", "replay", "/")]
    [InlineData("--replay '/nonexistent': there is no such file", "simulate", "--replay", "/nonexistent", "-p", "fair", "-l", "10")]
    [InlineData("/nonexistent", "inspect", "/nonexistent")]
    [InlineData("/nonexistent", "patch", "/nonexistent")]
    [InlineData("/nonexistent", "restore", "/nonexistent")]
    [InlineData("/nonexistent", "doctor", "/nonexistent")]
    [InlineData("/nonexistent", "doctor", "--from", "/nonexistent")]
    [InlineData("/nonexistent is no folder", "patch", "/dev/null", "--backup", "/nonexistent")]
    [InlineData("there is no configuration file /nonexistent", "guard", "--config", "/nonexistent")]
    [InlineData("--probe '1.2.3:443' is not allowed", "doctor", "--probe", "1.2.3:443")]
    [InlineData("--probe 'x:+5' is not allowed", "doctor", "--probe", "x:+5")]
    [InlineData("--explain 'router-tabel' is no finding", "doctor", "--explain", "router-tabel")]
    [InlineData("--exempt 'to:1.2.3': '1.2.3' is not an IPv4 or IPv6 address or prefix", "guard", "--exempt", "to:1.2.3")]
    [InlineData("--exempt 'to:01.02.03.04'", "guard", "--exempt", "to:01.02.03.04")]
    [InlineData("--exempt 'to:1'", "guard", "--exempt", "to:1")]
    [InlineData("--exempt 'user:+5'", "guard", "--exempt", "user:+5")]
    [InlineData("--metrics '1:9226'", "guard", "--metrics", "1:9226")]
    [InlineData("--policy 'fiar': give fair, windows-xp, fifo or unlimited (did you mean fair?)", "guard", "--policy", "fiar")]
    [InlineData("--hold-cap '30'", "guard", "--hold-cap", "30")]
    [InlineData("--socket '' is no control socket", "status", "--socket", "")]
    [InlineData("--socket '/' is no control socket", "limit", "5", "--socket", "/")]
    public async Task It_is_one_line_and_exit_code_2(string says, params string[] words)
    {
        var (code, output, error) = await CliRunner.RunAsync(words);
        Assert.Equal(2, code);
        Assert.Equal(words.Contains("--json") ? new ErrorDocument(error.Trim()["halfopen: ".Length..], 2) + "\n" : "",
            output.ReplaceLineEndings("\n"));
        Assert.Contains(says, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Help_of_a_verb_can_be_asked_for_in_two_ways()
    {
        foreach (string[] words in (string[][])[["simulate"], ["lab", "real"], []])
        {
            var asked = await CliRunner.RunAsync(["help", .. words]);
            Assert.Equal(await CliRunner.RunAsync([.. words, "--help"]), asked);
            Assert.Equal((0, ""), (asked.Code, asked.Error));
        }
    }

    [Fact]
    public async Task A_file_whose_name_begins_like_an_option_or_a_response_file_is_a_file()
    {
        Assert.Contains("@x: no such file", (await CliRunner.RunAsync(["inspect", "@x"])).Error, StringComparison.Ordinal);
        Assert.Contains("cannot read '--x'", (await CliRunner.RunAsync(["replay", "--", "--x"])).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_people_write_a_decimal_comma_everything_is_read_and_told_as_elsewhere()
    {
        var before = CultureInfo.CurrentCulture;
        var comma = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        (comma.NumberFormat.NumberDecimalSeparator, comma.NumberFormat.NumberGroupSeparator) = (",", ".");
        comma.NumberFormat.NegativeSign = "~";
        CultureInfo.CurrentCulture = comma;
        try
        {
            Assert.Equal(2.5, NumberText.Real("2.5"));
            Assert.Null(NumberText.Real("2,5"));
            Assert.Null(NumberText.Whole("1.000"));
            Assert.Contains("0.1s to 1h", (await CliRunner.RunAsync(["watch", "--every", "0,5s"])).Error, StringComparison.Ordinal);
            Assert.Contains("a number from 1 to 20", (await CliRunner.RunAsync(["lab", "--speed", "2,1"])).Error, StringComparison.Ordinal);
            var table = await CliRunner.RunAsync(["simulate", "-p", "fair", "-l", "10", "--set", "durationSeconds=5.5", "--csv"]);
            Assert.Equal((0, ""), (table.Code, table.Error));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void One_table_of_exit_codes()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "exit-codes.md"));
        Assert.All(ExitCode.Table, row => Assert.Contains($"| {row.Code} | {row.Meaning} |", page, StringComparison.Ordinal));
        Assert.Equal(ExitCode.Table.Count, page.Split('\n').Count(line => line.Length > 2 && line[0] == '|' && char.IsAsciiDigit(line[2])));
    }
}
