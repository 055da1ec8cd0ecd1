using System.Diagnostics;
using System.Text;
using HalfOpen.SystemTests.Drivers;
using Xunit;

namespace HalfOpen.SystemTests;

/// <summary>
/// The program on a real terminal (util-linux's script makes one), and with an output that cannot be written.
/// </summary>
public sealed class TerminalTests : IDisposable
{
    private const char Escape = '\e';
    private readonly DriverTree _tree = new(copies: 1);

    public void Dispose() => _tree.Dispose();

    [Theory]
    [InlineData("inspect $D/copy00")]
    [InlineData("inspect $D/copy00 < /dev/null")]
    [InlineData("patch --help")]
    [InlineData("--version")]
    public async Task NO_COLOR_keeps_every_escape_sequence_away(string arguments)
    {
        var (code, output, error) = await _tree.ShellAsync($"NO_COLOR=1 TERM=xterm script -qec \"$H {arguments}\" /dev/null");
        Assert.True(code == 0, output + error);
        Assert.NotEmpty(output);
        Assert.DoesNotContain(Escape, output);
    }

    [Fact]
    public async Task On_a_terminal_there_are_colours_and_nothing_else()
    {
        var (code, output, error) = await _tree.ShellAsync("unset NO_COLOR; TERM=xterm script -qec \"$H inspect $D/copy00\" /dev/null");
        Assert.True(code == 0, output + error);
        Assert.Contains(Escape + "[32m", output, StringComparison.Ordinal);
        Assert.All(output.Split(Escape).Skip(1), s => Assert.Matches("^\\[[0-9]+m", s));
    }

    [Fact]
    public async Task In_a_pipe_there_are_no_colours()
    {
        var (code, output, _) = await _tree.ShellAsync("unset NO_COLOR; TERM=xterm $H inspect $D/copy00");
        Assert.Equal(0, code);
        Assert.DoesNotContain(Escape, output);
    }

    [Theory]
    [InlineData("\u0003", 130, "interrupted.")]
    [InlineData("n\n", 1, "nothing was written.")]
    [InlineData("\u0004", 1, "nothing was written.")]
    [InlineData("y\n", 0, "Done")]
    public async Task The_question_takes_an_answer_or_Ctrl_C(string keys, int expected, string says)
    {
        var driver = _tree.Originals.Keys.Single();
        var start = new ProcessStartInfo("script") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var arg in new[] { "-qefc", $"{BuiltProgram.Script} patch {driver}", "/dev/null" })
        {
            start.ArgumentList.Add(arg);
        }

        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var output = new StringBuilder();
        var buffer = new char[4096];
        var isAnswered = false;
        int count;
        while ((count = await process.StandardOutput.ReadAsync(buffer, limit.Token)) > 0)
        {
            output.Append(buffer, 0, count);
            if (!isAnswered && output.ToString().Contains("[y/N]", StringComparison.Ordinal))
            {
                isAnswered = true;
                await process.StandardInput.WriteAsync(keys);
                await process.StandardInput.FlushAsync(limit.Token);
            }
        }

        await process.WaitForExitAsync(limit.Token);
        Assert.True(process.ExitCode == expected, output.ToString());
        Assert.Contains(says, output.ToString(), StringComparison.Ordinal);
        Assert.Equal(expected == 0 ? 2 : 0, _tree.FilesOfOurs.Count());
        Assert.Equal(expected != 0, File.ReadAllBytes(driver).SequenceEqual(_tree.Originals[driver]));
    }

    /// <summary>In a terminal, where every child gets the signal, too. What is typed first starts the work.</summary>
    [Theory]
    [InlineData("simulate --scenario outbreak --hosts 4000000 --plot $D/out", "%", "")]
    [InlineData("simulate --policy fair --limit 10 --set durationSeconds=2500000 --record $D/out --json", "", "")]
    [InlineData("simulate --policy fair --limit 10 --set durationSeconds=2500000 --timeline $D/out", "", "")]
    [InlineData("replay", "\"counted\"", "{\"t\":0,\"submit\":1,\"program\":\"a\",\"destination\":\"10.0.0.1:443\"}\n")]
    [InlineData("inspect /usr --recurse", "searched", "")]
    [InlineData("lab --svg $D/out", "%", "")]
    public async Task Ctrl_C_ends_a_long_job(string arguments, string sign, string typed)
    {
        if (arguments.StartsWith("lab", StringComparison.Ordinal))
        {
            Guard.Needs.Root();
        }

        var folder = Directory.CreateTempSubdirectory("halfopen-ctrl-c-");
        try
        {
            var start = new ProcessStartInfo("script")
                { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
            foreach (var arg in (string[])["-qefc", $"{BuiltProgram.Script} {arguments.Replace("$D", folder.FullName)}", "/dev/null"])
            {
                start.ArgumentList.Add(arg);
            }

            using var process = Process.Start(start)!;
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
            await process.StandardInput.WriteAsync(typed);
            await process.StandardInput.FlushAsync(limit.Token);
            var output = new StringBuilder();
            var buffer = new char[4096];
            var isStopped = false;
            while (true)
            {
                var read = process.StandardOutput.ReadAsync(buffer, limit.Token).AsTask();
                if (!isStopped && sign.Length == 0)
                {
                    await Task.Delay(TimeSpan.FromSeconds(3), limit.Token); // it says nothing on the way
                }

                if (!isStopped && (sign.Length == 0 || output.ToString().Contains(sign, StringComparison.Ordinal)))
                {
                    isStopped = true;
                    await process.StandardInput.WriteAsync("\u0003");
                    await process.StandardInput.FlushAsync(limit.Token);
                }

                if (await read is var count && count == 0)
                {
                    break;
                }

                output.Append(buffer, 0, count);
            }

            await process.WaitForExitAsync(limit.Token);
            Assert.True(process.ExitCode == 130, output.ToString());
            Assert.Contains("interrupted.", output.ToString(), StringComparison.Ordinal);
            Assert.Single(output.ToString().Split('\n'), l => l.Contains("halfopen: ", StringComparison.Ordinal));
            Assert.Empty(folder.GetFileSystemInfos());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData(">/dev/full")]
    [InlineData(">&-")]
    public async Task An_output_that_cannot_be_written_is_a_failure(string redirection)
    {
        var (code, _, error) = await _tree.ShellAsync("$H inspect $D/copy00 --json " + redirection);
        Assert.Equal(1, code);
        Assert.Contains("could not be written", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("2>&-")]
    [InlineData("2>/dev/full")]
    [InlineData(">&- 2>&-")]
    [InlineData(">/dev/full 2>/dev/full")]
    public async Task Errors_that_nobody_can_read_change_no_exit_code(string redirection)
    {
        foreach (var (arguments, expected) in new[] { ("nosuch", 2), ("replay /nonexistent", 2), ("inspect /dev/null", 1) })
        {
            var (code, _, error) = await _tree.ShellAsync($"$H {arguments} {redirection}");
            Assert.True(code == expected, $"{arguments} {redirection}: {code} {error}");
        }
    }

    [Fact]
    public async Task A_reader_that_goes_away_is_none()
    {
        var (code, output, error) = await _tree.ShellAsync("$H simulate --show freeze | true; echo ${PIPESTATUS[0]}");
        Assert.Equal(0, code);
        Assert.Equal("0", output.Trim());
        Assert.Empty(error);
    }

    [Fact]
    public async Task Bash_completes_verbs_flags_and_files()
    {
        const string Complete = """
            cd "$D" && ln -s "$H" halfopen && source <(./halfopen completions bash) || exit
            try() { COMP_LINE=$1 COMP_POINT=${#1}; read -ra COMP_WORDS <<<"$1"; COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _halfopen ./halfopen; echo "${COMPREPLY[*]}"; }
            try './halfopen ins'; try './halfopen patch --lim'; try './halfopen inspect cop'; try './halfopen cop'
            """;
        var (code, output, error) = await _tree.ShellAsync(Complete);
        Assert.True(code == 0, error);
        Assert.Equal(["inspect", "--limit", "copy00", ""], output.TrimEnd('\n').Split('\n').Append("").Take(4));
    }
}
