using HalfOpen.Core;
using HalfOpen.Guard.Attribution;

namespace HalfOpen.Guard;

/// <summary>
/// Who holds slots or waits, on both levels. Bounded: an owner with very many programs takes no other owner's line.
/// </summary>
internal sealed record WhoStatus(
    IReadOnlyList<OwnerStatus> Owners, int OtherOwners, IReadOnlyList<ProgramStatus> Programs, int OtherPrograms)
{
    /// <summary>Of seconds and milliseconds in a status, behind the point.</summary>
    public const int Digits = 3;

    private const int Most = 64;

    /// <param name="all">The engine's programs.</param>
    /// <param name="oldest">By index of a program: since when its oldest attempt waits, in ticks.</param>
    public static WhoStatus Build(IReadOnlyList<ProgramStatistics> all, Dictionary<int, long> oldest, Instant now)
    {
        var busy = all.Where(p => p.HalfOpen > 0 || p.Waiting > 0 || p.Counted > 0).ToList();

        // A program without an owner is a group by itself, under a name that no owner's program has.
        var groups = busy.GroupBy(p => p.Owner ?? p.Name)
            .Select(g => g.OrderByDescending(SizeOf).ThenBy(p => p.Name, StringComparer.Ordinal).ToList())
            .OrderByDescending(g => g.Sum(SizeOf)).ThenBy(g => g[0].Name, StringComparer.Ordinal).ToList();

        // The biggest of each owner first, then the second of each, until there are enough.
        var shown = groups.SelectMany((g, place) => g.Take(Most).Select((p, rank) => (Program: p, Place: place, Rank: rank)))
            .OrderBy(s => s.Rank).ThenBy(s => s.Place).Take(Most).OrderBy(s => s.Place).ThenBy(s => s.Rank);
        var owned = groups.Where(g => g[0].Owner is not null).ToList();
        var started = all.Where(p => p.Owner is not null).GroupBy(p => p.Owner!)
            .ToDictionary(g => g.Key, g => g.Sum(p => p.Totals.Started), StringComparer.Ordinal);
        return new WhoStatus(
            [.. owned.Take(Most).Select(g => new OwnerStatus(g[0].Owner!, g.Sum(p => p.HalfOpen), g.Sum(p => p.Counted),
                g.Sum(p => p.Waiting), g.Max(SecondsOf), started[g[0].Owner!], g.Count))],
            Math.Max(0, owned.Count - Most),
            [.. shown.Select(s => Status(s.Program))],
            Math.Max(0, busy.Count - Most));

        ProgramStatus Status(ProgramStatistics p) =>
            new(ProgramName.WithoutOwner(p.Name, p.Owner), p.HalfOpen, p.Counted, p.Waiting, Words(p.Reason), SecondsOf(p),
                p.Totals.Started)
            {
                Owner = p.Owner ?? "",
            };

        double SecondsOf(ProgramStatistics p) =>
            Math.Round(new TimeSpan(now.Ticks - oldest.GetValueOrDefault(p.Program.Index, now.Ticks)).TotalSeconds, Digits);
    }

    private static int SizeOf(ProgramStatistics p) => p.Counted + p.Waiting;

    private static string Words(WaitReason reason) => reason switch
    {
        WaitReason.None => "",
        WaitReason.SlotsTaken => "every slot is held",
        WaitReason.Headroom => "free slots are kept for newcomers: its attempts were silent too often",
        WaitReason.Share => "programs that hold less come first",
        WaitReason.SameDestination => "another attempt to the same destination is half-open",
        WaitReason.NatBudget => "the NAT budget is used up",
        WaitReason.Turn => "its turn has not come",
        _ => reason.ToString(),
    };
}
