using System.Diagnostics;
using System.Globalization;

namespace HalfOpen.Lab.Runs;

/// <summary>A line that a program of the lab wrote: word, time on the machine's monotonic clock, values.</summary>
internal readonly record struct Report(string Word, long Time, double[] Values);

/// <summary>One running program of the lab, as the lab sees it. Thread-safe.</summary>
internal sealed class LabProcess : IDisposable
{
    private readonly Process _process;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly string _name;
    private readonly Task<string> _errors;
    private volatile bool _ending;

    /// <param name="heard">Called for each report, one at a time.</param>
    public LabProcess(string name, Process process, Action<Report> heard)
    {
        _name = name;
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
        _ = Task.Run(() => Listen(heard));
    }

    /// <summary>The program is set up; fails when it cannot be.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Why it ended though nobody asked it to; null: it runs.</summary>
    public string? Failure { get; private set; }

    public void Tell(string line)
    {
        lock (_lock)
        {
            try
            {
                _process.StandardInput.WriteLine(line);
                _process.StandardInput.Flush();
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
            {
                // it is gone; Failure says so
            }
        }
    }

    /// <summary>Ends the program: politely, by the end of its input; after two seconds by force.</summary>
    public void Dispose()
    {
        _ending = true;
        try
        {
            lock (_lock)
            {
                _process.StandardInput.Close();
            }
        }
        catch (IOException)
        {
            // gone already
        }

        if (!_process.WaitForExit(TimeSpan.FromSeconds(2)))
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private async Task Listen(Action<Report> heard)
    {
        try
        {
            while (await _process.StandardOutput.ReadLineAsync() is { } line)
            {
                if (line.StartsWith("failed ", StringComparison.Ordinal))
                {
                    Fail(line[7..]);
                }
                else if (line.StartsWith("ready", StringComparison.Ordinal))
                {
                    _ready.TrySetResult();
                }
                else if (Parse(line) is { } report)
                {
                    heard(report);
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // ended while we read
        }

        if (!_ending)
        {
            var error = (await _errors).Split('\n')[0].Trim();
            Fail(error.Length > 0 ? error : "it ended by itself");
        }
    }

    private void Fail(string message)
    {
        Failure ??= $"the lab's {_name} failed: {message}";
        _ready.TrySetException(new LabException(Failure));
    }

    private static Report? Parse(string line)
    {
        var words = line.Split(' ');
        if (words.Length < 2 || !long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var time))
        {
            return null;
        }

        var values = new double[words.Length - 2];
        for (var i = 0; i < values.Length; i++)
        {
            if (!double.TryParse(words[i + 2], NumberStyles.Float, CultureInfo.InvariantCulture, out values[i]))
            {
                return null;
            }
        }

        return new Report(words[0], time, values);
    }
}
