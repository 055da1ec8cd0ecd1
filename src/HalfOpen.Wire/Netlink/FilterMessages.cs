using static System.Buffers.Binary.BinaryPrimitives;

namespace HalfOpen.Wire.Netlink;

/// <summary>Protocol families as nf_tables names them (linux/netfilter.h).</summary>
public enum FilterFamily : byte
{
    /// <summary>Not about one family.</summary>
    None = 0,
    IPv4 = 2,
    IPv6 = 10,
}

/// <summary>
/// Requests to nf_tables (linux/netfilter/nf_tables.h): tables, chains and rules. Changes go into one batch, from
/// <see cref="BeginBatch"/> to <see cref="EndBatch"/>, which the kernel carries out wholly or not at all.
/// </summary>
public static class FilterMessages
{
    /// <summary>Multicast group of notifications about every change (NFNLGRP_NFTABLES).</summary>
    public const int ChangesGroup = 7;

    private const int Subsystem = 10;
    private const ushort BatchBegin = 16;
    private const ushort BatchEnd = 17;
    private const ushort NewTable = (Subsystem << 8) | 0;
    private const ushort GetTable = (Subsystem << 8) | 1;
    private const ushort DeleteTable = (Subsystem << 8) | 2;
    private const ushort NewChain = (Subsystem << 8) | 3;
    private const ushort GetChain = (Subsystem << 8) | 4;
    private const ushort DeleteChain = (Subsystem << 8) | 5;
    private const ushort NewRule = (Subsystem << 8) | 6;
    private const ushort GetRule = (Subsystem << 8) | 7;
    private const ushort DeleteRule = (Subsystem << 8) | 8;
    private const ushort NewGeneration = (Subsystem << 8) | 15;
    private const ushort GetGeneration = (Subsystem << 8) | 16;
    private const ushort Create = 0x400;
    private const ushort Append = 0x800;
    private const ushort OnlyIfEmpty = 0x100; // NLM_F_NONREC

    public static void BeginBatch(ref NetlinkWriter writer) => Batch(ref writer, BatchBegin);

    public static void EndBatch(ref NetlinkWriter writer) => Batch(ref writer, BatchEnd);

    /// <summary>Makes a table; no error where there is one of that name.</summary>
    public static void MakeTable(ref NetlinkWriter writer, FilterFamily family, string table)
    {
        Begin(ref writer, NewTable, Create, family, 0);
        writer.Text(1, table);
        writer.End();
    }

    /// <summary>Deletes a table with all that is in it; ENOENT where there is none.</summary>
    /// <param name="sequence">Not 0: the kernel acknowledges it under this number.</param>
    public static void RemoveTable(ref NetlinkWriter writer, FilterFamily family, string table, uint sequence = 0)
    {
        Begin(ref writer, DeleteTable, 0, family, sequence);
        writer.Text(1, table);
        writer.End();
    }

    /// <summary>Deletes a table that has nothing in it; EBUSY where it has.</summary>
    /// <param name="sequence">Not 0: the kernel acknowledges it under this number.</param>
    public static void RemoveEmptyTable(ref NetlinkWriter writer, FilterFamily family, string table, uint sequence = 0)
    {
        Begin(ref writer, DeleteTable, OnlyIfEmpty, family, sequence);
        writer.Text(1, table);
        writer.End();
    }

    /// <summary>Deletes a chain that has no rule; EBUSY where it has one, or another rule jumps to it.</summary>
    public static void RemoveEmptyChain(ref NetlinkWriter writer, FilterFamily family, string table, string chain)
    {
        Begin(ref writer, DeleteChain, OnlyIfEmpty, family, 0);
        writer.Text(1, table);
        writer.Text(3, chain);
        writer.End();
    }

    /// <summary>Makes a chain that only rules jump to.</summary>
    public static void MakeChain(ref NetlinkWriter writer, FilterFamily family, string table, string chain)
    {
        Begin(ref writer, NewChain, Create, family, 0);
        writer.Text(1, table);
        writer.Text(3, chain);
        writer.End();
    }

    /// <summary>Makes a base chain of type filter with policy accept.</summary>
    public static void MakeBaseChain(
        ref NetlinkWriter writer, FilterFamily family, string table, string chain, NetfilterHook hook, int priority)
    {
        Begin(ref writer, NewChain, Create, family, 0);
        writer.Text(1, table);
        writer.Text(3, chain);
        var nest = writer.BeginNest(4);
        WriteUInt32BigEndian(writer.Attribute(1, 4), (uint)hook);
        WriteInt32BigEndian(writer.Attribute(2, 4), priority);
        writer.EndNest(nest);
        WriteUInt32BigEndian(writer.Attribute(5, 4), QueueRequests.Accept);
        writer.Text(7, "filter");
        writer.End();
    }

    /// <summary>Takes all rules out of a chain.</summary>
    public static void EmptyChain(ref NetlinkWriter writer, FilterFamily family, string table, string chain, uint sequence = 0)
    {
        Begin(ref writer, DeleteRule, 0, family, sequence);
        writer.Text(1, table);
        writer.Text(2, chain);
        writer.End();
    }

    /// <summary>
    /// Begins a rule at the end of a chain: <see cref="FilterExpressions"/> follow, then <see cref="EndRule"/>.
    /// </summary>
    /// <returns>For <see cref="EndRule"/>.</returns>
    public static int BeginRule(ref NetlinkWriter writer, FilterFamily family, string table, string chain, uint sequence = 0)
    {
        Begin(ref writer, NewRule, Create | Append, family, sequence);
        writer.Text(1, table);
        writer.Text(2, chain);
        return writer.BeginNest(4);
    }

    public static void EndRule(ref NetlinkWriter writer, int nest)
    {
        writer.EndNest(nest);
        writer.End();
    }

    /// <summary>Asks how often the rule set was changed: <see cref="TryReadGeneration"/>.</summary>
    public static void AskGeneration(ref NetlinkWriter writer, uint sequence)
    {
        Begin(ref writer, GetGeneration, 0, FilterFamily.None, sequence);
        writer.End();
    }

    /// <summary>Asks for a table; answered by it or by ENOENT.</summary>
    public static void AskTable(ref NetlinkWriter writer, FilterFamily family, string table, uint sequence)
    {
        Begin(ref writer, GetTable, 0, family, sequence);
        writer.Text(1, table);
        writer.End();
    }

    /// <summary>Asks for a chain, without its rules; answered by it or by ENOENT.</summary>
    public static void AskChain(ref NetlinkWriter writer, FilterFamily family, string table, string chain, uint sequence)
    {
        Begin(ref writer, GetChain, 0, family, sequence);
        writer.Text(1, table);
        writer.Text(3, chain);
        writer.End();
    }

    /// <summary>Asks for all rules of a table; the answers end with NLMSG_DONE.</summary>
    public static void AskRules(ref NetlinkWriter writer, FilterFamily family, string table, uint sequence)
    {
        Begin(ref writer, GetRule, NetlinkConstants.Dump, family, sequence);
        writer.Text(1, table);
        writer.End();
    }

    /// <summary>The number of changes so far; false for any other message.</summary>
    public static bool TryReadGeneration(in NetlinkMessage message, out uint generation)
    {
        generation = 0;
        if (message.Type != NewGeneration || message.Payload.Length < 4)
        {
            return false;
        }

        var attributes = new AttributeReader(message.Payload[4..]);
        while (attributes.TryRead(out var type, out var value))
        {
            if (type == 1 && value.Length >= 4)
            {
                generation = ReadUInt32BigEndian(value);
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Whether a chain lets pass what none of its rules decides: its policy (linux/netfilter/nf_tables.h,
    /// NFTA_CHAIN_POLICY) is NF_ACCEPT, or it has none. False for any other message.
    /// </summary>
    public static bool TryReadPolicy(in NetlinkMessage message, out bool accepts)
    {
        const int Policy = 5;
        const uint Accept = 1;
        accepts = true;
        if (message.Type != NewChain || message.Payload.Length < 4)
        {
            return false;
        }

        var attributes = new AttributeReader(message.Payload[4..]);
        while (attributes.TryRead(out var type, out var value))
        {
            accepts &= type != Policy || (value.Length >= 4 && ReadUInt32BigEndian(value) == Accept);
        }

        return true;
    }

    /// <summary>
    /// What a table, a chain or a rule is, without the part of the message that says when it was asked; false for any
    /// other message. Equal bytes: nothing changed.
    /// </summary>
    public static bool TryReadObject(in NetlinkMessage message, out ReadOnlySpan<byte> content)
    {
        var isObject = message.Type is NewTable or NewChain or NewRule && message.Payload.Length >= 4;
        content = isObject ? message.Payload[4..] : default;
        return isObject;
    }

    private static void Begin(ref NetlinkWriter writer, ushort type, ushort flags, FilterFamily family, uint sequence)
    {
        flags |= NetlinkConstants.Request;
        if (sequence != 0 && (flags & NetlinkConstants.Dump) == 0 && type is not (GetTable or GetChain or GetGeneration))
        {
            flags |= NetlinkConstants.Acknowledge;
        }

        writer.Begin(type, flags, sequence);
        writer.Take(4)[0] = (byte)family;
    }

    private static void Batch(ref NetlinkWriter writer, ushort type)
    {
        writer.Begin(type, NetlinkConstants.Request, 0);
        WriteUInt16BigEndian(writer.Take(4)[2..], Subsystem);
        writer.End();
    }
}
