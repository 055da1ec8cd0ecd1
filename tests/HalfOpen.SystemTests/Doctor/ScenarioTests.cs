using System.Text.Json;
using HalfOpen.SystemTests.Guard;
using Xunit;

namespace HalfOpen.SystemTests.Doctor;

/// <summary>
/// Each finding is provoked for real and must be the first verdict; busy but healthy machines give none. One namespace
/// each, all at once.
/// </summary>
public sealed class ScenarioTests(ITestOutputHelper output)
{
    private const int Seconds = 6;

    private static readonly (string Name, string Expected, bool Tracks, Action<PatientNetwork> Provoke)[] Scenarios =
    [
        ("60 dead peers of one program", "half-open-program", false,
            n => Each(60, i => n.Connect($"20.{i * 3}.{i * 7 % 250}.{1 + (i * 11 % 250)}", 1024 + (i * 977)))),
        ("a port range of 100, 100 connections", "ports-exhausted", false, n =>
        {
            n.Serve(8080);
            n.OnMachine("sysctl -qw net.ipv4.ip_local_port_range='40000 40099'");
            Each(105, _ => n.Connect("30.0.0.9", 8080));
        }),
        ("a server with backlog 1 that does not accept", "listen-overflow", false, n => n.ServeSlowly(9000, 1, 12)),
        ("a resolver that is dropped", "resolver-silent", false, n => Each(3, _ => n.Start(
            "unshare -m sh -c 'echo nameserver 20.0.0.53 > /tmp/halfopen-resolv.$$ && mount --bind /tmp/halfopen-resolv.$$ "
                + "/etc/resolv.conf "
            + "&& rm /tmp/halfopen-resolv.$$; while :; do getent hosts www.example.com; done'"))),
        ("a program at its descriptor limit", "file-descriptors", false,
            n => n.Start("ulimit -n 64; for i in {3..63}; do eval \"exec $i</dev/null\" || break; done 2>/dev/null; sleep 60")),
        ("nmap over 8,000 silent addresses", "scan-pattern", false,
            n => n.Start("nmap -sT -Pn -n -p 80 --min-rate 200 --max-retries 1 20.5.0.0/19 >/dev/null")),
        ("nmap with raw packets", "scan-pattern", true,
            n => n.Start("nmap -sS -Pn -n -p 80 --min-rate 200 --max-retries 1 20.6.0.0/19 >/dev/null")),
        ("a host that is off", "destination-silent", false, n =>
        {
            n.Start("curl -s -m 60 http://20.9.9.9:8080/");
            n.Serve(80);
            Each(5, i => n.Connect($"30.0.0.{i + 1}", 80));
        }),
        ("idle", "healthy", false, _ => { }),
        ("a crawler of 300 live hosts", "healthy", true, n =>
        {
            n.Serve(80);
            Each(300, i => n.Connect($"30.{i % 250}.{i % 7}.{1 + (i % 200)}", 80));
        }),
        ("a build with 1,000 short connections", "healthy", true, n =>
        {
            n.Serve(80);
            n.Start("for i in {1..1000}; do : </dev/tcp/30.0.$((i % 8)).9/80; done");
        }),
    ];

    [Fact]
    public async Task The_first_verdict_is_what_was_provoked()
    {
        Needs.Root();
        Needs.Program("/usr/bin/nmap", "nmap");
        Needs.Program("/usr/bin/curl", "curl");
        // Descriptors are the machine's, whatever the namespace: every doctor sees that program, so it runs alone.
        static bool RunsAlone((string Name, string Expected, bool, Action<PatientNetwork>) s) => s.Expected == "file-descriptors";
        var together = Scenarios.Where(s => !RunsAlone(s)).ToDictionary(s => s.Name, s => Task.Run(() => RunAsync(s.Tracks, s.Provoke)));
        await Task.WhenAll(together.Values);
        var got = new List<(string First, string Document)>();
        foreach (var s in Scenarios)
        {
            got.Add(await (RunsAlone(s) ? RunAsync(s.Tracks, s.Provoke) : together[s.Name]));
        }

        var wrong = new List<string>();
        for (var i = 0; i < got.Count; i++)
        {
            output.WriteLine($"{Scenarios[i].Name} | {Scenarios[i].Expected} | {got[i].First}");
            if (got[i].First != Scenarios[i].Expected)
            {
                wrong.Add($"{Scenarios[i].Name}: {got[i].First} and not {Scenarios[i].Expected}: {got[i].Document}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    private static async Task<(string First, string Document)> RunAsync(bool tracks, Action<PatientNetwork> provoke)
    {
        using var network = new PatientNetwork(tracks);
        provoke(network);
        var (code, document) = await network.DoctorAsync(Seconds);
        using var parsed = JsonDocument.Parse(document);
        var findings = parsed.RootElement.GetProperty("findings");
        Assert.Equal(findings.GetArrayLength() == 0 ? 0 : 1, code);
        return (findings.GetArrayLength() == 0 ? "healthy" : findings[0].GetProperty("name").GetString()!, document);
    }

    private static void Each(int count, Action<int> act)
    {
        for (var i = 0; i < count; i++)
        {
            act(i);
        }
    }
}
