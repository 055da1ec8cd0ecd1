using System.Net.Sockets;
using System.Text.Json.Nodes;
using HalfOpen.SystemTests.Control;
using Xunit;

namespace HalfOpen.SystemTests.Guard;

/// <summary>Docker itself beside the guard, in namespaces of their own: its containers, its ports, its rules.</summary>
public sealed class DockerTests : IDisposable
{
    /// <summary>Anything but commas: busybox waits until the peer ends the connection.</summary>
    private const string Page = "for i in $(seq 1 30); do nc -w 20 10.78.0.$i 8080 </dev/null || exit 1; done; echo page";

    private readonly string _folder = Directory.CreateTempSubdirectory("halfopen-test-").FullName;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Containers_share_slots_and_nothing_of_dockers_is_skipped_or_lost(bool dockerFirst)
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(8080, reset: false);
        string[] arguments = ["--containers", "--limit", "10"];
        var early = dockerFirst ? null : new GuardProcess(network.Machine, _folder, arguments);
        using var docker = new DockerDaemon(network.Machine, _folder);
        docker.Run("docker network create other");
        docker.Run("docker run -d --name web --restart always --stop-signal KILL -p 8081:80 small httpd -f -p 80 -h /bin");
        docker.Run("docker run -d --name far --restart always --stop-signal KILL --network other small httpd -f -p 80 -h /bin");
        var before = Rules();
        Assert.Contains("DOCKER-ISOLATION", before, StringComparison.Ordinal);
        using (var guard = early ?? new GuardProcess(network.Machine, _folder, arguments))
        {
            Assert.Contains("ready", guard.FirstLine, StringComparison.Ordinal);
            Promises(guard);
            Assert.Equal(before, Rules());
            docker.Restart();
            var again = Rules(); // in another order, and perhaps with other addresses
            Assert.Equal(before.Count(c => c == '\n'), again.Count(c => c == '\n'));
            before = again;
            docker.Run("docker rm -f storm");
            Promises(guard);
            Assert.Equal(before, Rules());
            Assert.Equal(0, GuardVerbTests.Status(guard)["rules"]!["putBack"]!.GetValue<int>());
            guard.Signal("KILL");
            guard.End();
            Ports();
        }

        using (var next = new GuardProcess(network.Machine, _folder, arguments))
        {
            Ports();
            next.Signal("TERM");
            Assert.Equal(0, next.End().Code);
        }

        Assert.Equal(before, Rules());
        Ports();

        void Promises(GuardProcess guard)
        {
            var earlier = Submitted(guard);
            docker.Run("docker run -d --name storm --stop-signal KILL small sh -c "
                + "'for i in $(seq 1 100); do nc -w 300 10.79.0.$i 80 & done; wait'");
            var storm = "host " + docker.AddressOf("storm");
            GuardVerbTests.Until(guard, s => s["waiting"]!.GetValue<int>() > 50 && Owner(s, storm) is { } o
                && o["counted"]!.GetValue<int>() is > 5 and <= 10 && Submitted(guard) >= earlier + 100);

            // Beside it another container, which is another owner, has every connection.
            Assert.Equal("page", docker.Run($"docker run --rm small sh -c '{Page}'"));
            Assert.True(GuardVerbTests.Status(guard)["totals"]!["established"]!.GetValue<int>() >= 30);
            Ports();
        }

        // From outside, from the machine itself by either way, from another container; and never from another bridge.
        void Ports()
        {
            const string Get = "curl -s -o /dev/null --max-time 20 -w '%{http_code} ' ";
            Assert.Equal("200 ", network.Internet.Run(() => Shell.Run(Get + "http://10.77.0.1:8081/sh")));
            Assert.Equal("200 200 200 ", network.Machine.Run(() => Shell.Run(
                $"{Get} http://10.77.0.1:8081/sh; {Get} http://127.0.0.1:8081/sh; {Get} http://{docker.AddressOf("web")}/sh")));
            Assert.Equal("yes", docker.Run("docker run --rm small sh -c 'nc -w 20 10.77.0.1 8081 </dev/null && echo yes'"));
            var far = docker.Run("docker inspect -f '{{.NetworkSettings.Networks.other.IPAddress}}' far");
            Assert.Equal("200 ", network.Machine.Run(() => Shell.Run($"{Get} http://{far}/sh")));
            Assert.Equal("no", docker.Run($"docker run --rm small sh -c 'nc -w 1 {far} 80 </dev/null && echo yes || echo no'"));
        }

        // Without counters.
        string Rules() => network.Machine.Run(() =>
            Shell.Run("iptables-save | sed -e '/^#/d' -e 's/ \\[[0-9:]*\\]$//'; ip6tables-save | sed -e '/^#/d' -e 's/ \\[[0-9:]*\\]$//'"));
    }

    /// <summary>The command of docs/guides/guard.md; the image is this machine's own programs.</summary>
    [Fact]
    public void As_docker_runs_it_by_the_guides_command_it_knows_everything()
    {
        Needs.Root();
        var guide = File.ReadAllText(Path.Combine(BuiltProgram.Root, "docs", "guides", "guard.md"));
        var command = guide[guide.IndexOf("docker run", StringComparison.Ordinal)..];
        command = command[..command.IndexOf("IMAGE", StringComparison.Ordinal)]
            .Replace("\\\n", "", StringComparison.Ordinal).Replace("-d --name halfopen-guard", "--rm", StringComparison.Ordinal)
            .Replace("-v /run/halfopen:/run/halfopen", $"-v {_folder}:{_folder}", StringComparison.Ordinal);
        using var network = new TestNetwork();
        network.Listen(80);
        using var docker = new DockerDaemon(network.Machine, _folder);
        docker.Run($"mkdir {_folder}/links; cd {_folder}/links; for f in bin sbin lib lib64; do ln -s usr/$f $f; done; "
            + "tar -c . | docker import - machine");
        if (docker.Run("docker run --rm --cap-add BPF small sleep 0 2>&1 || true").Contains("unknown capability", StringComparison.Ordinal))
        {
            // As the guide says.
            command = command.Replace("--cap-add BPF --cap-add PERFMON", "--cap-add SYS_ADMIN", StringComparison.Ordinal);
        }

        using var guard = new GuardProcess(network.Machine, _folder, ["--limit", "10"], docker.Wrap(
            $"{command} -e HALFOPEN_RUNTIME_DIR={_folder} -v /usr:/usr:ro -v /etc:/etc:ro -v {BuiltProgram.Root}:{BuiltProgram.Root} "
            + "machine"));
        Assert.Contains("\"outcomeSource\":\"bpf\",\"outcomeProblem\":\"\"",
            guard.FirstLine.Length > 0 ? guard.FirstLine : guard.End().Error, StringComparison.Ordinal);
        using var connected = network.Connect("10.78.0.1", 80); // of a program outside of the container
        Assert.True(connected.Poll(20_000_000, SelectMode.SelectWrite));
        using var silent = network.Connect("10.79.0.1", 80);
        docker.Run("docker run -d --name beside --network host small nc -w 300 10.79.0.2 80");
        var beside = "docker " + docker.Run("docker inspect -f '{{.Id}}' beside")[..12];
        GuardVerbTests.Until(guard, s => s["totals"]!["established"]!.GetValue<int>() == 1 && s["halfOpen"]!.GetValue<int>() == 2);
        var status = GuardVerbTests.Status(guard);
        Assert.NotNull(Owner(status, beside));
        Assert.Contains(status["programs"]!.AsArray(), p =>
            p!["name"]!.GetValue<string>().StartsWith(Environment.ProcessPath!, StringComparison.Ordinal));
        guard.Signal("TERM"); // docker passes it on
        guard.End();
        Assert.DoesNotContain("halfopen", network.Machine.Run(() => Shell.Run("nft list tables")), StringComparison.Ordinal);
    }

    public void Dispose() => Shell.Run($"rm -rf --one-file-system {_folder}");

    private static int Submitted(GuardProcess guard) => GuardVerbTests.Status(guard)["totals"]!["submitted"]!.GetValue<int>();

    private static JsonNode? Owner(JsonNode status, string name) =>
        status["owners"]!.AsArray().FirstOrDefault(o => o!["name"]!.GetValue<string>() == name);
}
