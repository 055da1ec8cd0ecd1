using HalfOpen.Guard;
using HalfOpen.Guard.Rules;
using Xunit;

namespace HalfOpen.SystemTests.Guard;

/// <summary>
/// Rules of others do what they do without a guard, whoever set them and wherever they stand: what reaches the internet
/// is the same without a guard, beside one, and after one was killed.
/// </summary>
public sealed class OtherRulesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("halfopen-test-").FullName;

    [Theory]
    [InlineData("iptables")]
    [InlineData("iptables-legacy")]
    [InlineData("nft")]
    public void Rules_for_this_machines_syns_work_beside_a_guard_and_after_its_death(string tool)
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(Comparison.Marker);
        network.Machine.Run(() => Shell.Run(Local(tool, 0, "A")));
        Comparison.Run(
            network,
            network.Machine,
            _folder,
            [],
            () => network.Machine.Run(() => Shell.Run(Local(tool, 10, "A") + Local(tool, 20, "I"))),
            ["4002 mss 1460 dscp 13", "4003 mss 1460 dscp 12", "4004 mss 1200 dscp 0", "4005 mss 1460 dscp 10", "4025 mss 1460 dscp 10"]);
    }

    [Theory]
    [InlineData("iptables")]
    [InlineData("iptables-legacy")]
    [InlineData("nft")]
    public void Rules_for_forwarded_syns_work_beside_a_guard_and_after_its_death(string tool)
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(Comparison.Marker);
        using var lan = RouterTests.AddLan(network);
        network.Machine.Run(() => Shell.Run(Forwarded(tool, 0, "A")));
        Comparison.Run(
            network,
            lan,
            _folder,
            ["--router"],
            () => network.Machine.Run(() => Shell.Run(Forwarded(tool, 10, "A") + Forwarded(tool, 20, "I"))),
            ["4002 mss 1460 dscp 13", "4003 mss 1460 dscp 12", "4004 mss 1200 dscp 0", "4005 mss 1460 dscp 10", "4025 mss 1460 dscp 10"]);
    }

    /// <summary>
    /// A kernel without nf_tables has no chains of our own: the jump stands last in everybody's, and moves there again.
    /// </summary>
    [Theory]
    [InlineData(RuleBackend.IptablesLegacy, "iptables-legacy")]
    [InlineData(RuleBackend.Iptables, "iptables")]
    public void With_iptables_alone_the_guard_stands_behind_everybody_and_notices_when_it_does_not(RuleBackend backend, string tool)
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(Comparison.Marker);
        network.Machine.Run(() => Shell.Run(Local(tool, 0, "A")));
        using var watch = new SynWatch(network.Internet);
        using var rules = new ThrowawayRules(backend);
        using var guard = new RunningGuard(network.Machine, new GuardOptions(), rules);
        network.Machine.Run(() => Shell.Run(Local(tool, 10, "A") + Local(tool, 20, "I")));
        guard.Until(s => s.Rules.PutBack > 0, "it moved to the end");
        var beside = Comparison.Seen(watch, network.Machine);
        Assert.True(guard.Status is var status && status.Counters.Syns + status.Lease.Started >= 10);
        network.Machine.Run(
            () => Shell.Run(
                $"{tool}-save -t raw > {_folder}/saved; {tool} -t raw -F; {tool} -t raw -F HALFOPEN-OUT; {tool} -t raw -X HALFOPEN-OUT"));
        guard.Until(s => s.Rules.PutBack > 1 && s.Rules.InPlace, "it was put back");
        guard.Stop();
        Assert.DoesNotContain("HALFOPEN", network.Machine.Run(() => Shell.Run($"{tool}-save")), StringComparison.Ordinal);
        network.Machine.Run(() => Shell.Run($"grep -v HALFOPEN {_folder}/saved | {tool}-restore"));
        Assert.Equal(Comparison.Seen(watch, network.Machine), beside);
        Assert.Contains("4014 mss 1200 dscp 0", beside);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>
    /// What is dropped, not tracked, marked, clamped, coloured; marks and untracked ones are made visible at the end.
    /// </summary>
    private static string Local(string tool, int shift, string how) => tool == "nft"
        ? $$"""
            nft -f - <<'END'
            table ip others{{shift}} {
              chain raw { type filter hook output priority raw; tcp dport {{4001 + shift}} drop; tcp dport {{4002 + shift}} notrack; tcp dport {{4003 + shift}} meta mark set 7; }
              chain mangle { type route hook output priority mangle; tcp dport {{4004 + shift}} tcp option maxseg size set 1200; tcp dport {{4005 + shift}} ip dscp set 10; }
              chain post { type filter hook postrouting priority mangle; meta mark 7 ip dscp set 12; ct state untracked ip dscp set 13; }
            }
            END

            """
        : $"""
            {tool} -w -t raw -{how} OUTPUT -p tcp --dport {4001 + shift} -j DROP
            {tool} -w -t raw -{how} OUTPUT -p tcp --dport {4002 + shift} -j CT --notrack
            {tool} -w -t raw -{how} OUTPUT -p tcp --dport {4003 + shift} -j MARK --set-mark 7
            {tool} -w -t mangle -{how} OUTPUT -p tcp --dport {4004 + shift} --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1200
            {tool} -w -t mangle -{how} OUTPUT -p tcp --dport {4005 + shift} -j DSCP --set-dscp 10
            {Visible(tool, how)}

            """;

    /// <summary>
    /// The same for what is forwarded; port 4006 goes to a transparent proxy that nobody runs, so never out.
    /// </summary>
    private static string Forwarded(string tool, int shift, string how) => tool == "nft"
        ? $$"""
            nft -f - <<'END'
            table ip others{{shift}} {
              chain raw { type filter hook prerouting priority raw; tcp dport {{4002 + shift}} notrack; }
              chain proxy { type filter hook prerouting priority mangle; tcp dport {{4006 + shift}} tproxy to 127.0.0.1:9 meta mark set 1; }
              chain mangle { type filter hook forward priority mangle;
                tcp dport {{4001 + shift}} drop; tcp dport {{4003 + shift}} meta mark set 7
                tcp dport {{4004 + shift}} tcp option maxseg size set 1200; tcp dport {{4005 + shift}} ip dscp set 10; }
              chain post { type filter hook postrouting priority mangle; meta mark 7 ip dscp set 12; ct state untracked ip dscp set 13; }
            }
            END

            """
        : $"""
            {tool} -w -t raw -{how} PREROUTING -p tcp --dport {4002 + shift} -j CT --notrack
            {tool} -w -t mangle -{how} PREROUTING -p tcp --dport {4006 + shift} -j TPROXY --on-port 9 --tproxy-mark 1
            {tool} -w -t mangle -{how} FORWARD -p tcp --dport {4001 + shift} -j DROP
            {tool} -w -t mangle -{how} FORWARD -p tcp --dport {4003 + shift} -j MARK --set-mark 7
            {tool} -w -t mangle -{how} FORWARD -p tcp --dport {4004 + shift} --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1200
            {tool} -w -t mangle -{how} FORWARD -p tcp --dport {4005 + shift} -j DSCP --set-dscp 10
            {Visible(tool, how)}

            """;

    private static string Visible(string tool, string how) => $"""
        {tool} -w -t mangle -{how} POSTROUTING -m mark --mark 7 -j DSCP --set-dscp 12
        {tool} -w -t mangle -{how} POSTROUTING -m conntrack --ctstate UNTRACKED -j DSCP --set-dscp 13
        """;
}
