using HalfOpen.Cli.CommandLine;
using HalfOpen.Simulation.Experiments;

namespace HalfOpen.Cli.Simulate;

/// <summary>What <c>--assert</c> asks of every row of the table, and what was seen.</summary>
internal sealed class Assertions
{
    private readonly List<Assertion> _all;

    /// <param name="texts">As they were given.</param>
    /// <exception cref="CliException">One of them is not understood.</exception>
    public Assertions(IEnumerable<string> texts) => _all = [.. texts.Select(text => Assertion.Parse(text, out var problem)
        ?? throw CliException.Usage($"--assert '{text}' is not understood: {problem}."))];

    /// <summary>Every assertion with every row, in their order.</summary>
    /// <exception cref="CliException">No row has what is named: the name is wrong, or the scenario is.</exception>
    public IReadOnlyList<(Assertion Assertion, Summary Row)> On(string scenario, IReadOnlyList<Summary> rows)
    {
        foreach (var assertion in _all)
        {
            if (rows.All(r => assertion.Seen(r) is null))
            {
                var programs = string.Join(", ", rows[0].AttemptsPerSecond.Keys.Take(20));
                throw CliException.Usage($"--assert '{assertion.Text}': there is nothing of the kind in the scenario {scenario}"
                    + (assertion.Program is null ? "." : $"; its programs are {programs}."));
            }
        }

        return [.. _all.SelectMany(a => rows.Select(r => (a, r)))];
    }

    /// <summary>One line for each that does not hold; the exit code.</summary>
    public static int Report(Terminal terminal, IReadOnlyList<(Assertion Assertion, Summary Row)> checks)
    {
        var failed = checks.Where(c => !c.Assertion.Holds(c.Row)).ToList();
        foreach (var (assertion, row) in failed)
        {
            terminal.Error.WriteLine($"halfopen: '{assertion.Text}' does not hold: {Name(row)}: {assertion.Words(row)}.");
        }

        return failed.Count > 0 ? ExitCode.FoundOrRefused : ExitCode.Done;
    }

    /// <summary>How a row is called: fair + give-up at 10.</summary>
    public static string Name(Summary row) => row.Label + (row.Limit is { } limit ? $" at {limit}" : "");
}
