using System.Text.Json;
using HalfOpen.SystemTests.Guard;
using Xunit;

namespace HalfOpen.SystemTests.Doctor;

/// <summary>
/// Each finding is provoked for real and must be the first verdict; busy but healthy machines give none. One namespace
/// each, all at once; those that load the whole machine one after the other.
/// </summary>
public sealed class ScenarioTests(ITestOutputHelper output)
{
    private static readonly string Storms = Path.Combine(BuiltProgram.Root, "tests/HalfOpen.SystemTests/Doctor/Storms");
    private static readonly string Guard = $"exec '{BuiltProgram.Script}' guard --json ";

    private static readonly Scenario[] Scenarios =
    [
        new("60 dead peers of one program", "half-open-program", n => Each(60, i => n.Connect(DeadPeer(i), 1024 + (i * 977)))),
        new("aria2 and a torrent of 80 dead peers", "half-open-program", n =>
        {
            n.StartOutside($"exec python3 {Storms}/tracker.py serve 6969");
            n.OnMachine($"python3 {Storms}/tracker.py torrent {n.Folder}/dead.torrent http://30.0.0.1:6969/announce");
            n.Start("exec aria2c -q --no-conf --enable-dht=false --enable-dht6=false --bt-enable-lpd=false "
                + $"--enable-peer-exchange=false --bt-max-peers=100 -d {n.Folder} {n.Folder}/dead.torrent");
        }) { Words = "aria2c keeps trying addresses that do not answer" },
        new("port range of 100, 100 connections to one destination", "ports-exhausted", n =>
        {
            n.Serve(8080);
            n.OnMachine("sysctl -qw net.ipv4.ip_local_port_range='40000 40099'");
            Each(105, _ => n.Connect("30.0.0.9", 8080));
        }),
        new("server with backlog 1 that does not accept", "listen-overflow", n => n.ServeSlowly(9000, 1, 12)),
        new("resolver that is dropped (getent)", "resolver-silent", n => Each(3, _ => n.Start(
            "unshare -m sh -c 'f=$(mktemp); echo nameserver 20.0.0.53 > $f && mount --bind $f /etc/resolv.conf && rm $f; "
            + "while :; do getent hosts www.example.com; done'"))),
        new("program at its descriptor limit of 64", "file-descriptors",
            n => n.Start("ulimit -n 64; for i in {3..63}; do eval \"exec $i</dev/null\" || break; done 2>/dev/null; sleep 60"))
            { RunsAlone = true }, // descriptors are the machine's, whatever the namespace: every doctor sees that program
        new("nmap -sT over 8,192 silent addresses", "scan-pattern",
            n => n.Start("nmap -sT -Pn -n -p 80 --min-rate 200 --max-retries 1 20.5.0.0/19 >/dev/null")),
        new("nmap -sS (raw packets) over 8,192 silent addresses", "scan-pattern",
            n => n.Start("nmap -sS -Pn -n -p 80 --min-rate 200 --max-retries 1 20.6.0.0/19 >/dev/null")) { Tracks = true },
        new("curl to a host that is off, others answer", "destination-silent", n =>
        {
            n.Start("curl -s -m 60 http://20.9.9.9:8080/");
            n.Serve(80);
            Each(5, i => n.Connect($"30.0.0.{i + 1}", 80));
        }),
        new("table of tracked connections full of UDP (python)", "table-udp",
            n => n.StartUntilItSpeaks($"exec python3 {Storms}/storm.py udp"))
            { Tracks = true, RunsAlone = true, Seconds = 3, Words = "most of python3" },
        new("the same, looked at without root", "table-full",
            n => n.StartUntilItSpeaks($"exec python3 {Storms}/storm.py udp"))
            { Tracks = true, RunsAlone = true, Seconds = 3, WithoutRoot = true },
        new("table full of unanswered attempts (python)", "table-half-open",
            n => n.StartUntilItSpeaks($"exec python3 {Storms}/storm.py half-open"))
            { Tracks = true, RunsAlone = true, Seconds = 3, Words = "most of python3" },
        new("table full of answered connections (python)", "table-open", n =>
        {
            n.StartOutside($"exec python3 {Storms}/server.py 8080");
            n.StartUntilItSpeaks($"exec python3 {Storms}/storm.py open 8080");
        }) { Tracks = true, RunsAlone = true, Seconds = 3 },
        new("guard killed with SIGKILL, its rules left", "guard-leftover", n =>
        {
            var guard = n.StartUntilItSpeaks(Guard + "--fail-closed");
            guard.Kill();
            guard.WaitForExit();
            n.Serve(80);
            n.Start("curl -s -m 60 http://30.0.0.1/");
        }),
        new("guard --limit 1 --policy fifo, dead peers, curl waits", "guard-queues", n =>
        {
            n.Serve(80);
            n.StartUntilItSpeaks(Guard + "--limit 1 --policy fifo");
            Each(60, i => n.Connect(DeadPeer(i), 1024 + (i * 977)));
            n.Start("curl -s -m 60 http://30.0.0.1/");
        }),
        new("guard --limit 10 at work: dead peers wait, nobody else", "half-open-program", n =>
        {
            n.StartUntilItSpeaks(Guard + "--limit 10");
            Each(60, i => n.Connect(DeadPeer(i), 1024 + (i * 977)));
        }),
        new("idle", "healthy", _ => { }),
        new("crawler with 300 live hosts", "healthy", n =>
        {
            n.Serve(80);
            Each(300, i => n.Connect($"30.{i % 250}.{i % 7}.{1 + (i % 200)}", 80));
        }) { Tracks = true },
        new("build with 1,000 short connections", "healthy", n =>
        {
            n.Serve(80);
            n.Start("for i in {1..1000}; do : </dev/tcp/30.0.$((i % 8)).9/80; done");
        }) { Tracks = true },
        new("guard --limit 100 and a crawler with 300 live hosts", "healthy", n =>
        {
            n.Serve(80);
            n.StartUntilItSpeaks(Guard + "--limit 100");
            Each(300, i => n.Connect($"30.{i % 250}.{i % 7}.{1 + (i % 200)}", 80));
        }),
    ];

    [Fact]
    public async Task The_first_verdict_is_what_was_provoked()
    {
        Needs.Root();
        Needs.Program("/usr/bin/nmap", "nmap");
        Needs.Program("/usr/bin/curl", "curl");
        Needs.Program("/usr/bin/aria2c", "aria2");
        Needs.Program("/usr/bin/python3", "python3");
        await BuiltProgram.RunAsync(["--version"]); // builds where that is needed: what is provoked does not wait for it
        var together = Scenarios.Where(s => !s.RunsAlone).ToDictionary(s => s.Name, s => Task.Run(() => RunAsync(s)));
        await Task.WhenAll(together.Values);
        var wrong = new List<string>();
        foreach (var s in Scenarios)
        {
            var (first, verdict, document) = await (s.RunsAlone ? RunAsync(s) : together[s.Name]);
            output.WriteLine($"| {s.Name} | {s.Expected} | {first} |");
            if (first != s.Expected || !verdict.Contains(s.Words, StringComparison.Ordinal))
            {
                wrong.Add($"{s.Name}: {first} and not {s.Expected} ({s.Words}): {document}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    private static async Task<(string First, string Verdict, string Document)> RunAsync(Scenario scenario)
    {
        using var network = new PatientNetwork(scenario.Tracks);
        scenario.Provoke(network);
        var (code, document) = await network.DoctorAsync(scenario.Seconds, scenario.WithoutRoot ? WithoutRoot(network) : null);
        using var parsed = JsonDocument.Parse(document);
        var findings = parsed.RootElement.GetProperty("findings");
        Assert.Equal(findings.GetArrayLength() == 0 ? 0 : 1, code);
        return (findings.GetArrayLength() == 0 ? "healthy" : findings[0].GetProperty("name").GetString()!,
            parsed.RootElement.GetProperty("verdict").GetString()!, document);
    }

    /// <summary>The program where everybody may read it: the sources may stand in a folder that only root
    /// enters.</summary>
    private static string WithoutRoot(PatientNetwork network)
    {
        var program = Path.Combine(network.Folder, "bin");
        network.OnMachine($"cp -r '{BuiltProgram.Root}/.build/bin' {program} && chmod -R a+rX {network.Folder}");
        var start = File.Exists(Path.Combine(program, "halfopen.dll")) ? $"dotnet {program}/halfopen.dll" : $"{program}/halfopen";
        return $"env -u HALFOPEN_RUNTIME_DIR setpriv --reuid nobody --regid nogroup --clear-groups {start}";
    }

    private static string DeadPeer(int i) => $"20.{i * 3}.{i * 7 % 250}.{1 + (i * 11 % 250)}";

    private static void Each(int count, Action<int> act)
    {
        for (var i = 0; i < count; i++)
        {
            act(i);
        }
    }

    /// <param name="Expected">The first finding, or healthy.</param>
    private sealed record Scenario(string Name, string Expected, Action<PatientNetwork> Provoke)
    {
        /// <value>The machine tracks connections.</value>
        public bool Tracks { get; init; }

        /// <value>It loads the whole machine, or others would see it.</value>
        public bool RunsAlone { get; init; }

        public bool WithoutRoot { get; init; }

        /// <value>How long doctor looks.</value>
        public int Seconds { get; init; } = 6;

        /// <value>Part of the verdict.</value>
        public string Words { get; init; } = "";
    }
}
