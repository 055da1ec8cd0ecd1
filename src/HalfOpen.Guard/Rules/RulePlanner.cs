using System.Net;
using System.Net.Sockets;
using System.Text;

namespace HalfOpen.Guard.Rules;

/// <summary>
/// From options to rule texts; no I/O. Local SYNs are queued in <c>raw</c> OUTPUT: no conntrack entry is taken while one is held, and the destination is seen before DNAT. Forwarded SYNs are queued in <c>mangle</c>
/// FORWARD: the original source is seen, and a connection that is dropped there is never confirmed, so it takes no NAT entry.
/// </summary>
/// <remarks>
/// Exempt cgroups and executables are decided by the guard and not by rules: a cgroup match needs the path to exist when the rule is loaded, and goes stale when a service is restarted into a new cgroup of the same name.
/// </remarks>
public static class RulePlanner
{
    /// <summary>Our nftables table.</summary>
    public const string NftTable = "halfopen";

    /// <summary>Every chain of ours begins so, and no other.</summary>
    public const string ChainPrefix = "HALFOPEN-";

    /// <summary>Bytes of an answer that are logged: both IP headers and ports of an ICMP error fit, with options.</summary>
    public const int LogBytes = 256;

    /// <summary>
    /// Network interfaces behind which containers and virtual machines of this machine live: Docker, Podman, CNI, LXC and libvirt name theirs so. A trailing plus matches any ending. <c>--containers</c> governs what comes in there.
    /// </summary>
    public static IReadOnlyList<string> ContainerInterfaces { get; } = ["docker+", "br-+", "podman+", "cni+", "flannel+", "cali+", "lxcbr+", "lxdbr+", "incusbr+", "virbr+", "veth+"];

    private static readonly string[] RestoreArguments = ["--noflush", "-w", "5"];

    // A match on TCP flags implies "is TCP" and so lets everything else through to the next rule: that has to leave first.
    private const string NftOnlySyns = "    meta l4proto != tcp return\n    tcp flags & (fin | syn | rst | ack) != syn return\n";

    private static readonly string[] NftArguments = ["-f", "-"];

    public static RulePlan Plan(GuardOptions options, RuleNeeds needs, RuleBackend backend) =>
        backend == RuleBackend.Nft ? PlanNft(options, needs) : PlanIptables(options, needs);

    private static RulePlan PlanNft(GuardOptions options, RuleNeeds needs)
    {
        // "table, delete table" clears leftovers whether there are any or not, and all of it is one transaction: the rules of before are in force until those of after are.
        var text = new StringBuilder();
        text.Append($"table inet {NftTable}\ndelete table inet {NftTable}\ntable inet {NftTable} {{\n");
        text.Append("  chain output {\n    type filter hook output priority raw; policy accept;\n");
        text.Append(NftOnlySyns);
        if (!options.GuardLoopback)
        {
            text.Append("    oifname \"lo\" return\n");
        }

        AppendNftExemptions(text, options, local: true);
        AppendNftQueue(text, options);
        text.Append("  }\n");
        if (options.Forwarded)
        {
            text.Append("  chain forward {\n    type filter hook forward priority mangle; policy accept;\n");
            text.Append(NftOnlySyns);
            if (!options.Router)
            {
                text.Append($"    iifname != {{ {string.Join(", ", ContainerInterfaces.Select(i => $"\"{i.Replace('+', '*')}\""))} }} return\n");
            }

            AppendNftExemptions(text, options, local: false);
            AppendNftQueue(text, options);
            text.Append("  }\n");
        }

        if (needs.LocalAnswers)
        {
            AppendNftAnswers(text, options, "answers", "input");
        }

        if (needs.ForwardedAnswers)
        {
            AppendNftAnswers(text, options, "forwarded_answers", "forward");
        }

        text.Append("}\n");
        RuleScript[] install = [new("nft", NftArguments, text.ToString())];
        return new RulePlan(RuleBackend.Nft, install, install, [new("nft", NftArguments, $"table inet {NftTable}\ndelete table inet {NftTable}\n")]);
    }

    private static void AppendNftExemptions(StringBuilder text, GuardOptions options, bool local)
    {
        text.Append($"    meta mark 0x{options.Mark:x} return\n");
        foreach (var exemption in options.Exemptions)
        {
            var rule = exemption.Kind switch
            {
                ExemptionKind.User when local => $"meta skuid {exemption.Value} return",
                ExemptionKind.Port => $"tcp dport {exemption.Value} return",
                ExemptionKind.Destination => $"{(IsIPv6(exemption.Value) ? "ip6" : "ip")} daddr {exemption.Value} return",
                _ => null,
            };
            if (rule is not null)
            {
                text.Append($"    {rule}\n");
            }
        }
    }

    private static void AppendNftQueue(StringBuilder text, GuardOptions options) =>
        text.Append(options.FailClosed ? $"    queue num {options.QueueNumber}\n" : $"    queue num {options.QueueNumber} bypass\n");

    private static void AppendNftAnswers(StringBuilder text, GuardOptions options, string chain, string hook)
    {
        var log = $"log group {options.LogGroup} snaplen {LogBytes} queue-threshold 1";
        text.Append($"  chain {chain} {{\n    type filter hook {hook} priority mangle; policy accept;\n");
        text.Append($"    tcp flags & (fin | syn | rst | ack) == syn | ack {log}\n");
        text.Append($"    tcp flags & rst == rst {log}\n");
        text.Append($"    icmp type {{ destination-unreachable, time-exceeded }} {log}\n");
        text.Append($"    icmpv6 type {{ destination-unreachable, time-exceeded }} {log}\n  }}\n");
    }

    private static RulePlan PlanIptables(GuardOptions options, RuleNeeds needs)
    {
        List<RuleScript> install = [], update = [], remove = [];
        foreach (var ipv6 in (ReadOnlySpan<bool>)[false, true])
        {
            var tool = ipv6 ? "ip6tables-restore" : "iptables-restore";
            var tables = IptablesTables(options, needs, ipv6);
            install.Add(new RuleScript(tool, RestoreArguments, Render(tables, Step.Install)));
            update.Add(new RuleScript(tool, RestoreArguments, Render(tables, Step.Update)));
            remove.Add(new RuleScript(tool, RestoreArguments, Render(tables, Step.Remove)));
        }

        return new RulePlan(RuleBackend.Iptables, install, update, remove);
    }

    private enum Step
    {
        Install,
        Update,
        Remove,
    }

    /// <summary>A chain of ours, and the one rule in a built-in chain that jumps to it.</summary>
    private sealed record Chain(string Name, string From, string Match, List<string> Rules)
    {
        public string Jump => $"{From} {Match}-j {Name}";
    }

    private const string SynOnly = "-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN ";

    private static List<(string Table, List<Chain> Chains)> IptablesTables(GuardOptions options, RuleNeeds needs, bool ipv6)
    {
        var queue = $"-j NFQUEUE --queue-num {options.QueueNumber}" + (options.FailClosed ? "" : " --queue-bypass");
        List<string> output = options.GuardLoopback ? [] : ["-o lo -j RETURN"];
        output.AddRange(IptablesExemptions(options, ipv6, local: true));
        output.Add(queue);
        List<(string, List<Chain>)> tables = [("raw", [new Chain(ChainPrefix + "OUT", "OUTPUT", SynOnly, output)])];

        List<Chain> mangle = [];
        if (needs.LocalAnswers)
        {
            mangle.Add(new Chain(ChainPrefix + "IN", "INPUT", "", Answers(options, ipv6)));
        }

        if (needs.ForwardedAnswers)
        {
            mangle.Add(new Chain(ChainPrefix + "FWD-IN", "FORWARD", "", Answers(options, ipv6)));
        }

        if (options.Forwarded)
        {
            List<string> exemptions = [.. IptablesExemptions(options, ipv6, local: false)];
            var forward = options.Router ? [.. exemptions, queue] : new List<string>([.. exemptions, .. ContainerInterfaces.Select(i => $"-i {i} {queue}")]);
            mangle.Add(new Chain(ChainPrefix + "FWD", "FORWARD", SynOnly, forward));
        }

        if (mangle.Count > 0)
        {
            tables.Add(("mangle", mangle));
        }

        return tables;
    }

    private static IEnumerable<string> IptablesExemptions(GuardOptions options, bool ipv6, bool local)
    {
        yield return $"-m mark --mark 0x{options.Mark:x} -j RETURN";
        foreach (var exemption in options.Exemptions)
        {
            if (exemption.Kind == ExemptionKind.User && local)
            {
                yield return $"-m owner --uid-owner {exemption.Value} -j RETURN";
            }
            else if (exemption.Kind == ExemptionKind.Port)
            {
                yield return $"-p tcp -m tcp --dport {exemption.Value} -j RETURN";
            }
            else if (exemption.Kind == ExemptionKind.Destination && IsIPv6(exemption.Value) == ipv6)
            {
                yield return $"-d {exemption.Value} -j RETURN";
            }
        }
    }

    private static List<string> Answers(GuardOptions options, bool ipv6)
    {
        var log = $"-j NFLOG --nflog-group {options.LogGroup} --nflog-size {LogBytes} --nflog-threshold 1";
        string[] errors = ipv6 ? ["-p ipv6-icmp -m icmp6 --icmpv6-type 1 ", "-p ipv6-icmp -m icmp6 --icmpv6-type 3 "] : ["-p icmp -m icmp --icmp-type 3 ", "-p icmp -m icmp --icmp-type 11 "];
        return ["-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN,ACK " + log, "-p tcp -m tcp --tcp-flags RST RST " + log, .. errors.Select(e => e + log)];
    }

    private static string Render(List<(string Table, List<Chain> Chains)> tables, Step step)
    {
        var text = new StringBuilder();
        foreach (var (table, chains) in tables)
        {
            text.Append($"*{table}\n");
            foreach (var chain in chains)
            {
                if (step == Step.Remove)
                {
                    text.Append($"-D {chain.Jump}\n-F {chain.Name}\n-X {chain.Name}\n");
                    continue;
                }

                // -N fails where the chain exists and takes the whole transaction with it: that is how leftovers are noticed without a process that looks for them.
                text.Append(step == Step.Install ? $"-N {chain.Name}\n" : $"-F {chain.Name}\n");
                foreach (var rule in chain.Rules)
                {
                    text.Append($"-A {chain.Name} {rule}\n");
                }

                if (step == Step.Install)
                {
                    text.Append($"-I {chain.Jump}\n");
                }
            }

            text.Append("COMMIT\n");
        }

        return text.ToString();
    }

    private static bool IsIPv6(string prefix) => IPNetwork.TryParse(prefix, out var network)
        ? network.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6
        : prefix.Contains(':', StringComparison.Ordinal);
}
