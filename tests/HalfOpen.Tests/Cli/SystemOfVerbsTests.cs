using HalfOpen.Cli.CommandLine;
using HalfOpen.Cli.Verbs;
using HalfOpen.Core;
using Xunit;

namespace HalfOpen.Tests.Cli;

/// <summary>What works on Windows, and what says that it does not.</summary>
public sealed class SystemOfVerbsTests
{
    private static readonly string[] Everywhere = ["inspect", "patch", "restore", "simulate", "replay", "completions", "doctor", "man"];

    [Fact]
    public void Verbs_about_this_machines_sockets_need_Linux_and_say_so_in_one_line()
    {
        var terminal = new Terminal(TextReader.Null, TextWriter.Null, TextWriter.Null, false, false, false, 80);
        foreach (var verb in VerbList.Create(terminal, PolicyTable.Shipped))
        {
            verb.CheckSystem(isLinux: true);
            if (Everywhere.Contains(verb.Name))
            {
                verb.CheckSystem(isLinux: false);
                continue;
            }

            var refused = Assert.Throws<CliException>(() => verb.CheckSystem(isLinux: false));
            Assert.Equal(ExitCode.WrongUsage, refused.ExitCode);
            Assert.StartsWith($"'halfopen {verb.Name}' needs Linux.", refused.Message, StringComparison.Ordinal);
        }
    }
}
