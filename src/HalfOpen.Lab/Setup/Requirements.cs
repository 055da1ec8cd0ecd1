using System.Diagnostics;

namespace HalfOpen.Lab.Setup;

/// <summary>What the lab needs of this system, and how to get it.</summary>
public static class Requirements
{
    private static readonly (string Program, string Package)[] Needed = [("ip", "iproute2"), ("iptables", "iptables")];
    private static readonly string[] Folders =
        [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries), "/usr/sbin", "/sbin"];

    /// <summary>The full path of a program, or null.</summary>
    public static string? Find(string program) => Folders.Select(f => Path.Combine(f, program)).FirstOrDefault(File.Exists);

    /// <summary>Packages that are missing, by Debian's names.</summary>
    public static IReadOnlyList<string> Missing(params ReadOnlySpan<(string Program, string Package)> also) =>
        [.. Needed.Concat(also.ToArray()).Where(n => Find(n.Program) is null).Select(n => n.Package)];

    /// <summary>Makes sure that everything is there: installs it with apt-get when root.</summary>
    /// <param name="say">Told before something is installed.</param>
    /// <exception cref="LabException">Something is missing and could not be installed.</exception>
    public static void Ensure(Action<string> say, params ReadOnlySpan<(string Program, string Package)> also)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new LabException("the lab needs Linux: network namespaces and a packet queue. Everywhere else: halfopen simulate.",
                isMissing: true);
        }

        var missing = Missing(also);
        if (missing.Count == 0)
        {
            return;
        }

        var packages = string.Join(' ', missing);
        if (Environment.IsPrivilegedProcess && Find("apt-get") is { } apt)
        {
            say($"installing {packages}");
            if (Install(apt, "update", "-q") && Install(apt, ["install", "-y", "-q", "--no-install-recommends", .. missing])
                && Missing(also).Count == 0)
            {
                return;
            }
        }

        throw new LabException(
            $"the lab needs {packages}: install {(missing.Count == 1 ? "it" : "them")} (Debian, Ubuntu: sudo apt-get install "
            + $"{packages}) and run this again.", isMissing: true);
    }

    private static bool Install(string apt, params string[] arguments)
    {
        var start = new ProcessStartInfo(apt, arguments)
            { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        using var process = Process.Start(start);
        if (process is null)
        {
            return false;
        }

        _ = process.StandardError.ReadToEndAsync();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
