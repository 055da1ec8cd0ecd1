using System.Diagnostics;
using HalfOpen.Lab.Runs;

namespace HalfOpen.Lab.Setup;

/// <summary>
/// The lab without root: the same command again in a user namespace, in which this user may make network namespaces,
/// TUN interfaces and packet filter rules of its own. Nothing outside of it is touched.
/// </summary>
public static class UserNamespace
{
    private const string Inside = "HALFOPEN_LAB_INSIDE";

    /// <summary>We are no root and not yet inside.</summary>
    public static bool IsNeeded =>
        OperatingSystem.IsLinux() && !Environment.IsPrivilegedProcess && Environment.GetEnvironmentVariable(Inside) is null;

    /// <summary>Runs the same command line inside and gives its exit code.</summary>
    /// <param name="starting">Called when everything that is needed is there.</param>
    /// <exception cref="LabException">This kernel does not let users do that.</exception>
    public static async Task<int> RunAgain(Action starting, CancellationToken cancel)
    {
        const string Advice = "run it as root: sudo halfopen lab";
        var unshare = Requirements.Find("unshare")
            ?? throw new LabException("without root the lab needs unshare (package util-linux); or " + Advice, isMissing: true);
        using (var probe =
            Process.Start(
                new ProcessStartInfo(unshare, ["--user", "--map-root-user", "true"])
                    { UseShellExecute = false, RedirectStandardError = true }))
        {
            var reason = await probe!.StandardError.ReadToEndAsync(cancel);
            await probe.WaitForExitAsync(cancel);
            if (probe.ExitCode != 0)
            {
                throw new LabException($"this system does not let users make user namespaces ({reason.Trim()}); {Advice}", isMissing: true);
            }
        }

        try
        {
            using var tun = new FileStream("/dev/net/tun", FileMode.Open, FileAccess.ReadWrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LabException(
                $"without root the lab needs /dev/net/tun open to users (as most distributions have it): {e.Message} Or {Advice}",
                    isMissing: true);
        }

        var start = new ProcessStartInfo(unshare) { UseShellExecute = false };
        start.Environment[Inside] = "1";
        foreach (var word in (string[])["--user", "--map-root-user", .. OwnProgram.Command, .. Environment.GetCommandLineArgs().Skip(1)])
        {
            start.ArgumentList.Add(word);
        }

        starting();
        using var process = Process.Start(start) ?? throw new LabException("cannot start unshare; " + Advice);
        await process.WaitForExitAsync(CancellationToken.None); // Ctrl-C reaches it too, and it cleans up
        return process.ExitCode;
    }
}
