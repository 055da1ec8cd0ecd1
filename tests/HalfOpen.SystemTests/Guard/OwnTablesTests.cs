using System.Net.Sockets;
using HalfOpen.Guard;
using HalfOpen.Guard.Rules;
using HalfOpen.Linux.Netlink;
using HalfOpen.Wire.Netlink;
using Xunit;

namespace HalfOpen.SystemTests.Guard;

/// <summary>
/// Our tables in the real nf_tables: the text that a user is shown, and the bytes that the kernel is told.
/// </summary>
public sealed class OwnTablesTests
{
    private static readonly GuardOptions Everything = new()
    {
        Containers = true,
        Exemptions = [Exempt("port:22"), Exempt("user:33"), Exempt("to:10.1.0.0/16"), Exempt("to:10.2.3.4"), Exempt("to:fd00::/13")],
    };

    [Fact]
    public void What_is_shown_is_what_nft_understands()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Machine.Run(() =>
        {
            // Not every kernel has nftables' queue, nor nft a way to write iptables' target.
            Run(RulePlanner.Plan(Everything, new RuleNeeds(true, true), RuleBackend.Nft).Install[0]
                .Text.Replace("queue num 4226 bypass", "counter", StringComparison.Ordinal), "-c");
            Run(RulePlanner.Plan(Everything with { Containers = false, Router = true }, default, RuleBackend.Nft).Install[0]
                .Text.Replace("queue num 4226 bypass", "counter", StringComparison.Ordinal), "-c");
        });
    }

    /// <summary>Both by way of nft's own listing: one read from the text, one from our bytes.</summary>
    [Fact]
    public void What_the_kernel_is_told_is_what_is_shown()
    {
        Needs.Root();
        using var network = new TestNetwork();
        var needs = new RuleNeeds(true, true);
        var (told, shown) = network.Machine.Run(() =>
        {
            using var rules = new ThrowawayRules(RuleBackend.Nft);
            rules.Install(Everything, needs);
            Assert.True(rules.AreIntact());
            var told = List();
            rules.Remove();
            Assert.Equal("", Shell.Run("nft list tables"));
            Run(RulePlanner.Plan(Everything, needs, RuleBackend.Nft).Install[0]
                .Text.Replace("queue num 4226 bypass", "counter", StringComparison.Ordinal), "");
            return (told, List());
        });
        Assert.Equal(shown, told);
        Assert.Contains("\t\tiifname \"docker*\" QUEUE", told);

        string[] List() => [.. Shell.Run("nft -n -n list ruleset").Split('\n').Select(Normal)];
    }

    [Fact]
    public void They_choose_first_syns_that_are_not_exempt_and_nothing_else()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Machine.Run(() =>
        {
            using var queue = new PacketQueue(4226, 1000, failOpen: true);
            using var rules = new ThrowawayRules(RuleBackend.Nft);
            rules.Install(new GuardOptions { Exemptions = [Exempt("port:22"), Exempt("to:10.78.7.0/24"), Exempt("to:fd78:1::/32")] },
                default);
            Socket[] sockets =
                [.. new[]
                    { "10.77.0.2:80", "10.77.0.2:22", "10.78.7.200:80", "10.78.8.1:80", "fd77::2:81", "fd78:1::5:81",
                        "127.0.0.1:82" }.Select(a =>
                network.Connect(a[..a.LastIndexOf(':')], int.Parse(a[(a.LastIndexOf(':') + 1)..])))];
            using var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            udp.SendTo([1], new System.Net.IPEndPoint(System.Net.IPAddress.Parse("10.77.0.2"), 53));
            Assert.Equal(3, queue.Receive());
            Array.ForEach(sockets, x => x.Dispose());
        });
    }

    [Fact]
    public void New_options_change_the_rules_and_keep_what_is_held()
    {
        Needs.Root();
        using var network = new TestNetwork();
        network.Listen(8080, reset: false);
        network.Machine.Run(() =>
        {
            using var queue = new PacketQueue(4226, 1000, failOpen: true);
            using var rules = new ThrowawayRules(RuleBackend.Nft);
            rules.Install(new GuardOptions(), default);
            using var held = network.Connect("10.78.0.1", 8080);
            Assert.Equal(1, queue.Receive());
            rules.Update(new GuardOptions { Exemptions = [Exempt("to:10.78.0.0/16")] }, default);
            using var passes = network.Connect("10.78.0.2", 8080);
            Assert.True(passes.Poll(5_000_000, SelectMode.SelectWrite));
            rules.Release();
            var reader = new NetlinkReader(queue.Datagram(0));
            Assert.True(reader.TryRead(out var message) & QueuedPacket.TryParse(message, out var packet));
            queue.Verdict(packet.Id, accept: true);
            queue.Flush();
            Assert.True(held.Poll(500_000, SelectMode.SelectWrite), "it was lost: only a retry would come through");
        });
    }

    private static Exemption Exempt(string text) =>
        Exemption.TryParse(text, out var exemption, out var problem) ? exemption : throw new InvalidOperationException(problem);

    private static void Run(string text, string flags) => Shell.Run($"nft {flags} -f - <<'END'\n{text}\nEND");

    /// <summary>Versions of nft write one thing in several ways, and iptables' targets in their own.</summary>
    private static string Normal(string line) =>
        System.Text.RegularExpressions.Regex.Replace(line, "queue .*|counter .*|xt target \"NFQUEUE\".*", "QUEUE")
        .Replace("th dport", "tcp dport", StringComparison.Ordinal)
            .Replace("snaplen 256 queue-threshold 1 group 4226", "group 4226 snaplen 256 queue-threshold 1", StringComparison.Ordinal);
}
