using System.Diagnostics;
using System.Globalization;

namespace HalfOpen.Lab.Programs;

/// <summary>
/// What a program of the lab runs in: a process of its own that listens to the lab on its standard input and reports on
/// its standard output. It ends when its input ends, so nothing outlives the lab, not even after kill -9. Lines in:
/// <c>go</c>, <c>seen ADDRESS</c>. Lines out: <c>ready</c>, and <c>WORD TIME VALUES...</c>, where TIME is the machine's
/// monotonic clock.
/// </summary>
internal sealed class ProgramHost(TextReader input, TextWriter output)
{
    private readonly Lock _lock = new();

    /// <summary>Runs one program by name until the lab goes away.</summary>
    /// <returns>The exit code.</returns>
    public int Run(string name, IEnumerable<string> words)
    {
        var arguments = new ProgramArguments(words);
        Func<ProgramHost, Action<string>> start = name switch
        {
            "swarm" => host => new DialingProgram(host, arguments, new World.Internet { Seed = arguments.Seed }.Peers).Start(),
            "scanner" => host => new DialingProgram(host, arguments, new World.Internet { Seed = arguments.Seed }.Scanned).Start(),
            "load" => host => new DialingProgram(host, arguments, new World.Internet { Seed = arguments.Seed }.Service).Start(),
            "browser" => host => new Browser(host, arguments).Start(),
            "shell" => host => new Shell(host, arguments).Start(),
            "guard" => host => new GuardProgram(host, arguments).Start(),
            _ => throw new LabException($"the lab has no program '{name}'."),
        };

        if (name == "browser")
        {
            new Browser(this, arguments).WarmUp().GetAwaiter().GetResult();
        }

        if (name == "guard")
        {
            start(this); // it says "ready" itself, when packets are read
        }
        else
        {
            Report("ready");
        }

        Action<string>? hear = null;
        while (input.ReadLine() is { } line)
        {
            if (line == "go" && name != "guard")
            {
                hear = start(this);
            }
            else
            {
                hear?.Invoke(line);
            }
        }

        return 0;
    }

    /// <summary>One line to the lab. Thread-safe.</summary>
    public void Report(string word, params ReadOnlySpan<double> values)
    {
        var line = word + " " + Stopwatch.GetTimestamp().ToString(CultureInfo.InvariantCulture);
        foreach (var value in values)
        {
            line += " " + value.ToString("R", CultureInfo.InvariantCulture);
        }

        Write(line);
    }

    /// <summary>A line that is the end of this program. Thread-safe.</summary>
    public void ReportFailure(string message) => Write("failed " + message.ReplaceLineEndings(" "));

    private void Write(string line)
    {
        lock (_lock)
        {
            try
            {
                output.WriteLine(line);
                output.Flush();
            }
            catch (IOException)
            {
                Environment.Exit(0); // the lab is gone
            }
        }
    }
}
