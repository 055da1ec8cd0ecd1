using HalfOpen.Driver;
using HalfOpen.Xp.Copies;
using HalfOpen.Xp.Machine;
using HalfOpen.Xp.Network;
using HalfOpen.Xp.Texts;

namespace HalfOpen.Xp.Lifting;

/// <summary>What the window shows of one Windows folder, before it has a language. Immutable.</summary>
internal sealed class Overview
{
    private Overview(List<DriverCopy> copies, LimitNow limit, Phrase? obstacle)
    {
        Copies = copies;
        Limit = limit;
        Obstacle = obstacle;
    }

    public List<DriverCopy> Copies { get; }

    public LimitNow Limit { get; }

    /// <summary>Why nothing may be written here, or null.</summary>
    public Phrase? Obstacle { get; }

    /// <summary>What stands under the number.</summary>
    public TextKey Caption => Limit.InFile != null ? TextKey.LimitCaption
        : Limit.IsKnownNone ? TextKey.LimitNone
        : TextKey.LimitUnknown;

    /// <summary>What the user must know before anything else, or null: most pressing first.</summary>
    public Phrase? Note => Obstacle
        ?? (Limit.NeedsRestart ? new Phrase(TextKey.RestartNeeded)
            : Copies.Find(c => c.HasStaleBackup) is { } stale ? Meaning.OfStaleBackup(stale)
            : Limit.CopiesDiffer ? new Phrase(TextKey.CopiesDiffer)
            : null);

    public bool CanApply => Obstacle == null && Limit.InFile != null;

    public bool CanRestore => Obstacle == null && Copies.Exists(c => c.Relation != Relation.None);

    /// <summary>Reads everything; takes a moment.</summary>
    /// <exception cref="Files.DiskProblemException">The folder cannot be read.</exception>
    public static Overview Read(Workplace place, IMachine machine)
    {
        var copies = place.ReadCopies();
        var startedUtc = place.IsRunning ? ReadLog(machine)?.StartedUtc : null;
        return new Overview(copies, LimitNow.Of(copies, startedUtc),
            place.Obstacle ?? copies.Find(c => c.Obstacle != null)?.Obstacle);
    }

    /// <summary>The large number.</summary>
    public string Number(Language language) => Limit.InFile?.ToString("N0", language.Culture) ?? "?";

    /// <summary>For the title of the window: <c>10 half-open attempts</c>, or why there is no number.</summary>
    public string Headline(Language language) => (Limit.InFile == null ? "" : Number(language) + " ") + language.Get(Caption);

    /// <summary>What the System log says, or null when it cannot be read.</summary>
    public static LimitEvents? ReadLog(IMachine machine)
    {
        try
        {
            return LimitEvents.Read(machine.SystemLog());
        }
        catch (LogUnreadableException)
        {
            return null;
        }
    }

    /// <summary>The four columns of a copy in the list.</summary>
    public static string[] Row(DriverCopy copy, Language language) => new[]
    {
        Phrase.Printable(copy.Place.ShortPath),
        copy.Report?.FileVersion?.ToString() ?? "-",
        copy.IsFound ? copy.Report!.Limit!.Value.ToString("N0", language.Culture) : "-",
        Meaning.StateOf(copy).In(language),
    };

    /// <summary>The three columns of an evidence in the list.</summary>
    public static string[] Row(Evidence evidence, Language language) => new[]
    {
        language.Get(evidence.Holds == null ? TextKey.EvidenceOpen : evidence.Holds.Value ? TextKey.EvidenceHolds : TextKey.EvidenceFails),
        language.Get(TextKey.Evidence1 + (evidence.Number - 1)),
        evidence.Detail,
    };
}
