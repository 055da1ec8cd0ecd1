using HalfOpen.Cli.CommandLine;
using HalfOpen.Core;

namespace HalfOpen.Tests.Cli;

/// <summary>Runs the command line inside the test process, as a script would see it: no terminal, no colours.</summary>
internal static class CliRunner
{
    public static async Task<(int Code, string Out, string Error)> RunAsync(string[] args, string input = "", bool interactive = false,
        PolicyTable? policies = null, bool onlyChecks = false)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        var terminal =
            new Terminal(new StringReader(input), output, error, interactive, errorIsTerminal: false, useColor: false, width: 100);
        var code = await Application.RunAsync(args, terminal, policies, onlyChecks);
        return (code, output.ToString(), error.ToString());
    }
}
