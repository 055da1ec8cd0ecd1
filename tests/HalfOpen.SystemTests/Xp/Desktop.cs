using System.Diagnostics;
using System.Runtime.CompilerServices;
using HalfOpen.SystemTests.Guard;

namespace HalfOpen.SystemTests.Xp;

/// <summary>
/// A screen of its own (Xvfb) with a window manager, and hands for it (xdotool). Everything on it ends with it.
/// </summary>
internal sealed class Desktop : IDisposable
{
    /// <summary>Where pictures go that the documentation keeps; null: none are taken.</summary>
    private static readonly string? Pictures = Environment.GetEnvironmentVariable("HALFOPEN_SCREENSHOTS");

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<Process> _processes = [];
    private readonly string _display;

    public Desktop([CallerFilePath] string source = "")
    {
        // Without -noreset a screen begins anew when its last client leaves: below that would be xdotool, and jwm would
        // be thrown out while it comes.
        var screen = Add(Begin("Xvfb", "-displayfd", "1", "-noreset", "-screen", "0", "800x600x24", "-nolisten", "tcp"));
        _display = ":" + screen.StandardOutput.ReadLine();
        Add(Begin("jwm", "-f", Path.Combine(Path.GetDirectoryName(source)!, "desktop.jwmrc")));
        var until = Stopwatch.StartNew();
        while (Tool("get_num_desktops").Trim() != "1") // answered as soon as a window manager is there
        {
            if (until.Elapsed > Patience)
            {
                throw new TimeoutException("no window manager; " + Ended());
            }

            Thread.Sleep(50);
        }
    }

    public static void Need()
    {
        MonoProgram.Need();
        Needs.Program("/usr/bin/Xvfb", "xvfb");
        Needs.Program("/usr/bin/xdotool", "xdotool");
        Needs.Program("/usr/bin/jwm", "jwm");
    }

    public static bool TakesPictures => Pictures is not null;

    public Process Open(string executable, params string[] args) => Add(MonoProgram.Start(executable, args, _display));

    /// <summary>Waits for a window whose title matches, and puts it in front.</summary>
    /// <returns>Its number, for <see cref="WaitGone"/>.</returns>
    public string WaitFor(string title)
    {
        var until = Stopwatch.StartNew();
        while (until.Elapsed < Patience)
        {
            var found = Windows(title);
            if (found.Length > 0)
            {
                Tool("windowactivate", "--sync", found[^1]);
                return found[^1];
            }

            Thread.Sleep(50);
        }

        throw new TimeoutException($"no window '{title}'; there are: {string.Join(" | ", Texts())}; {Ended()}");
    }

    /// <summary>
    /// Waits for a text in any window. Under mono every label and button is an X window, named as what it shows.
    /// </summary>
    public void WaitForText(string part)
    {
        var until = Stopwatch.StartNew();
        while (!Texts().Exists(t => t.Contains(part, StringComparison.Ordinal)))
        {
            if (until.Elapsed > Patience)
            {
                throw new TimeoutException($"no text '{part}'; there are: {string.Join(" | ", Texts())}");
            }

            Thread.Sleep(50);
        }
    }

    /// <summary>Every text on the screen.</summary>
    public List<string> Texts() =>
    [
        .. Tool("search", "--onlyvisible", "--name", "").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(w => Tool("getwindowname", w).Trim()).Where(t => t.Length > 0),
    ];

    public void WaitGone(string window)
    {
        var until = Stopwatch.StartNew();
        while (Windows("").Contains(window))
        {
            if (until.Elapsed > Patience)
            {
                throw new TimeoutException("the window stays; there are: " + string.Join(" | ", Texts()));
            }

            Thread.Sleep(50);
        }
    }

    /// <summary>Clicks on the control that shows this text.</summary>
    public void Click(string text)
    {
        WaitForText(text);
        var control = Tool("search", "--onlyvisible", "--name", text).Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
        Tool("mousemove", "--window", control, "12", "8", "click", "1");
    }

    public void Press(string key) => Tool("key", "--clearmodifiers", key);

    /// <summary>
    /// Presses a key that opens a window, again if it does not: on a busy machine a window that has just come to the
    /// front may not have the keyboard yet. The window that is opened does not know the key.
    /// </summary>
    public void PressFor(string key, string title, string front)
    {
        for (var attempt = 0; attempt < 5; attempt++)
        {
            WaitFor(front);
            Press(key);
            for (var i = 0; i < 200; i++)
            {
                if (Windows(title).Length > 0)
                {
                    return;
                }

                Thread.Sleep(50);
            }
        }
    }

    /// <summary>Keeps a picture of all windows, when pictures are wanted; ImageMagick takes it.</summary>
    public void Picture(string name)
    {
        if (Pictures is not null)
        {
            Tool("mousemove", "799", "599");
            Thread.Sleep(1500); // for what is still being drawn
            var file = Path.Combine(Pictures, name + ".png");
            using var import = Begin("import", "-window", "root", file);
            import.WaitForExit();
            using var trim = Begin("convert", file, "-trim", "+repage", "-strip", "-colors", "128", "PNG8:" + file);
            trim.WaitForExit();
        }
    }

    public void Dispose()
    {
        _processes.Reverse();
        foreach (var process in _processes)
        {
            if (!process.HasExited)
            {
                // Asked, not killed: a screen that is killed leaves its lock behind.
                using var kill = Process.Start("/bin/kill", ["-TERM", process.Id.ToString()]);
                kill.WaitForExit();
                if (!process.WaitForExit(TimeSpan.FromSeconds(10)))
                {
                    process.Kill();
                    process.WaitForExit();
                }
            }

            process.Dispose();
        }
    }

    /// <summary>What ended, with its last words.</summary>
    private string Ended() => string.Join("; ", _processes.Where(p => p.HasExited).Select(p =>
        $"{p.StartInfo.FileName} ended with {p.ExitCode}: {p.StandardError.ReadToEnd()}"));

    /// <summary>Windows with a title: those that the window manager has put into a frame, so two levels down.</summary>
    private string[] Windows(string title) =>
        Tool("search", "--onlyvisible", "--maxdepth", "2", "--name", title).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private string Tool(params string[] args)
    {
        using var tool = Begin("xdotool", args);
        var output = tool.StandardOutput.ReadToEnd();
        tool.WaitForExit();
        return output;
    }

    private Process Add(Process process)
    {
        _processes.Add(process);
        return process;
    }

    private Process Begin(string program, params string[] args)
    {
        var start = new ProcessStartInfo(program) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        Array.ForEach(args, start.ArgumentList.Add);
        start.Environment["DISPLAY"] = _display;
        start.Environment["LC_ALL"] = "C.UTF-8";
        return Process.Start(start)!;
    }
}
