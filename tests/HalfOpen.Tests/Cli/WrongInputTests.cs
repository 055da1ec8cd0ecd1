using Xunit;

namespace HalfOpen.Tests.Cli;

/// <summary>Wrong words on the command line: one line that says what is allowed, exit code 2, nothing done.</summary>
public sealed class WrongInputTests
{
    [Theory]
    [InlineData("Must be one of: 'freeze' 'router' 'good-host-dies' Try 'halfopen lab --help'", "lab", "--scenario", "frieze")]
    [InlineData("there is no control socket of a guard", "watch", "--socket", "/nonexistent", "--once", "--for", "1s")]
    [InlineData("at least 0.1s is needed", "watch", "--every", "0")]
    [InlineData("a duration like 10s or 2m is needed", "watch", "--for", "-1s")]
    [InlineData("--port: 1 to 65535", "watch", "--web", "--port", "99999")]
    [InlineData("--port belongs to --web", "watch", "--port", "80")]
    [InlineData("--token-file keeps the link with --web and a --port", "watch", "--web", "--token-file", "x")]
    [InlineData("--token-file: /dev/null/x: Not a directory", "watch", "--web", "--port", "9", "--token-file", "/dev/null/x")]
    [InlineData("--web goes without --json", "watch", "--web", "--json")]
    [InlineData("there is no page 'nosuch'", "man", "nosuch")]
    public async Task It_is_one_line_and_exit_code_2(string says, params string[] words)
    {
        var (code, output, error) = await CliRunner.RunAsync(words);
        Assert.Equal((2, ""), (code, output));
        Assert.Contains(says, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }
}
