using HalfOpen.Cli.CommandLine;
using HalfOpen.Guard.Control;
using HalfOpen.Guard.Rules;
using HalfOpen.Linux;

namespace HalfOpen.Cli.Guard;

/// <summary>From a verb to the running guard, with failures in the words and exit codes of the command line.</summary>
internal static class GuardConnection
{
    /// <summary>
    /// What can be no socket of a guard. A file that is not there is one of a guard that does not run.
    /// </summary>
    /// <exception cref="CliException">It is none.</exception>
    public static void Check(string? socket)
    {
        if (socket is not null && (socket.Length == 0 || Directory.Exists(socket)))
        {
            throw CliException.Usage(
                $"--socket {StrictValues.Shown(socket)} is no control socket of a guard; without --socket it is looked for.");
        }
    }

    /// <summary>Asks the guard of this network namespace, or the one at <paramref name="socket"/>.</summary>
    /// <exception cref="CliException">1: no guard, or it refused; 2: not allowed to ask.</exception>
    public static async Task<ControlResponse> AskAsync(string? socket, ControlRequest request, CancellationToken cancel)
    {
        var path = socket ?? GuardPaths.ForThisThread().Socket;
        try
        {
            var answer = await ControlClient.AskAsync(path, request, cancel);
            return answer.Ok ? answer : throw CliException.Refused($"the guard refuses: {answer.Error}.");
        }
        catch (ControlException e) when (e.Failure == ControlFailure.NotAllowed)
        {
            throw NotAllowed("ask the guard at " + path);
        }
        catch (ControlException e) when (e.Failure == ControlFailure.NoGuard)
        {
            throw socket is null ? CliException.Refused(NoGuard(Path.GetDirectoryName(path)!)) : CliException.Refused(e.Message + ".");
        }
        catch (ControlException e)
        {
            throw CliException.Refused(e.Message + ".");
        }
    }

    /// <summary>What helps, so that it can be typed. Packages make the group; without it only root may ask.</summary>
    private static CliException NotAllowed(string what) => CliException.Usage(
        $"not allowed to {what}: use sudo" + (Accounts.GroupId(GuardPaths.GroupName) is null ? "."
            : $", or join the group {GuardPaths.GroupName} ('sudo usermod -aG {GuardPaths.GroupName} {Environment.UserName}', then log in "
                + "again)."));

    private static string NoGuard(string folder)
    {
        string[] others = [];
        try
        {
            // A killed guard leaves its socket behind.
            others = Directory.Exists(folder) ? [.. Directory.GetFiles(folder, "guard-*.sock").Where(ControlClient.IsThere)] : [];
        }
        catch (UnauthorizedAccessException)
        {
            throw NotAllowed("look into " + folder);
        }

        return others.Length == 0
            ? "no guard runs here: start one with 'sudo halfopen guard'."
            : $"no guard runs in this network namespace; there is one in another: name it with --socket {others[0]}.";
    }
}
