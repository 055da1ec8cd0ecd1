using HalfOpen.Guard;
using HalfOpen.Guard.Rules;
using Xunit;

namespace HalfOpen.Tests.Guard;

/// <summary>Golden texts: what goes into somebody's packet filter is read here before it gets there.</summary>
public sealed class RulePlannerTests
{
    [Fact]
    public void Iptables_by_default_is_one_chain_in_raw()
    {
        var plan = RulePlanner.Plan(new GuardOptions(), default, RuleBackend.Iptables);
        const string Expected = """
            *raw
            -N HALFOPEN-OUT
            -A HALFOPEN-OUT -o lo -j RETURN
            -A HALFOPEN-OUT -m mark --mark 0x4226 -j RETURN
            -A HALFOPEN-OUT -j NFQUEUE --queue-num 4226 --queue-bypass
            -A OUTPUT -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j HALFOPEN-OUT
            COMMIT

            """;
        Assert.Equal(["iptables-restore", "ip6tables-restore"], plan.Install.Select(s => s.Tool));
        Assert.All(plan.Install, s => Assert.Equal(Expected, s.Text));
        Assert.All(plan.Install, s => Assert.Contains("--noflush", s.Arguments));
    }

    [Fact]
    public void Iptables_removal_names_only_what_was_installed()
    {
        var plan = RulePlanner.Plan(new GuardOptions(), default, RuleBackend.Iptables);
        Assert.Equal(
            "*raw\n-D OUTPUT -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j HALFOPEN-OUT\n-F HALFOPEN-OUT\n-X HALFOPEN-OUT\nCOMMIT\n",
                plan.Remove[0].Text);
    }

    [Fact]
    public void Nft_is_a_table_of_our_own_for_each_family_with_nothing_of_others_in_its_chains()
    {
        var plan = RulePlanner.Plan(new GuardOptions(), default, RuleBackend.Nft);
        const string Expected = """
            table ip halfopen
            delete table ip halfopen
            table ip halfopen {
              chain output {
                type filter hook output priority -250; policy accept;
                meta l4proto tcp tcp flags & (fin | syn | rst | ack) == syn jump output_syns
              }
              chain output_syns {
                oifname "lo" return
                meta mark 0x00004226 return
                queue num 4226 bypass
              }
            }

            """;
        Assert.Equal(Expected + Expected.Replace("table ip ", "table ip6 ", StringComparison.Ordinal), Assert.Single(plan.Install).Text);
        Assert.Equal("delete table ip halfopen\ndelete table ip6 halfopen\n", Assert.Single(plan.Remove).Text);
    }

    [Fact]
    public void Forwarded_syns_are_queued_behind_everybodys_filter_and_answers_read_before()
    {
        var text = RulePlanner.Plan(new GuardOptions { Router = true }, new RuleNeeds(true, true), RuleBackend.Nft).Install[0].Text;
        Assert.Contains("type filter hook forward priority 75;", text, StringComparison.Ordinal);
        Assert.Contains("chain forward_syns {\n    meta mark 0x00004226 return\n    queue num 4226 bypass\n  }", text,
            StringComparison.Ordinal);
        Assert.Contains("chain answers {\n    type filter hook input priority -150;", text, StringComparison.Ordinal);
        Assert.Contains("chain forwarded_answers {\n    type filter hook forward priority -150;", text, StringComparison.Ordinal);
        Assert.Contains("meta l4proto icmp icmp type 11 log group 4226 snaplen 256 queue-threshold 1", text, StringComparison.Ordinal);
        Assert.Contains("meta l4proto ipv6-icmp icmpv6 type 1 log group 4226 snaplen 256 queue-threshold 1", text,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Exemptions_stand_before_the_queue_in_their_own_family()
    {
        var options = new GuardOptions
            { Exemptions =
                [Exempt("user:33"), Exempt("to:10.0.0.0/8"), Exempt("to:fd00::/8"), Exempt("port:22"), Exempt("exe:/usr/bin/ssh"),
                    Exempt("cgroup:system.slice")] };
        var plan = RulePlanner.Plan(options, default, RuleBackend.Iptables);
        Assert.Equal(
            ["-o lo -j RETURN", "-m mark --mark 0x4226 -j RETURN", "-m owner --uid-owner 33 -j RETURN", "-d 10.0.0.0/8 -j RETURN",
                "-p tcp -m tcp --dport 22 -j RETURN", "-j NFQUEUE --queue-num 4226 --queue-bypass"],
                    Chain(plan.Install[0].Text, "HALFOPEN-OUT"));
        Assert.Contains("-d fd00::/8 -j RETURN", Chain(plan.Install[1].Text, "HALFOPEN-OUT"));
        Assert.DoesNotContain("-d 10.0.0.0/8 -j RETURN", Chain(plan.Install[1].Text, "HALFOPEN-OUT"));
        var nft = RulePlanner.Plan(options, default, RuleBackend.Nft).Install[0].Text;
        Assert.Contains("meta skuid 33 return\n    ip daddr 10.0.0.0/8 return\n    tcp dport 22 return\n    queue num", nft,
            StringComparison.Ordinal);
        Assert.Contains("meta skuid 33 return\n    ip6 daddr fd00::/8 return\n    tcp dport 22 return\n    queue num", nft,
            StringComparison.Ordinal);
    }

    /// <summary>As kubelet's plugins at Amazon, Azure and Google, Cilium, Calico and Docker name them.</summary>
    [Theory]
    [InlineData("eni12d4a061371")]
    [InlineData("azv0c3a5a4f9d1")]
    [InlineData("gke52f1a0b8c3e")]
    [InlineData("lxc8c1d3e0a7b9f")]
    [InlineData("cali1a2b3c4d5e6")]
    [InlineData("veth9f86d08")]
    [InlineData("docker0")]
    public void Containers_are_known_by_their_interface_in_the_rules_of_both_kinds(string name)
    {
        var options = new GuardOptions { Containers = true };
        var known = Chain(RulePlanner.Plan(options, default, RuleBackend.Iptables).Install[0].Text, "HALFOPEN-FWD")
            .Where(r => r.StartsWith("-i ", StringComparison.Ordinal)).Select(r => r.Split(' ')[1]).ToList();
        Assert.Contains(known, i => name.StartsWith(i.TrimEnd('+'), StringComparison.Ordinal));
        var nft = RulePlanner.Plan(options, default, RuleBackend.Nft).Install[0].Text;
        Assert.Contains(known, i => name.StartsWith(i.TrimEnd('+'), StringComparison.Ordinal)
            && nft.Contains($"iifname \"{i.TrimEnd('+')}*\" queue", StringComparison.Ordinal));
        Assert.DoesNotContain(known, i => new[] { "eth0", "ens5", "enp3s0", "wlan0", "lo", "ppp0" }
            .Any(other => other.StartsWith(i.TrimEnd('+'), StringComparison.Ordinal)));
    }

    [Fact]
    public void A_router_queues_everything_forwarded_and_reads_the_answers_first()
    {
        var plan = RulePlanner.Plan(new GuardOptions { Router = true, Exemptions = [Exempt("user:33")] }, new RuleNeeds(false, true),
            RuleBackend.Iptables);
        var text = plan.Install[0].Text;
        Assert.Equal(["-m mark --mark 0x4226 -j RETURN", "-j NFQUEUE --queue-num 4226 --queue-bypass"], Chain(text, "HALFOPEN-FWD"));
        Assert.Equal(4,
            Chain(text, "HALFOPEN-FWD-IN")
                .Count(r => r.Contains("-j NFLOG --nflog-group 4226 --nflog-size 256 --nflog-threshold 1", StringComparison.Ordinal)));
        Assert.Contains("-I FORWARD -j HALFOPEN-FWD-IN", text, StringComparison.Ordinal);
        Assert.DoesNotContain("HALFOPEN-IN", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Containers_are_known_by_their_interface()
    {
        var options = new GuardOptions { Containers = true };
        var chain = Chain(RulePlanner.Plan(options, default, RuleBackend.Iptables).Install[0].Text, "HALFOPEN-FWD");
        Assert.Contains("-i docker+ -j NFQUEUE --queue-num 4226 --queue-bypass", chain);
        Assert.DoesNotContain("-j NFQUEUE --queue-num 4226 --queue-bypass", chain);
        var nft = RulePlanner.Plan(options, default, RuleBackend.Nft).Install[0].Text;
        Assert.Contains("    iifname \"docker*\" queue num 4226 bypass\n", nft, StringComparison.Ordinal);
        Assert.DoesNotContain("return\n    queue num",
            nft[nft.IndexOf("forward_syns {", StringComparison.Ordinal)..nft.IndexOf("table ip6", StringComparison.Ordinal)],
                StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(RuleBackend.Nft)]
    [InlineData(RuleBackend.Iptables)]
    public void Fail_closed_is_the_absence_of_the_bypass(RuleBackend backend)
    {
        var open = RulePlanner.Plan(new GuardOptions { Router = true }, default, backend);
        var closed = RulePlanner.Plan(new GuardOptions { Router = true, FailClosed = true }, default, backend);
        Assert.All(open.Install, s => Assert.Contains("bypass", s.Text, StringComparison.Ordinal));
        Assert.All(closed.Install, s => Assert.DoesNotContain("bypass", s.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void An_update_replaces_contents_and_leaves_jumps_alone()
    {
        var plan = RulePlanner.Plan(new GuardOptions { Router = true }, new RuleNeeds(true, true), RuleBackend.Iptables);
        Assert.All(plan.Update, s => Assert.DoesNotContain(" FORWARD ", s.Text, StringComparison.Ordinal));
        Assert.All(plan.Update, s => Assert.DoesNotContain("-N ", s.Text, StringComparison.Ordinal));
        Assert.Contains("-F HALFOPEN-FWD\n", plan.Update[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_picture_of_iptables_shows_our_lines_and_whether_others_stand_behind()
    {
        const string Ours =
            "*raw\n:OUTPUT ACCEPT [5:6]\n:HALFOPEN-OUT - [0:0]\n-A OUTPUT -p udp -j DROP\n-A OUTPUT -p tcp -m tcp --tcp-flags "
            + "FIN,SYN,RST,ACK SYN -j HALFOPEN-OUT\n";
        var picture = IptablesLeftovers.PictureOf(Ours + "COMMIT\n");
        Assert.Equal(picture,
            IptablesLeftovers.PictureOf(Ours.Replace("[5:6]", "[7:8]", StringComparison.Ordinal) + "-A PREROUTING -j DROP\nCOMMIT\n"));
        Assert.NotEqual(picture, IptablesLeftovers.PictureOf(Ours + "-A OUTPUT -p tcp -j DROP\nCOMMIT\n"));
        Assert.NotEqual(picture, IptablesLeftovers.PictureOf("*raw\n:OUTPUT ACCEPT [5:6]\nCOMMIT\n"));
    }

    [Fact]
    public void Leftovers_are_ours_and_nobody_elses()
    {
        const string Saved = """
            # Generated by iptables-save
            *mangle
            :PREROUTING ACCEPT [0:0]
            :FORWARD ACCEPT [0:0]
            :DOCKER-USER - [0:0]
            :HALFOPEN-FWD - [0:0]
            -A FORWARD -j DOCKER-USER
            -A FORWARD -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j HALFOPEN-FWD
            -A DOCKER-USER -j RETURN
            -A HALFOPEN-FWD -j NFQUEUE --queue-num 4226 --queue-bypass
            COMMIT
            """;
        var (text, count) = IptablesLeftovers.RemovalOf(Saved);
        Assert.Equal(
            "*mangle\n-D FORWARD -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j HALFOPEN-FWD\n-F HALFOPEN-FWD\n-X HALFOPEN-FWD\nCOMMIT\n",
                text);
        Assert.Equal(2, count);
        Assert.Equal(("", 0), IptablesLeftovers.RemovalOf("*raw\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -j DOCKER-USER\nCOMMIT\n"));
        Assert.Equal(("", 0), IptablesLeftovers.RemovalOf(""));
    }

    private static Exemption Exempt(string text) =>
        Exemption.TryParse(text, out var exemption, out var problem) ? exemption : throw new InvalidOperationException(problem);

    private static List<string> Chain(string text, string chain) =>
        [.. text.Split('\n').Where(l => l.StartsWith($"-A {chain} ", StringComparison.Ordinal)).Select(l => l[(chain.Length + 4)..])];
}
