using System.Diagnostics;
using HalfOpen.Cli.CommandLine;
using Xunit;

namespace HalfOpen.Tests.Cli;

/// <summary>What stands at the foot of a picture is the command, whatever its words: a shell reads it back.</summary>
public sealed class TypedCommandTests
{
    [Theory]
    [InlineData("simulate", "--policy", "fair+give-up", "--limit", "10:400")]
    [InlineData("", " ", "it's", "a\"b", "$HOME `id` $(id) !x", "*", "~", "#", ";&|<>()", "\\", "\\'", "''")]
    [InlineData("two\nlines", "\t", "\e[2J", "\u202eevil", "späße", "日本", "-n", "--x='y'")]
    public async Task A_shell_reads_the_same_words(params string[] words)
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "skipped: needs bash");
        var typed = TypedCommand.Of(words);
        Assert.DoesNotContain(typed, c => char.IsControl(c) || c == '\u202e');
        var start = new ProcessStartInfo("/bin/bash") { UseShellExecute = false, RedirectStandardOutput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("printf '%s\\0' " + typed);
        using var shell = Process.Start(start)!;
        var read = await shell.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal(words, read.Split('\0')[..^1]);
    }
}
