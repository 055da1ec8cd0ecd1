using HalfOpen.SystemTests.Guard;
using Xunit;

namespace HalfOpen.SystemTests.Control;

/// <summary>What is exempt by its executable is that file, not whatever somebody calls so.</summary>
public sealed class ExemptionTests : IDisposable
{
    private const string Url = "http://10.78.0.1:8080/";
    private const string Reached = "case ${c:-0} in 52|56) ;; *) echo $c >&2; exit 1 ;; esac"; // the peer says nothing

    private readonly string _folder = Directory.CreateTempSubdirectory("halfopen-test-").FullName;

    [Fact]
    public void A_user_cannot_put_another_program_in_the_place_of_an_exempt_one()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(8080, reset: false);
        var exempt = Path.Combine(_folder, "exempt-curl");
        File.Copy("/usr/bin/curl", exempt);
        File.SetUnixFileMode(_folder, File.GetUnixFileMode(_folder) | UnixFileMode.OtherExecute | UnixFileMode.OtherRead);
        using var guard = new GuardProcess(network.Machine, _folder, ["--limit", "1", "--policy", "fifo", "--exempt", "exe:" + exempt]);
        using var silent = network.Connect("10.79.0.1", 80);
        GuardVerbTests.Until(guard, s => s["counted"]!.GetValue<int>() == 1);
        var run = $"{exempt} -s -o /dev/null --max-time 2 {Url} || c=$?; ";
        const string AsNobody = "setpriv --reuid nobody --regid nogroup --clear-groups ";
        network.Machine.Run(() =>
        {
            Shell.Run(run + Reached);
            Shell.Run($"{AsNobody} sh -c '{run} {Reached}'");

            // A service with a private /tmp has a mount namespace of root's making: it runs the same file.
            Shell.Run($"unshare --mount sh -c 'mount -t tmpfs none /mnt; {run} {Reached}'");

            // Another file under the same path, by a user in namespaces of his own; and by root.
            var held = run + "[ ${c:-0} = 28 ]";
            Shell.Run($"{AsNobody} unshare --user --map-root-user --mount sh -c 'mount --bind /usr/bin/curl {exempt}; {held}'");
            Shell.Run($"unshare --mount sh -c 'mount --bind /usr/bin/curl {exempt}; {held}'");

            // The same file, among libraries and settings that the user chose.
            Shell.Run($"{AsNobody} unshare --user --map-root-user --mount sh -c '{held}'");

            // An update: the new file counts.
            Shell.Run($"cp /usr/bin/curl {exempt}.new; mv {exempt}.new {exempt}; {run} {Reached}");
        });
        Assert.Equal(4, GuardVerbTests.Status(guard)["totals"]!["submitted"]!.GetValue<int>());
    }

    [Fact]
    public void A_script_cannot_be_exempt_and_the_log_says_what_to_do()
    {
        Needs.Root();
        using var network = new TestNetwork();
        var script = Path.Combine(_folder, "backup");
        File.WriteAllText(script, "#!/bin/sh\n");
        using var guard = new GuardProcess(
            network.Machine, _folder, ["--exempt", "exe:" + script, "--exempt", "exe:/nonexistent/x", "--exempt", "exe:/usr/bin/curl"]);
        guard.Signal("TERM");
        var warnings = guard.End().Error.Split('\n').Where(l => l.Contains("warning: exempt", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, warnings.Count);
        Assert.Contains($"{script}: that is a script, and what runs is its interpreter", warnings[0], StringComparison.Ordinal);
        Assert.Contains("/nonexistent/x: there is no such file", warnings[1], StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
