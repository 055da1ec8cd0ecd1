using System.ComponentModel;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Diagnosis.Facts;
using HalfOpen.Linux;
using HalfOpen.Linux.Collecting;

namespace HalfOpen.Cli.Doctor;

/// <summary>Looks at the machine that we run on.</summary>
internal static class LiveMachine
{
    /// <exception cref="CliException">This is neither Linux nor Windows, or its kernel tells nothing.</exception>
    public static MachineFacts Look(Terminal terminal, TimeSpan watch, bool everywhere, bool quiet, CancellationToken cancellation)
    {
        var shows = terminal.ErrorIsTerminal && !quiet;
        Action<TimeSpan>? progress = shows ? passed => Progress(terminal, passed, watch) : null;
        try
        {
            if (OperatingSystem.IsWindows())
            {
                return new LiveWindows().Collect(watch, progress, cancellation);
            }

            if (!OperatingSystem.IsLinux())
            {
                throw CliException.Usage("a running machine is looked at on Linux and Windows only: save the output of 'netstat -n' here "
                    + "and give the file to 'halfopen doctor'.");
            }

            var facts = new LinuxCollector().Collect(watch, everywhere, progress, cancellation);
            return facts with { Guard = GuardLook.LookAsync(CancellationToken.None).GetAwaiter().GetResult() };
        }
        catch (LinuxException e)
        {
            throw CliException.Usage($"the kernel tells nothing of its sockets: {e.Message}.");
        }
        catch (Win32Exception e)
        {
            throw CliException.Usage($"Windows tells nothing of its sockets: {SafeText.Of(e.Message.TrimEnd('.', ' '))}.");
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
