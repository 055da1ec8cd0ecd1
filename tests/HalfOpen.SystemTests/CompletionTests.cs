using System.Diagnostics;
using System.Text;
using Xunit;

namespace HalfOpen.SystemTests;

/// <summary>
/// Completion in the shells themselves, as somebody types who installed the script where the shell reads it.
/// </summary>
public sealed class CompletionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("halfopen-shells-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("simulate --scenario outb", "simulate --scenario outbreak ")] // a value
    [InlineData("simulate --pol", "simulate --policy ")]
    [InlineData("inspect only-f", "inspect only-file.sys ")] // a file, where files belong
    [InlineData("guard --exempt us", "guard --exempt user:")]
    [InlineData("guard --exempt user:roo", "guard --exempt user:root ")]
    [InlineData("simulate --policy fair+gi", "simulate --policy fair+give-up ")]
    [InlineData("replay --policy fair+nat-bu", "replay --policy fair+nat-budget=")]
    public async Task Zsh_reads_it_through_fpath_and_completes_at_the_first_Tab(string typed, string expected)
    {
        Needs("zsh");
        await PrepareAsync("zsh", "_halfopen");
        await File.WriteAllTextAsync(In(".zshrc"),
            $"fpath=('{_folder}' $fpath)\nautoload -Uz compinit\ncompinit -u -D\nPATH='{_folder}:'$PATH\ncd '{_folder}'\nPS1='READY> '\n");
        Assert.Contains("halfopen " + expected, await TypeAsync($"ZDOTDIR='{_folder}' zsh -i", "halfopen " + typed, expected),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("simulate --scenario outb", "simulate --scenario outbreak ")]
    [InlineData("simulate --policy=unl", "simulate --policy=unlimited ")] // bash takes it apart at the equals sign
    [InlineData("inspect only-f", "inspect only-file.sys ")]
    [InlineData("guard --exempt us", "guard --exempt user:")]
    [InlineData("guard --exempt user:roo", "guard --exempt user:root ")]
    [InlineData("simulate --policy fair+gi", "simulate --policy fair+give-up ")]
    [InlineData("replay --policy fair+nat-bu", "replay --policy fair+nat-budget=")]
    [InlineData("simulate --policy fifo,fair+gi", "simulate --policy fifo,fair+give-up ")]
    public async Task Bash_completes_at_the_first_Tab(string typed, string expected)
    {
        await PrepareAsync("bash", "halfopen.bash");
        await File.WriteAllTextAsync(In("rc"),
            $"source '{In("halfopen.bash")}'\nPATH='{_folder}:'$PATH\ncd '{_folder}'\nPS1='READY> '\n");
        Assert.Contains("halfopen " + expected, await TypeAsync($"bash --rcfile '{In("rc")}' -i", "halfopen " + typed, expected),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("simulate --scenario outb", "outbreak")]
    [InlineData("guard --outcomes b", "bpf")]
    [InlineData("guard --exempt user:roo", "user:root")]
    [InlineData("simulate --policy fair+gi", "fair+give-up")]
    [InlineData("replay --policy fair+nat-budget=50+gi", "fair+nat-budget=50+give-up")]
    [InlineData("inspect only-f", "only-file.sys")]
    [InlineData("status only-f", "")] // no file belongs there
    public async Task Fish_completes(string typed, string expected)
    {
        Needs("fish");
        await PrepareAsync("fish", "halfopen.fish");
        var found = await RunAsync(
            $"cd '{_folder}'; PATH='{_folder}:'$PATH fish -N -c \"source halfopen.fish; complete -C 'halfopen {typed}'\"");
        Assert.Equal(expected, found.Split('\t', '\n')[0]);
    }

    private static void Needs(string shell) => Assert.SkipUnless(
        Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(p => File.Exists(Path.Combine(p, shell))), "needs " + shell);

    private string In(string name) => Path.Combine(_folder, name);

    private async Task PrepareAsync(string shell, string name)
    {
        await File.WriteAllTextAsync(In("only-file.sys"), "");
        await File.WriteAllTextAsync(In(name), (await BuiltProgram.RunAsync(["completions", shell])).Out);
        File.CreateSymbolicLink(In("halfopen"), BuiltProgram.Script);
    }

    /// <summary>On a terminal: a line and one Tab; ends when what is expected stands there.</summary>
    private static async Task<string> TypeAsync(string shell, string keys, string expected)
    {
        var start = new ProcessStartInfo("script") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["TERM"] = "dumb";
        foreach (var arg in new[] { "-qefc", shell, "/dev/null" })
        {
            start.ArgumentList.Add(arg);
        }

        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var (output, buffer, isTyped) = (new StringBuilder(), new char[4096], false);
        try
        {
            while (await process.StandardOutput.ReadAsync(buffer, limit.Token) is > 0 and var count)
            {
                output.Append(buffer, 0, count);
                var text = output.ToString();
                if (!isTyped && text.Contains("READY>", StringComparison.Ordinal))
                {
                    isTyped = true;
                    await process.StandardInput.WriteAsync(keys + "\t");
                    await process.StandardInput.FlushAsync(limit.Token);
                }

                if (text.Contains("halfopen " + expected, StringComparison.Ordinal))
                {
                    break;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // What came is told by the assertion.
        }

        process.Kill(entireProcessTree: true);
        return output.ToString();
    }

    private static async Task<string> RunAsync(string command)
    {
        var start = new ProcessStartInfo("bash") { UseShellExecute = false, RedirectStandardOutput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(command);
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return output;
    }
}
