using HalfOpen.Cli.CommandLine;
using HalfOpen.Diagnosis.Facts;
using HalfOpen.Linux;
using HalfOpen.Linux.Collecting;

namespace HalfOpen.Cli.Doctor;

/// <summary>Looks at the machine that we run on.</summary>
internal static class LiveMachine
{
    /// <exception cref="CliException">This is no Linux, or its kernel tells nothing.</exception>
    public static MachineFacts Look(Terminal terminal, TimeSpan watch, bool everywhere, bool quiet, CancellationToken cancellation)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw CliException.Usage("a running machine is looked at on Linux only: save the output of 'netstat -no' here and give the "
                + "file to 'halfopen doctor'.");
        }

        var shows = terminal.ErrorIsTerminal && !quiet;
        try
        {
            var facts = new LinuxCollector().Collect(watch, everywhere, shows ? passed => Progress(terminal, passed, watch) : null,
                cancellation);
            return facts with { Guard = GuardLook.LookAsync(CancellationToken.None).GetAwaiter().GetResult() };
        }
        catch (LinuxException e)
        {
            throw CliException.Usage($"the kernel tells nothing of its sockets: {e.Message}.");
        }
        finally
        {
            if (shows)
            {
                terminal.Error.Write("\r\e[K");
            }
        }
    }

    private static void Progress(Terminal terminal, TimeSpan passed, TimeSpan watch) =>
        terminal.Error.Write($"\r\e[Kwatching, {Math.Max(0, (watch - passed).TotalSeconds):0} s left; Ctrl-C: enough seen ");
}
