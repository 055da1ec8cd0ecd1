using System.Text;
using static System.Buffers.Binary.BinaryPrimitives;

namespace HalfOpen.Wire.Netlink;

/// <summary>What a rule may load (enum nft_meta_keys).</summary>
public enum FilterMeta : uint
{
    Priority = 2,
    Mark = 3,
    InputName = 6,
    OutputName = 7,
    UserId = 10,
    Protocol = 16,
}

/// <summary>Where an offset counts from (enum nft_payload_bases).</summary>
public enum FilterBase : uint
{
    Network = 1,
    Transport = 2,
}

/// <summary>
/// The expressions of an nf_tables rule, one behind the other: each loads a register, compares it, or ends the rule.
/// They all use the first register (linux/netfilter/nf_tables.h).
/// </summary>
public static class FilterExpressions
{
    /// <summary>Room for an interface's name in a register (IFNAMSIZ).</summary>
    private const int NameLength = 16;

    private const uint Register = 1;
    private const int CodeReturn = -5;
    private const int CodeJump = -3;

    public static void Meta(ref NetlinkWriter writer, FilterMeta key)
    {
        var (element, data) = Begin(ref writer, "meta");
        Number(ref writer, 1, Register);
        Number(ref writer, 2, (uint)key);
        End(ref writer, element, data);
    }

    public static void Payload(ref NetlinkWriter writer, FilterBase from, int offset, int length)
    {
        var (element, data) = Begin(ref writer, "payload");
        Number(ref writer, 1, Register);
        Number(ref writer, 2, (uint)from);
        Number(ref writer, 3, (uint)offset);
        Number(ref writer, 4, (uint)length);
        End(ref writer, element, data);
    }

    /// <summary>Keeps only the bits of the mask.</summary>
    public static void And(ref NetlinkWriter writer, scoped ReadOnlySpan<byte> mask)
    {
        var (element, data) = Begin(ref writer, "bitwise");
        Number(ref writer, 1, Register);
        Number(ref writer, 2, Register);
        Number(ref writer, 3, (uint)mask.Length);
        Data(ref writer, 4, mask);
        Span<byte> nothing = stackalloc byte[mask.Length];
        Data(ref writer, 5, nothing);
        End(ref writer, element, data);
    }

    /// <summary>Goes on only when the first bytes of the register are these (or, negated, are not).</summary>
    public static void Compare(ref NetlinkWriter writer, scoped ReadOnlySpan<byte> value, bool negated = false)
    {
        var (element, data) = Begin(ref writer, "cmp");
        Number(ref writer, 1, Register);
        Number(ref writer, 2, negated ? 1u : 0);
        Data(ref writer, 3, value);
        End(ref writer, element, data);
    }

    /// <summary>The same for a number as this machine writes it, such as a mark or a user id.</summary>
    public static void Compare(ref NetlinkWriter writer, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        WriteUInt32LittleEndian(bytes, value);
        Compare(ref writer, bytes);
    }

    /// <summary>The same for an interface's name, or for all that begin with it.</summary>
    public static void CompareName(ref NetlinkWriter writer, string name, bool isPrefix)
    {
        Span<byte> bytes = stackalloc byte[NameLength];
        bytes.Clear();
        var length = Encoding.ASCII.GetBytes(name, bytes);
        Compare(ref writer, isPrefix ? bytes[..length] : bytes);
    }

    /// <summary>Ends this chain; the packet goes on behind the rule that jumped here, or out of a base chain.</summary>
    public static void Return(ref NetlinkWriter writer) => Verdict(ref writer, CodeReturn, null);

    public static void Jump(ref NetlinkWriter writer, string chain) => Verdict(ref writer, CodeJump, chain);

    /// <summary>To a queue, with nftables' own expression. Bypass: packets pass while nobody reads it.</summary>
    public static void Queue(ref NetlinkWriter writer, ushort number, bool bypass)
    {
        var (element, data) = Begin(ref writer, "queue");
        WriteUInt16BigEndian(writer.Attribute(1, 2), number);
        WriteUInt16BigEndian(writer.Attribute(2, 2), 1);
        WriteUInt16BigEndian(writer.Attribute(3, 2), (ushort)(bypass ? 1 : 0));
        End(ref writer, element, data);
    }

    /// <summary>
    /// The same through iptables' target (struct xt_NFQ_info_v3), for kernels whose nftables has no queue: number, how
    /// many queues, flags, two bytes of nothing.
    /// </summary>
    public static void QueueByTarget(ref NetlinkWriter writer, ushort number, bool bypass)
    {
        Span<byte> info = stackalloc byte[8];
        info.Clear();
        WriteUInt16LittleEndian(info, number);
        WriteUInt16LittleEndian(info[2..], 1);
        WriteUInt16LittleEndian(info[4..], (ushort)(bypass ? 1 : 0));
        Target(ref writer, "NFQUEUE", 3, info);
    }

    /// <summary>A copy of the packet's beginning to an NFLOG group, at once.</summary>
    public static void Log(ref NetlinkWriter writer, ushort group, int bytes)
    {
        var (element, data) = Begin(ref writer, "log");
        WriteUInt16BigEndian(writer.Attribute(1, 2), group);
        Number(ref writer, 3, (uint)bytes);
        WriteUInt16BigEndian(writer.Attribute(4, 2), 1);
        End(ref writer, element, data);
    }

    /// <summary>
    /// The same through iptables' target (struct xt_nflog_info): length (4), group (2), threshold (2), flags (2, bit 0:
    /// the length counts), padding (2), prefix (64), padding (4).
    /// </summary>
    public static void LogByTarget(ref NetlinkWriter writer, ushort group, int bytes)
    {
        Span<byte> info = stackalloc byte[80];
        info.Clear();
        WriteUInt32LittleEndian(info, (uint)bytes);
        WriteUInt16LittleEndian(info[4..], group);
        WriteUInt16LittleEndian(info[6..], 1);
        WriteUInt16LittleEndian(info[8..], 1);
        Target(ref writer, "NFLOG", 0, info);
    }

    private static void Target(ref NetlinkWriter writer, string name, uint revision, scoped ReadOnlySpan<byte> info)
    {
        var (element, data) = Begin(ref writer, "target");
        writer.Text(1, name);
        Number(ref writer, 2, revision);
        writer.Attribute(3, info);
        End(ref writer, element, data);
    }

    private static void Verdict(ref NetlinkWriter writer, int code, string? chain)
    {
        var (element, data) = Begin(ref writer, "immediate");
        Number(ref writer, 1, 0); // the verdict register
        var value = writer.BeginNest(2);
        var verdict = writer.BeginNest(2);
        WriteInt32BigEndian(writer.Attribute(1, 4), code);
        if (chain is not null)
        {
            writer.Text(2, chain);
        }

        writer.EndNest(verdict);
        writer.EndNest(value);
        End(ref writer, element, data);
    }

    private static (int Element, int Data) Begin(ref NetlinkWriter writer, string name)
    {
        var element = writer.BeginNest(1);
        writer.Text(1, name);
        return (element, writer.BeginNest(2));
    }

    private static void End(ref NetlinkWriter writer, int element, int data)
    {
        writer.EndNest(data);
        writer.EndNest(element);
    }

    private static void Data(ref NetlinkWriter writer, ushort type, scoped ReadOnlySpan<byte> value)
    {
        var nest = writer.BeginNest(type);
        writer.Attribute(1, value);
        writer.EndNest(nest);
    }

    private static void Number(ref NetlinkWriter writer, ushort type, uint value) => WriteUInt32BigEndian(writer.Attribute(type, 4), value);
}
