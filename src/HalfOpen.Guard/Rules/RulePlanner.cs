using System.Net;
using System.Net.Sockets;
using System.Text;
using HalfOpen.Wire.Netlink;

namespace HalfOpen.Guard.Rules;

/// <summary>
/// From options to rule texts; no I/O. With iptables, which has no chains of our own for a hook: local SYNs are queued
/// in
/// <c>raw</c> OUTPUT (no conntrack entry is taken while one is held, and the destination is seen before DNAT),
/// forwarded ones in <c>mangle</c> FORWARD (the original source is seen). For nf_tables see
/// <see cref="OwnTablePlanner"/>.
/// </summary>
/// <remarks>
/// Exempt cgroups and executables are decided by the guard and not by rules: a cgroup match needs the path to exist
/// when the rule is loaded, and goes stale when a service is restarted into a new cgroup of the same name.
/// </remarks>
public static class RulePlanner
{
    /// <summary>Every chain of ours begins so, and no other.</summary>
    public const string ChainPrefix = "HALFOPEN-";

    /// <summary>
    /// Bytes of an answer that are logged: both IP headers and ports of an ICMP error fit, with options.
    /// </summary>
    public const int LogBytes = 256;

    /// <summary>
    /// Network interfaces behind which containers and virtual machines of this machine live: Docker, Podman, CNI and
    /// Flannel, Calico, Cilium and LXC (lxc...), LXD, Incus, libvirt, and the pods of Kubernetes at Amazon (eni...),
    /// Azure (azv...) and Google (gke...) name theirs so. A trailing plus matches any ending. <c>--containers</c>
    /// governs what comes in there.
    /// </summary>
    public static IReadOnlyList<string> ContainerInterfaces { get; } =
        ["docker+", "br-+", "podman+", "cni+", "flannel+", "cali+", "lxc+", "lxdbr+", "incusbr+", "virbr+", "veth+", "eni+", "azv+",
            "gke+"];

    private static readonly string[] RestoreArguments = ["--noflush", "-w", "5"];
    private static readonly FilterFamily[] Both = [FilterFamily.IPv4, FilterFamily.IPv6];
    private static readonly string[] NftArguments = ["-f", "-"];

    public static RulePlan Plan(GuardOptions options, RuleNeeds needs, RuleBackend backend) =>
        backend == RuleBackend.Nft ? PlanNft(options, needs) : PlanIptables(options, needs, backend);

    /// <summary>
    /// What nft would be told to do the same; the guard itself needs no tool (<see cref="OwnTables"/>).
    /// </summary>
    private static RulePlan PlanNft(GuardOptions options, RuleNeeds needs)
    {
        List<OwnTable> tables = [.. Both.Select(f => OwnTablePlanner.Plan(options, needs, f, Handover.Expressions))];
        RuleScript[] install = [new("nft", NftArguments, string.Concat(tables.Select(t => t.Text())))];
        return new RulePlan(
            RuleBackend.Nft, install, install, [new("nft", NftArguments, string.Concat(tables.Select(t => t.DeleteText())))]);
    }

    private static RulePlan PlanIptables(GuardOptions options, RuleNeeds needs, RuleBackend backend)
    {
        var legacy = backend == RuleBackend.IptablesLegacy ? "-legacy" : "";
        List<RuleScript> install = [], update = [], remove = [];
        foreach (var ipv6 in (ReadOnlySpan<bool>)[false, true])
        {
            var tool = $"ip{(ipv6 ? "6" : "")}tables{legacy}-restore";
            var tables = IptablesTables(options, needs, ipv6);
            install.Add(new RuleScript(tool, RestoreArguments, Render(tables, Step.Install)));
            update.Add(new RuleScript(tool, RestoreArguments, Render(tables, Step.Update)));
            remove.Add(new RuleScript(tool, RestoreArguments, Render(tables, Step.Remove)));
        }

        return new RulePlan(backend, install, update, remove);
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

        /// <summary>
        /// A queue ends the way through the whole built-in chain, so the jump to it stands last: everybody's rules have
        /// run. Answers are only looked at, before anybody accepts them.
        /// </summary>
        public string Place => Match.Length > 0 ? "-A" : "-I";
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
            var forward = options.Router
                ? [.. exemptions, queue] : new List<string>([.. exemptions, .. ContainerInterfaces.Select(i => $"-i {i} {queue}")]);
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
            if (local && exemption.User is { } user)
            {
                yield return $"-m owner --uid-owner {user} -j RETURN";
            }
            else if (exemption.Port is { } port)
            {
                yield return $"-p tcp -m tcp --dport {port} -j RETURN";
            }
            else if (exemption.Network is { } network && IsIPv6(network) == ipv6)
            {
                yield return $"-d {network} -j RETURN";
            }
        }
    }

    private static List<string> Answers(GuardOptions options, bool ipv6)
    {
        var log = $"-j NFLOG --nflog-group {options.LogGroup} --nflog-size {LogBytes} --nflog-threshold 1";
        string[] errors = ipv6
            ? ["-p ipv6-icmp -m icmp6 --icmpv6-type 1 ", "-p ipv6-icmp -m icmp6 --icmpv6-type 3 "]
            : ["-p icmp -m icmp --icmp-type 3 ", "-p icmp -m icmp --icmp-type 11 "];
        return ["-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN,ACK " + log, "-p tcp -m tcp --tcp-flags RST RST " + log,
            .. errors.Select(e => e + log)];
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

                // -N fails where the chain exists and takes the whole transaction with it: that is how leftovers are
                // noticed without a process that looks for them.
                text.Append(step == Step.Install ? $"-N {chain.Name}\n" : $"-F {chain.Name}\n");
                foreach (var rule in chain.Rules)
                {
                    text.Append($"-A {chain.Name} {rule}\n");
                }

                if (step == Step.Install)
                {
                    text.Append($"{chain.Place} {chain.Jump}\n");
                }
            }

            text.Append("COMMIT\n");
        }

        return text.ToString();
    }

    private static bool IsIPv6(IPNetwork network) => network.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6;
}
