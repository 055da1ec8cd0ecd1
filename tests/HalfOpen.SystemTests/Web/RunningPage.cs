using System.Diagnostics;
using System.Globalization;

namespace HalfOpen.SystemTests.Web;

/// <summary>The built program while it serves a page.</summary>
internal sealed class RunningPage : IDisposable
{
    private const string Before = "Open ";
    private readonly Process _process;

    /// <summary>Returns when the link is printed.</summary>
    /// <param name="onError">On standard error rather than on standard output.</param>
    public RunningPage(string[] words, bool onError = false)
    {
        _process = BuiltProgram.Start(words);
        var (told, other) = (_process.StandardOutput, _process.StandardError);
        if (onError)
        {
            (told, other) = (other, told);
        }

        var rest = other.ReadToEndAsync();
        while (Link is null)
        {
            var line = told.ReadLine() ?? throw new InvalidOperationException("no link: " + rest.Result);
            if (line.StartsWith(Before, StringComparison.Ordinal))
            {
                Link = new Uri(line[Before.Length..]);
            }
        }

        (Output, Errors) = onError ? (rest, told.ReadToEndAsync()) : (told.ReadToEndAsync(), rest);
    }

    public Uri Link { get; }

    public Task<string> Output { get; }

    public Task<string> Errors { get; }

    /// <summary>As Ctrl-C does; also where the tests were started deaf to it.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> EndAsync()
    {
        using (var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync();
        }

        return await EndedAsync();
    }

    /// <summary>When it ends by itself.</summary>
    public async Task<int> EndedAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    /// <summary>It does not outlive a test that failed.</summary>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}
