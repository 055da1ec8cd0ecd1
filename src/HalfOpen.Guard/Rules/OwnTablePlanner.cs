using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using HalfOpen.Linux.Bpf;
using HalfOpen.Wire.Netlink;
using HalfOpen.Wire.Packets;

namespace HalfOpen.Guard.Rules;

/// <summary>How a kernel's nf_tables can hand packets over.</summary>
internal enum Handover
{
    /// <summary>With nftables' own expressions (nft_queue, nft_log).</summary>
    Expressions,

    /// <summary>
    /// With iptables' targets (xt_NFQUEUE, xt_NFLOG) through nft_compat, as iptables on nftables does.
    /// </summary>
    Targets,
}

/// <summary>
/// From options to our tables in nf_tables; no I/O. SYNs of this machine are queued after everybody's raw OUTPUT and
/// before conntrack: what somebody drops there takes no slot, a held one takes no conntrack entry, and the destination
/// is the one that was asked for. Forwarded SYNs are queued after everybody's filter FORWARD: what a firewall refuses
/// takes no slot, and the original source is seen.
/// </summary>
/// <remarks>
/// Exempt cgroups and executables are decided by the guard and not by rules (decision 0061).
/// </remarks>
internal static class OwnTablePlanner
{
    /// <summary>Between raw (-300) and conntrack (-200).</summary>
    public const int OutputPriority = -250;

    /// <summary>After filter (0) and security (50), before source NAT (100).</summary>
    public const int ForwardPriority = 75;

    /// <summary>Answers are only looked at: where iptables' mangle table looks.</summary>
    private const int AnswersPriority = -150;

    private const byte FlagsThatCount = (byte)(TcpFlags.Fin | TcpFlags.Syn | TcpFlags.Rst | TcpFlags.Ack);

    private static readonly RulePart Return = new("return", FilterExpressions.Return);
    private static readonly RulePart IsTcp = Protocol("tcp", IpPacket.Tcp);

    public static OwnTable Plan(GuardOptions options, RuleNeeds needs, FilterFamily family, Handover handover)
    {
        List<OwnChain> chains = [];
        var queue = Queue(options, handover);
        List<RulePart[]> rules = [];
        if (needs.LeasedPass)
        {
            rules.Add([Number($"meta priority {SlotLease.Priority >> 16:x}:0", FilterMeta.Priority, SlotLease.Priority), Return]);
        }

        if (!options.GuardLoopback)
        {
            rules.Add([Interface("oifname", FilterMeta.OutputName, "lo"), Return]);
        }

        rules.AddRange(Exemptions(options, family, local: true));
        rules.Add([queue]);
        AddSyns(chains, "output", NetfilterHook.LocalOut, OutputPriority, rules);
        if (options.Forwarded)
        {
            rules = [.. Exemptions(options, family, local: false)];
            rules.AddRange(options.Router
                ? [[queue]]
                : RulePlanner.ContainerInterfaces.Select(i => new[] { Interface("iifname", FilterMeta.InputName, i), queue }));
            AddSyns(chains, "forward", NetfilterHook.Forward, ForwardPriority, rules);
        }

        if (needs.LocalAnswers)
        {
            chains.Add(new OwnChain("answers", NetfilterHook.LocalIn, AnswersPriority, Answers(options, family, handover)));
        }

        if (needs.ForwardedAnswers)
        {
            chains.Add(new OwnChain("forwarded_answers", NetfilterHook.Forward, AnswersPriority, Answers(options, family, handover)));
        }

        return new OwnTable(family, chains);
    }

    /// <summary>All packets pass the first chain, only first SYNs the second.</summary>
    private static void AddSyns(List<OwnChain> chains, string name, NetfilterHook hook, int priority, List<RulePart[]> rules)
    {
        var syns = name + "_syns";
        var jump = new RulePart("jump " + syns, (ref NetlinkWriter writer) => FilterExpressions.Jump(ref writer, syns));
        chains.Add(
            new OwnChain(name, hook, priority, [[IsTcp, Flags("(fin | syn | rst | ack) == syn", FlagsThatCount, TcpFlags.Syn), jump]]));
        chains.Add(new OwnChain(syns, null, 0, rules));
    }

    private static IEnumerable<RulePart[]> Exemptions(GuardOptions options, FilterFamily family, bool local)
    {
        yield return [Number($"meta mark 0x{options.Mark:x8}", FilterMeta.Mark, options.Mark), Return];
        foreach (var exemption in options.Exemptions)
        {
            if (local && exemption.User is { } user)
            {
                yield return [Number($"meta skuid {user}", FilterMeta.UserId, user), Return];
            }
            else if (exemption.Port is { } port)
            {
                yield return [Port(port), Return];
            }
            else if (exemption.Network is { } network && FamilyOf(network) == family)
            {
                yield return [Destination(network), Return];
            }
        }
    }

    private static List<RulePart[]> Answers(GuardOptions options, FilterFamily family, Handover handover)
    {
        const int Icmp = 1, Icmp6 = 58;
        var log = Log(options, handover);
        const byte Both = (byte)(TcpFlags.Syn | TcpFlags.Ack);
        var errors = family == FilterFamily.IPv4 ? Protocol("icmp", Icmp) : Protocol("ipv6-icmp", Icmp6);

        // Destination unreachable and time exceeded, by their numbers in either protocol.
        var (unreachable, exceeded) = family == FilterFamily.IPv4 ? ((byte)3, (byte)11) : ((byte)1, (byte)3);
        return
        [
            [IsTcp, Flags("(fin | syn | rst | ack) == syn | ack", FlagsThatCount, (TcpFlags)Both), log],
            [IsTcp, Flags("rst == rst", (byte)TcpFlags.Rst, TcpFlags.Rst), log],
            [errors, ErrorType(family, unreachable), log],
            [errors, ErrorType(family, exceeded), log],
        ];
    }

    private static RulePart Queue(GuardOptions options, Handover handover)
    {
        var (number, bypass) = (options.QueueNumber, !options.FailClosed);
        return new RulePart($"queue num {number}{(bypass ? " bypass" : "")}", handover == Handover.Expressions
            ? (ref NetlinkWriter writer) => FilterExpressions.Queue(ref writer, number, bypass)
            : (ref NetlinkWriter writer) => FilterExpressions.QueueByTarget(ref writer, number, bypass));
    }

    private static RulePart Log(GuardOptions options, Handover handover)
    {
        var group = options.LogGroup;
        return new RulePart($"log group {group} snaplen {RulePlanner.LogBytes} queue-threshold 1", handover == Handover.Expressions
            ? (ref NetlinkWriter writer) => FilterExpressions.Log(ref writer, group, RulePlanner.LogBytes)
            : (ref NetlinkWriter writer) => FilterExpressions.LogByTarget(ref writer, group, RulePlanner.LogBytes));
    }

    private static RulePart Protocol(string name, byte number) => new($"meta l4proto {name}", (ref NetlinkWriter writer) =>
    {
        FilterExpressions.Meta(ref writer, FilterMeta.Protocol);
        FilterExpressions.Compare(ref writer, [number]);
    });

    private static RulePart Flags(string text, byte mask, TcpFlags wanted) => new($"tcp flags & {text}", (ref NetlinkWriter writer) =>
    {
        FilterExpressions.Payload(ref writer, FilterBase.Transport, 13, 1);
        FilterExpressions.And(ref writer, [mask]);
        FilterExpressions.Compare(ref writer, [(byte)wanted]);
    });

    private static RulePart Port(ushort port) => new($"tcp dport {port}", (ref NetlinkWriter writer) =>
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, port);
        FilterExpressions.Payload(ref writer, FilterBase.Transport, 2, 2);
        FilterExpressions.Compare(ref writer, bytes);
    });

    private static RulePart ErrorType(FilterFamily family, byte type) =>
        new($"{(family == FilterFamily.IPv4 ? "icmp" : "icmpv6")} type {type}", (ref NetlinkWriter writer) =>
        {
            FilterExpressions.Payload(ref writer, FilterBase.Transport, 0, 1);
            FilterExpressions.Compare(ref writer, [type]);
        });

    private static RulePart Number(string text, FilterMeta key, uint value) => new(text, (ref NetlinkWriter writer) =>
    {
        FilterExpressions.Meta(ref writer, key);
        FilterExpressions.Compare(ref writer, value);
    });

    /// <param name="name">A trailing plus matches any ending.</param>
    private static RulePart Interface(string word, FilterMeta key, string name) =>
        new($"{word} \"{name.Replace('+', '*')}\"", (ref NetlinkWriter writer) =>
        {
            FilterExpressions.Meta(ref writer, key);
            FilterExpressions.CompareName(ref writer, name.TrimEnd('+'), isPrefix: name.EndsWith('+'));
        });

    private static RulePart Destination(IPNetwork network)
    {
        var isV4 = FamilyOf(network) == FilterFamily.IPv4;
        return new RulePart($"{(isV4 ? "ip" : "ip6")} daddr {network}", (ref NetlinkWriter writer) =>
        {
            var address = network.BaseAddress.GetAddressBytes();
            Span<byte> mask = stackalloc byte[address.Length];
            for (var bit = 0; bit < address.Length * 8; bit++)
            {
                mask[bit / 8] |= (byte)(bit < network.PrefixLength ? 0x80 >> (bit % 8) : 0);
            }

            FilterExpressions.Payload(ref writer, FilterBase.Network, isV4 ? 16 : 24, address.Length);
            FilterExpressions.And(ref writer, mask);
            FilterExpressions.Compare(ref writer, address);
        });
    }

    private static FilterFamily FamilyOf(IPNetwork network) =>
        network.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? FilterFamily.IPv4 : FilterFamily.IPv6;
}
