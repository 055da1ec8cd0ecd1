using System.Net;
using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Texts;

namespace HalfOpen.Diagnosis.Gathering;

/// <summary>Counts tracked connections by kind and by who holds them. Bounded. Not thread-safe.</summary>
public sealed class TrackingBuilder
{
    private const int MaxHolders = 20_000;
    private const int MostHolders = 50;

    /// <summary>Different addresses that are counted for one holder; beyond, it has that many.</summary>
    private const int MaxAddresses = 100_000;

    private readonly Dictionary<(string, string), long> _kinds = [];
    private readonly Dictionary<(int Program, IPAddress? Source), HolderTally> _holders = [];
    private int _addresses;

    /// <value>Entries added.</value>
    public long Count { get; private set; }

    /// <param name="program">The program of this machine that it belongs to; -1: none, so its source holds it.</param>
    public void Add(in TrackedEntry entry, int program)
    {
        Count++;
        var kind = (entry.Protocol, entry.State);
        _kinds[kind] = _kinds.GetValueOrDefault(kind) + 1;
        var key = program >= 0 ? (program, (IPAddress?)null) : (-1, entry.Source);
        if (!_holders.TryGetValue(key, out var holder))
        {
            if (_holders.Count >= MaxHolders)
            {
                return;
            }

            _holders.Add(key, holder = new HolderTally());
        }

        holder.Tcp += entry.Protocol == "tcp" ? 1 : 0;
        holder.Udp += entry.Protocol is "udp" or "udplite" ? 1 : 0;
        holder.Other += entry.Protocol is "tcp" or "udp" or "udplite" ? 0 : 1;
        holder.HalfOpen += entry.IsHalfOpen ? 1 : 0;
        holder.Unanswered += entry.IsReplied ? 0 : 1;
        if (_addresses < MaxAddresses * 4 && holder.Addresses.Count < MaxAddresses && holder.Addresses.Add(entry.Destination))
        {
            _addresses++;
        }
    }

    /// <summary>The counts put into what else is known of the table.</summary>
    public TrackingFacts Build(TrackingFacts facts) => facts with
    {
        Kinds = [.. _kinds.OrderByDescending(k => k.Value).ThenBy(k => k.Key).Select(k => new TrackedKind(k.Key.Item1, k.Key.Item2,
            k.Value))],
        Holders = [.. _holders.OrderByDescending(h => h.Value.Tcp + h.Value.Udp + h.Value.Other)
            .ThenBy(h => h.Key.Source?.ToString(), StringComparer.Ordinal).Take(MostHolders)
            .Select(h => h.Value.Facts(h.Key.Program, h.Key.Source?.ToString() ?? ""))],
    };

    private sealed class HolderTally
    {
        public long HalfOpen { get; set; }

        public long Tcp { get; set; }

        public long Udp { get; set; }

        public long Other { get; set; }

        public long Unanswered { get; set; }

        public HashSet<IPAddress> Addresses { get; } = [];

        public TrackedHolder Facts(int program, string source) => new(program, source, HalfOpen, Tcp, Udp, Other)
        {
            Addresses = Addresses.Count,
            Unanswered = Unanswered,
        };
    }
}
