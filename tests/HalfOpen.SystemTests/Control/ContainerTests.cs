using HalfOpen.Linux.Processes;
using HalfOpen.SystemTests.Guard;
using Xunit;

namespace HalfOpen.SystemTests.Control;

/// <summary>A guard in namespaces as Docker and podman make them, with the network of the host.</summary>
public sealed class ContainerTests : IDisposable
{
    private const string Capabilities = "-all,+net_admin,+net_raw,+bpf,+perfmon,+sys_ptrace,+dac_read_search,+chown";

    private readonly string _folder = Directory.CreateTempSubdirectory("halfopen-test-").FullName;

    /// <summary>
    /// Processes outside have no id there: all were one program ("user 0"), and none was exempt by its cgroup.
    /// </summary>
    [Fact]
    public void In_a_pid_namespace_of_its_own_programs_are_told_apart_by_cgroup_and_it_says_so()
    {
        Needs.Root();
        var root = ControlGroups.FindRoot();
        Assert.SkipWhen(root is null, "skipped: needs a cgroup2 hierarchy");
        string[] names = [.. new[] { "a", "b", "exempt" }.Select(n => $"halfopen-test-{Environment.ProcessId}-{n}")];
        Array.ForEach(names, n => Directory.CreateDirectory(Path.Combine(root, n)));
        try
        {
            using var network = new TestNetwork();
            network.Listen(8080, reset: false);
            using var guard = new GuardProcess(network.Machine, _folder,
                ["--limit", "2", "--policy", "fifo", "--exempt", "cgroup:/" + names[2]], Unshare("--pid --fork --mount-proc"));
            Assert.Contains("\"outcomeSource\":\"bpf\"", guard.FirstLine, StringComparison.Ordinal);
            Assert.Contains("less is known: programs outside of this PID namespace", guard.Run("status").Out, StringComparison.Ordinal);
            network.Machine.Run(() =>
            {
                const string Silent = "curl -s --max-time 60 http://10.79.0.1:8080/ >/dev/null 2>&1 & ";
                Shell.Run($"echo $$ > {root}/{names[0]}/cgroup.procs; {Silent} {Silent} echo $$ > {root}/cgroup.procs");
                Shell.Run($"echo $$ > {root}/{names[1]}/cgroup.procs; {Silent} echo $$ > {root}/cgroup.procs");
                Shell.Run($"echo $$ > {root}/{names[2]}/cgroup.procs; c=0; curl -s -o /dev/null --max-time 5 http://10.78.0.1:8080/ "
                    + $"|| c=$?; echo $$ > {root}/cgroup.procs; case $c in 52|56) ;; *) exit 1 ;; esac");
            });
            GuardVerbTests.Until(guard, s => s["waiting"]!.GetValue<int>() == 1 && s["programs"]!.AsArray().Count == 2);
            Assert.Equal([$"cgroup /{names[0]}", $"cgroup /{names[1]}"],
                GuardVerbTests.Status(guard)["programs"]!.AsArray().Select(p => p!["name"]!.GetValue<string>()).Order());
            foreach (var name in names)
            {
                File.WriteAllText(Path.Combine(root, name, "cgroup.kill"), "1");
            }

            GuardVerbTests.Until(guard, s => s["halfOpen"]!.GetValue<int>() == 0 && s["waiting"]!.GetValue<int>() == 0);
        }
        finally
        {
            foreach (var name in names)
            {
                for (var i = 0; i < 100 && File.ReadAllText(Path.Combine(root, name, "cgroup.procs")).Length > 0; i++)
                {
                    Thread.Sleep(20);
                }

                Directory.Delete(Path.Combine(root, name));
            }
        }
    }

    /// <summary>
    /// Docker's default: the container sees its own cgroup as the root. BPF there would see its own programs only.
    /// </summary>
    [Fact]
    public void In_a_cgroup_namespace_of_its_own_it_takes_a_source_that_sees_everybody_and_says_so()
    {
        Needs.Root();
        var root = ControlGroups.FindRoot();
        Assert.SkipWhen(root is null, "skipped: needs a cgroup2 hierarchy");
        var name = Path.Combine(root, $"halfopen-test-{Environment.ProcessId}-container");
        Directory.CreateDirectory(name);
        try
        {
            using var network = new TestNetwork();
            network.Listen(80);

            // Into the cgroup first, then the namespace, then only its part of the tree is mounted.
            string[] enter = ["/bin/sh", "-c", $"echo $$ > {name}/cgroup.procs; exec \"$@\"", "sh"];
            using (var guard = new GuardProcess(network.Machine, _folder, ["--limit", "10", "--policy", "fifo", "--exempt", "cgroup:/x"],
                [.. enter, .. Unshare("--cgroup --pid --fork --mount-proc",
                    $"umount -l {root}; mkdir -p /tmp/cg && mount -t tmpfs none /tmp/cg && mount -t cgroup2 none /tmp/cg; ")]))
            {
                Assert.Contains("\"outcomeSource\":\"nflog\"", guard.FirstLine, StringComparison.Ordinal);
                Assert.Contains("only a part of the machine", guard.FirstLine, StringComparison.Ordinal);
                for (var i = 1; i <= 30; i++)
                {
                    using var connected = network.Connect($"10.78.0.{i}", 80); // of a program outside of the container
                    Assert.True(connected.Poll(20_000_000, System.Net.Sockets.SelectMode.SelectWrite), $"connection {i}");
                }

                // unshare waits for its child and hears no SIGTERM itself.
                Shell.Run($"kill -TERM $(cat /proc/{guard.Id}/task/{guard.Id}/children)");
                var error = guard.End().Error;
                Assert.Contains("exempt cgroup:x: this is a container", error, StringComparison.Ordinal);
            }
        }
        finally
        {
            for (var i = 0; i < 100 && File.ReadAllText(Path.Combine(name, "cgroup.procs")).Length > 0; i++)
            {
                Thread.Sleep(20);
            }

            Directory.Delete(name);
        }
    }

    /// <summary>The command of docs/guides/guard.md; the image is this machine's own file system.</summary>
    [Fact]
    public void As_podman_runs_it_by_the_guides_command_it_knows_everything()
    {
        Needs.Root();
        Assert.SkipUnless(File.Exists("/usr/bin/podman"), "skipped: needs podman and runc (apt-get install podman runc)");
        var limits = Shell.Run("echo --ulimit nofile=1024:$(ulimit -Hn) --ulimit nproc=1024:1024").Trim();
        var guide = File.ReadAllText(Path.Combine(BuiltProgram.Root, "docs", "guides", "guard.md"));
        var command = guide[guide.IndexOf("podman run", StringComparison.Ordinal)..guide.IndexOf("IMAGE", StringComparison.Ordinal)]
            .Replace("\\\n", "", StringComparison.Ordinal).Replace("-d --name halfopen-guard", "--rm " + limits, StringComparison.Ordinal)
            .Replace("podman run", Podman + " run", StringComparison.Ordinal)
            .Replace("-v /run/halfopen:/run/halfopen", $"-v {_folder}:{_folder}", StringComparison.Ordinal);
        using var network = new TestNetwork();
        network.Listen(80);
        var works =
            network.Machine.Run(() => Shell.Run($"{Podman} run --rm {limits} --network host --rootfs /:O /bin/true 2>&1 || echo no"));
        Assert.SkipWhen(works.Contains("no", StringComparison.Ordinal), "skipped: podman cannot run a container here: " + works);
        using var guard = new GuardProcess(network.Machine, _folder, ["--limit", "10"],
            ["/bin/sh", "-c", $"exec {command} -e HALFOPEN_RUNTIME_DIR={_folder} --rootfs /:O \"$@\"", "sh"]);
        Assert.Contains("\"outcomeSource\":\"bpf\",\"outcomeProblem\":\"\"", guard.FirstLine, StringComparison.Ordinal);
        using var connected = network.Connect("10.78.0.1", 80); // of a program outside of the container
        Assert.True(connected.Poll(20_000_000, System.Net.Sockets.SelectMode.SelectWrite));
        using var silent = network.Connect("10.79.0.1", 80);
        GuardVerbTests.Until(guard, s => s["totals"]!["established"]!.GetValue<int>() == 1 && s["halfOpen"]!.GetValue<int>() == 1);
        Assert.StartsWith(Environment.ProcessPath!, GuardVerbTests.Status(guard)["programs"]![0]!["name"]!.GetValue<string>(),
            StringComparison.Ordinal);
        guard.Signal("TERM");
        guard.End();
        Assert.DoesNotContain("halfopen", network.Machine.Run(() => Shell.Run("nft list tables")), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        if (Directory.Exists(Path.Combine(_folder, "root")))
        {
            Shell.Run($"{Podman} rm --all --force --time 0 >/dev/null 2>&1 || true");
        }

        Shell.Run($"rm -rf --one-file-system {_folder}");
    }

    private string Podman =>
        $"podman --runtime runc --cgroup-manager cgroupfs --storage-driver vfs --root {_folder}/root --runroot {_folder}/run";

    private static string[] Unshare(string namespaces, string first = "") =>
        ["/usr/bin/unshare", .. namespaces.Split(' '), "--kill-child=TERM", "--mount", "--propagation", "private", "/bin/sh", "-c",
            $"{first}exec setpriv --no-new-privs --bounding-set {Capabilities} \"$@\"", "sh"];
}
