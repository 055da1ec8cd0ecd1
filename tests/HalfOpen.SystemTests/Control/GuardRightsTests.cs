using System.Globalization;
using System.Net.Sockets;
using HalfOpen.Linux.Processes;
using HalfOpen.SystemTests.Guard;
using Xunit;

namespace HalfOpen.SystemTests.Control;

/// <summary>
/// What the guard lets be, what it may do itself, who may ask it, and what the kernel does when it is stopped: the
/// built program with its real rules.
/// </summary>
public sealed class GuardRightsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("halfopen-test-").FullName;

    [Fact]
    public void Whatever_is_exempt_by_user_cgroup_executable_destination_port_or_mark_passes_a_full_limit()
    {
        Needs.Root();
        var cgroups = ControlGroups.FindRoot();
        Assert.SkipWhen(cgroups is null, "skipped: needs a cgroup2 hierarchy");
        using var network = new TestNetwork();
        network.Listen(8080, reset: false);
        network.Listen(8443, reset: false);
        var link = Path.Combine(_folder, "a-link"); // as /usr/bin/python3 is one
        File.CreateSymbolicLink(link, "/usr/bin/perl");
        var cgroup = Path.Combine(cgroups, $"halfopen-test-{Environment.ProcessId}");
        Directory.CreateDirectory(cgroup);
        try
        {
            using var guard = new GuardProcess(network.Machine, _folder,
                ["--limit", "1", "--policy", "fifo", "--exempt", "user:nobody", "--exempt", "cgroup:/" + Path.GetFileName(cgroup),
                    "--exempt", "exe:" + link, "--exempt", "to:10.78.5.0/24", "--exempt", "to:fd78:5::/32", "--exempt", "port:8443"]);
            using var silent = network.Connect("10.79.0.1", 80);
            GuardVerbTests.Until(guard, s => s["counted"]!.GetValue<int>() == 1);

            const string Curl = "curl -s -o /dev/null --max-time 2 http://10.78.0.1:8080/ || c=$?; ";
            const string Reached = "case ${c:-0} in 52|56) ;; *) exit 1 ;; esac"; // the peer says nothing
            network.Machine.Run(() =>
            {
                Shell.Run(Curl + "[ ${c:-0} = 28 ]"); // not exempt: it waits until its patience ends
                Shell.Run("setpriv --reuid nobody --regid nogroup --clear-groups " + Curl + Reached);
                Shell.Run($"echo $$ > {cgroup}/cgroup.procs; {Curl} echo $$ > {cgroups}/cgroup.procs; {Reached}");
                Shell.Run("perl -MIO::Socket::INET -e 'IO::Socket::INET->new(PeerAddr => \"10.78.0.1:8080\", Timeout => 5) or die $@'");
                Shell.Run(Curl.Replace("10.78.0.1", "10.78.5.1", StringComparison.Ordinal) + Reached);
                Shell.Run(
                    Curl.Replace("10.78.0.1", "[fd78:5::1]", StringComparison.Ordinal).Replace("-s", "-s -g", StringComparison.Ordinal)
                        + Reached);
                Shell.Run(Curl.Replace("8080", "8443", StringComparison.Ordinal) + Reached);
            });
            using var marked = network.Socket();
            marked.SetRawSocketOption(1, 36, BitConverter.GetBytes(0x4226)); // SO_MARK
            marked.Blocking = false;
            Assert.Throws<SocketException>(() => marked.Connect("10.78.0.1", 8080));
            Assert.True(marked.Poll(5_000_000, SelectMode.SelectWrite));
            // the silent one, and curl that was not exempt
            Assert.Equal(2, GuardVerbTests.Status(guard)["totals"]!["submitted"]!.GetValue<int>());
        }
        finally
        {
            Directory.Delete(cgroup);
        }
    }

    [Fact]
    public void Stopped_it_is_killed_by_the_kernel_and_connections_pass_again()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(8080, reset: false);
        using var guard = new GuardProcess(network.Machine, _folder, ["--limit", "1", "--policy", "fifo"]);
        using var silent = network.Connect("10.79.0.1", 80);
        using var held = network.Connect("10.78.0.1", 8080);
        GuardVerbTests.Until(guard, s => s["waiting"]!.GetValue<int>() == 1);
        guard.Signal("STOP");
        using var after = network.Connect("10.78.0.2", 8080);
        Assert.Equal(137, guard.End().Code); // 128 + SIGKILL
        foreach (var socket in new[] { held, after })
        {
            Assert.True(socket.Poll(30_000_000, SelectMode.SelectWrite));
            Assert.Equal(0, socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error));
        }
    }

    [Fact]
    public void Once_set_up_it_has_given_up_what_it_does_not_need_and_still_reloads_and_ends()
    {
        Needs.Root();
        using var network = new TestNetwork();
        var config = Path.Combine(_folder, "guard.conf");
        File.WriteAllText(config, "limit = 5\n");
        using var guard = new GuardProcess(network.Machine, _folder, ["--config", config]);
        Assert.Contains("ready", guard.FirstLine, StringComparison.Ordinal);
        var threads = Directory.GetDirectories($"/proc/{guard.Id}/task").Select(Describe).ToList();
        Assert.Contains(threads, t => t["Name"] == "guard");
        Assert.All(threads, t => Assert.Equal(("2", "1"), (t["Seccomp"], t["NoNewPrivs"])));
        const ulong Wanted = 1UL << 0 | 1UL << 2 | 1UL << 12 | 1UL << 13 | 1UL << 19 | 1UL << 38 | 1UL << 39; // see Privileges
        Assert.All(threads.Where(t => t["Name"] == "guard" || t["Pid"] == t["Tgid"]), t =>
        {
            Assert.Equal(0UL, ulong.Parse(t["CapPrm"], NumberStyles.HexNumber) & ~Wanted);
            Assert.Equal(t["CapPrm"], t["CapEff"]);
        });

        File.WriteAllText(config, "limit = 6\nexempt = port:22\n");
        guard.Signal("HUP");
        GuardVerbTests.Until(guard, s => s["limit"]!.GetValue<int>() == 6);
        Assert.Contains("dport 22 return", network.Machine.Run(() => Shell.Run("nft list ruleset")), StringComparison.Ordinal);
        guard.Signal("TERM");
        Assert.Equal(0, guard.End().Code);
        Assert.DoesNotContain("HALFOPEN", network.Machine.Run(() => Shell.Run("iptables-save -t raw; nft list ruleset")),
            StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Strangers_may_neither_read_metrics_nor_ask_nor_stand_in_the_way()
    {
        Needs.Root();
        using var network = new TestNetwork();
        using var guard = new GuardProcess(network.Machine, _folder, ["--limit", "5", "--metrics", "127.0.0.1:9226"]);
        const string AsNobody = "setpriv --reuid nobody --regid nogroup --clear-groups ";
        var fetch = "curl -s -o /dev/null --max-time 20 -w '%{http_code}' http://127.0.0.1:9226/metrics";
        network.Machine.Run(() =>
        {
            Assert.Equal("403", Shell.Run(AsNobody + fetch));

            // Twenty connections of a stranger that say nothing: who may read is served all the same, and the guard is
            // not held up.
            var crowd = "exec 3<>/dev/tcp/127.0.0.1/9226; ";
            using var stalled = System.Diagnostics.Process.Start("/usr/bin/setpriv",
                ["--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "/bin/bash", "-c",
                    string.Concat(Enumerable.Range(3, 20).Select(i => crowd.Replace("3<>", $"{i + 7}<>", StringComparison.Ordinal)))
                        + "exec sleep 60"]);
            try
            {
                for (var i = 0; i < 5; i++)
                {
                    Assert.Equal("200", Shell.Run(fetch));
                }
            }
            finally
            {
                stalled.Kill();
                stalled.WaitForExit();
            }
        });
        Assert.Equal(0, guard.Run("status").Code);
        var socket = Assert.Single(Directory.GetFiles(_folder, "*.sock"));
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(socket) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite));
        // the folder keeps strangers out already; so does the socket alone
        File.SetUnixFileMode(_folder, File.GetUnixFileMode(_folder) | UnixFileMode.OtherExecute);
        // EACCES
        Assert.Contains("13", Shell.Run(AsNobody + $"perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Peer => \"{socket}\"); print $!+0'"),
            StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Dictionary<string, string> Describe(string task) =>
        File.ReadAllLines(Path.Combine(task, "status")).Select(l => l.Split(':', 2)).ToDictionary(f => f[0], f => f[1].Trim());
}
