using HalfOpen.Cli.CommandLine;

namespace HalfOpen.Cli.Drivers;

/// <summary>Nothing is written before somebody said so: on the terminal, or with --yes.</summary>
internal static class Consent
{
    public static void Obtain(Terminal terminal, bool yes, string question, CancellationToken cancellation)
    {
        if (yes)
        {
            return;
        }

        if (!terminal.IsInteractive)
        {
            throw CliException.Usage("there is no terminal to ask on: add --yes to write, or --dry-run to see what would be written.");
        }

        terminal.Out.Flush();
        terminal.Error.Write(DriverPaths.Shown(question) + " [y/N] ");
        terminal.Error.Flush();
        var answer = Task.Run(terminal.In.ReadLine, CancellationToken.None);
        answer.Wait(cancellation); // Ctrl-C ends the question at once; the reader ends with the process
        if (answer.Result?.Trim().ToUpperInvariant() is not ("Y" or "YES"))
        {
            throw CliException.Refused("nothing was written.");
        }
    }

    public static string Files(int count) => count == 1 ? "1 file" : count + " files";
}
