using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using HalfOpen.SystemTests.Guard;
using Json.Schema;
using Xunit;

namespace HalfOpen.SystemTests.Control;

/// <summary>The guard as users run it: the built program, signals, its verbs, and what it leaves behind.</summary>
public sealed class GuardVerbTests : IDisposable
{
    private const string SomebodyElses = """
        iptables -t raw -A OUTPUT -p udp --dport 9999 -j DROP
        iptables -N DOCKER-USER; iptables -A FORWARD -j DOCKER-USER; iptables -A DOCKER-USER -s 172.17.0.0/16 -j RETURN
        iptables -t mangle -A FORWARD -p tcp --syn -j TCPMSS --clamp-mss-to-pmtu 2>/dev/null || iptables -t mangle -A FORWARD -p tcp -j ACCEPT
        ip6tables -t raw -A OUTPUT -p udp --dport 9999 -j DROP
        ip6tables -t mangle -A FORWARD -p udp -j ACCEPT
        nft 'add table inet firewalld; add chain inet firewalld out { type filter hook output priority 0; }; add rule inet firewalld out udp dport 7 drop'
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("halfopen-test-").FullName;

    [Fact]
    public void It_holds_tells_changes_its_limit_reloads_and_leaves_no_trace()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Machine.Run(() => Shell.Run(SomebodyElses));
        var before = Ruleset(network);
        var config = Path.Combine(_folder, "guard.conf");
        File.WriteAllText(config, "policy = fifo\nlimit = 2\n");
        using var guard = new GuardProcess(network.Machine, _folder, ["--config", config]);
        Assert.Contains("\"event\":\"ready\"", guard.FirstLine, StringComparison.Ordinal);
        var schema = JsonSchema.FromText(File.ReadAllText(Path.Combine(BuiltProgram.Root, "docs", "schemas", "guard.schema.json")));
        Assert.True(schema.Evaluate(JsonDocument.Parse(guard.FirstLine).RootElement).IsValid, guard.FirstLine);

        Socket[] sockets = [.. Enumerable.Range(1, 4).Select(i => network.Connect("10.79.0." + i, 80))];
        Until(guard, s => s["waiting"]!.GetValue<int>() == 2 && s["counted"]!.GetValue<int>() == 2);
        Assert.Contains("2 of 2 slots taken", guard.Run("status").Out, StringComparison.Ordinal);

        Assert.Equal((0, "The limit is now 3.\n", ""), guard.Run("limit", "3"));
        Until(guard, s => s["waiting"]!.GetValue<int>() == 1 && s["limit"]!.GetValue<int>() == 3);

        File.WriteAllText(config, "policy = fifo\nlimit = many\n");
        guard.Signal("HUP");
        File.WriteAllText(config, "policy = fifo\nlimit = 4\nexempt = to:10.78.0.0/16\n");
        guard.Signal("HUP");
        Until(guard, s => s["waiting"]!.GetValue<int>() == 0 && s["counted"]!.GetValue<int>() == 4);
        Assert.Contains("ip daddr 10.78.0.0/16 return", network.Machine.Run(() => Shell.Run("nft list table ip halfopen")),
            StringComparison.Ordinal);

        guard.Signal("TERM");
        var (code, error) = guard.End();
        Assert.Equal(0, code);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.Equal(before, Ruleset(network));
        Assert.Empty(Directory.GetFiles(_folder, "*.sock"));
        var (statusCode, _, statusError) = guard.Run("status");
        Assert.Equal(1, statusCode);
        Assert.Equal("halfopen: no guard runs here: start one with 'sudo halfopen guard'.\n", statusError);
        Array.ForEach(sockets, s => s.Dispose());
    }

    [Fact]
    public void A_broken_configuration_keeps_the_old_one_and_says_so_once()
    {
        Needs.Root();
        using var network = new TestNetwork();
        var config = Path.Combine(_folder, "guard.conf");
        File.WriteAllText(config, "limit = 7\n");
        using var guard = new GuardProcess(network.Machine, _folder, ["--config", config]);
        File.WriteAllText(config, "limit = 8\nno-such-key = 1\n");
        guard.Signal("HUP");
        Assert.Equal(7, Status(guard)["limit"]!.GetValue<int>());
        guard.Signal("TERM");
        var lines = guard.End().Error.Split('\n').Where(l => l.Contains("configuration not changed", StringComparison.Ordinal)).ToArray();
        Assert.Contains("guard.conf line 2: there is no key 'no-such-key'", Assert.Single(lines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_guard_is_refused_and_the_first_goes_on()
    {
        Needs.Root();
        using var network = new TestNetwork();
        using var first = new GuardProcess(network.Machine, _folder, ["--limit", "5"]);
        var rules = Ruleset(network);
        var (code, _, error) = first.Run("guard", "--limit", "9", "--queue", "77");
        Assert.Equal(1, code);
        Assert.Contains("another guard already governs this network namespace", error, StringComparison.Ordinal);
        Assert.Equal(rules, Ruleset(network));
        Assert.Equal(5, Status(first)["limit"]!.GetValue<int>());
    }

    [Fact]
    public void Killed_it_lets_connections_pass_and_the_next_one_clears_what_it_left()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        network.Machine.Run(() => Shell.Run(SomebodyElses));
        var before = Ruleset(network);
        for (var round = 0; round < 2; round++)
        {
            using var killed = new GuardProcess(network.Machine, _folder, ["--limit", "1", "--policy", "fifo", "--router"]);
            Assert.Contains("ready", killed.FirstLine, StringComparison.Ordinal);
            killed.Signal("KILL");
            killed.End();
            Assert.Contains("output_syns", Ruleset(network), StringComparison.Ordinal);
            using var passes = network.Connect("10.78.0.1", 80);
            Assert.True(passes.Poll(10_000_000, SelectMode.SelectWrite));
        }

        using var next = new GuardProcess(network.Machine, _folder, ["--limit", "1", "--policy", "fifo"]);
        Assert.Contains("ready", next.FirstLine, StringComparison.Ordinal);
        Assert.DoesNotContain("forward_syns", Ruleset(network), StringComparison.Ordinal);
        next.Signal("TERM");
        Assert.Equal(0, next.End().Code);
        Assert.Equal(before, Ruleset(network));
    }

    [Fact]
    public void Fail_closed_and_killed_nothing_passes_until_a_guard_has_run_again()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(80);
        using (var killed = new GuardProcess(network.Machine, _folder, ["--fail-closed"]))
        {
            killed.Signal("KILL");
            killed.End();
        }

        using var blocked = network.Connect("10.78.0.1", 80);
        Assert.False(blocked.Poll(1_500_000, SelectMode.SelectWrite));
        using var next = new GuardProcess(network.Machine, _folder, []);
        next.Signal("TERM");
        Assert.Equal(0, next.End().Code);
        using var passes = network.Connect("10.78.0.1", 80);
        Assert.True(passes.Poll(10_000_000, SelectMode.SelectWrite));
    }

    [Fact]
    public void The_units_capabilities_suffice_and_systemd_is_told()
    {
        Needs.Root();
        Assert.SkipUnless(File.Exists("/usr/bin/setpriv"), "skipped: needs setpriv (apt-get install util-linux)");
        var unit = File.ReadAllLines(Path.Combine(BuiltProgram.Root, "packaging", "halfopen-guard.service"));
        var capabilities = unit.Single(l => l.StartsWith("CapabilityBoundingSet=", StringComparison.Ordinal))[22..].Split(' ')
            .Select(c => "+" + c.Replace("CAP_", "", StringComparison.Ordinal).ToLowerInvariant());
        var notify = Path.Combine(_folder, "notify"); // a path: abstract names belong to a network namespace
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 30_000 };
        systemd.Bind(new UnixDomainSocketEndPoint(notify));
        using var network = new TestNetwork();
        network.Listen(80);
        using var guard = new GuardProcess(network.Machine, _folder, ["--limit", "3", "--outcomes", "bpf"],
            ["/usr/bin/setpriv", "--no-new-privs", "--bounding-set", "-all," + string.Join(',', capabilities)], notify);
        Assert.Contains("\"outcomeSource\":\"bpf\"", guard.FirstLine, StringComparison.Ordinal);
        Assert.StartsWith("READY=1\nSTATUS=limit 3, policy fair", Received(), StringComparison.Ordinal);
        using var connected = network.Connect("10.78.0.1", 80);
        Assert.True(connected.Poll(10_000_000, SelectMode.SelectWrite));
        Until(guard, s => s["totals"]!["established"]!.GetValue<int>() == 1);
        guard.Signal("HUP");
        Assert.StartsWith("RELOADING=1\nMONOTONIC_USEC=", Received(), StringComparison.Ordinal);
        Assert.StartsWith("READY=1\n", Received(), StringComparison.Ordinal);
        guard.Signal("TERM");
        Assert.Equal("STOPPING=1", Received());
        Assert.Equal(0, guard.End().Code);

        // Between two of them the watchdog may be fed, however slow the machine is.
        string Received()
        {
            var buffer = new byte[1000];
            string text;
            do
            {
                text = Encoding.UTF8.GetString(buffer, 0, systemd.Receive(buffer));
            }
            while (text == "WATCHDOG=1");
            return text;
        }
    }

    [Fact]
    public void The_unit_is_one_that_systemd_understands()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-analyze"), "skipped: needs systemd-analyze (apt-get install systemd)");
        var copy = Path.Combine(_folder, "halfopen-guard.service");
        File.WriteAllText(copy,
            File.ReadAllText(Path.Combine(BuiltProgram.Root, "packaging", "halfopen-guard.service"))
                .Replace("/usr/lib/halfopen/halfopen", "/bin/true", StringComparison.Ordinal));
        Assert.Equal("", Shell.Run($"systemd-analyze verify {copy} 2>&1"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Ruleset(TestNetwork network) => network.Machine.Run(() => string.Concat(
        new[] { "iptables-save", "ip6tables-save" }.SelectMany(tool => new[] { "raw", "mangle", "filter" }.Select(table =>
            string.Join('\n', Shell.Run($"{tool} -t {table}").Split('\n').Where(l => !l.StartsWith('#')).Select(WithoutCounts)))))
        + Shell.Run("nft list table inet firewalld 2>/dev/null || true; nft list tables; nft list table ip halfopen 2>/dev/null || true"));

    // Packet counters of built-in chains go on counting; everything else must be the same, byte for byte.
    private static string WithoutCounts(string line) => line.StartsWith(':') ? line[..line.IndexOf('[', StringComparison.Ordinal)] : line;

    internal static JsonNode Status(GuardProcess guard)
    {
        var (status, error) = Ask(guard);
        Assert.True(status is not null, error);
        return status;
    }

    /// <summary>A verb without an answer within its ten seconds (an emulator on a busy machine) asks again.</summary>
    internal static void Until(GuardProcess guard, Func<JsonNode, bool> wanted)
    {
        var (status, error) = Ask(guard);
        for (var i = 0; i < 60 && (status is null || !wanted(status)); i++)
        {
            Thread.Sleep(50);
            (status, error) = Ask(guard);
        }

        Assert.True(status is not null && wanted(status), status?.ToJsonString() ?? error);
    }

    private static (JsonNode? Status, string Error) Ask(GuardProcess guard)
    {
        var (code, output, error) = guard.Run("status", "--json");
        return (code == 0 ? JsonNode.Parse(output)! : null, error);
    }
}
