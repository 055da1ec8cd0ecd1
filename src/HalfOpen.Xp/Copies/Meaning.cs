using HalfOpen.Driver;
using HalfOpen.Xp.Lifting;
using HalfOpen.Xp.Texts;

namespace HalfOpen.Xp.Copies;

/// <summary>What was found, in words: one sentence for the whole Windows, a word or two for each copy.</summary>
internal static class Meaning
{
    /// <summary>What the limit of this Windows means for its user.</summary>
    public static Phrase Of(LimitNow limit)
    {
        var copy = limit.Copy;
        if (copy == null)
        {
            return new Phrase(TextKey.NoDriver);
        }

        if (copy.Report == null || copy.Status == DriverStatus.Unreadable)
        {
            return copy.Problem != null ? new Phrase(TextKey.PathAndProblem, copy.Place.ShortPath, copy.Problem)
                : new Phrase(TextKey.IsUnreadable, copy.Report?.Problem ?? "");
        }

        var system = copy.Report.System;
        if (system.IsNt6OrLater)
        {
            return new Phrase(TextKey.SystemIsNewer, system.Text, Refusals.OfDesign(system.Design));
        }

        if (!copy.IsFound)
        {
            return copy.Report.HasEmbeddedSignature ? new Phrase(TextKey.HasSignature)
                : copy.Status == DriverStatus.Ambiguous ? new Phrase(TextKey.IsAmbiguous)
                : copy.Design == LimiterDesign.None ? new Phrase(TextKey.SystemHasNoLimit, system.Text)
                : new Phrase(TextKey.EvidenceMissing, Refusals.FirstMissing(copy.Report));
        }

        return OfLimit(copy, copy.Report.Limit!.Value);
    }

    /// <summary>The system in words, for a headline: the product type settles what the version leaves open.</summary>
    public static string SystemOf(DriverCopy copy)
    {
        const string Either = "Windows XP x64 / Server 2003 x64";
        var text = copy.Report?.FileVersion == null ? "" : copy.Report.System.Text;
        return copy.Product switch
        {
            Machine.SoldAs.Workstation => text.Replace(Either, "Windows XP x64"),
            Machine.SoldAs.Server => text.Replace(Either, "Windows Server 2003 x64"),
            _ => text,
        };
    }

    /// <summary>How a copy stands, in a word or two.</summary>
    public static Phrase StateOf(DriverCopy copy)
    {
        if (copy.LimitAtRestart != null)
        {
            return new Phrase(TextKey.StateWaits, copy.LimitAtRestart.Value);
        }

        if (copy.HasStaleBackup)
        {
            return new Phrase(TextKey.StateStale);
        }

        switch (copy.Relation)
        {
            case Relation.Damaged:
                return new Phrase(TextKey.StateBackupDamaged);
            case Relation.Foreign:
                return new Phrase(TextKey.StateForeign);
            case Relation.Missing:
                return new Phrase(TextKey.StateMissing);
            case Relation.Unproven:
                return new Phrase(TextKey.StateUnproven);
            case Relation.Original:
                return new Phrase(TextKey.StateOriginalWithBackup);
            case Relation.Patched:
                return new Phrase(TextKey.StatePatched);
            default:
                return copy.Problem ?? new Phrase(StateWithoutBackup(copy));
        }
    }

    /// <summary>Both builds, when Windows has replaced the driver since our patch; null otherwise.</summary>
    public static Phrase? OfStaleBackup(DriverCopy copy) => !copy.HasStaleBackup ? null
        : new Phrase(TextKey.StaleBackup, VersionOf(copy.Report!.FileVersion), VersionOf(copy.Backup.Version));

    public static Phrase VersionOf(FileVersion? version) =>
        version == null ? new Phrase(TextKey.UnknownVersion) : new Phrase(TextKey.Version, version.ToString());

    private static TextKey StateWithoutBackup(DriverCopy copy) => copy.Status switch
    {
        DriverStatus.Unreadable => TextKey.StateUnreadable,
        DriverStatus.Ambiguous => TextKey.StateAmbiguous,
        DriverStatus.NotFound => TextKey.StateNoLimit,
        _ => !copy.Report!.Checksum!.IsValid ? TextKey.StateBadChecksum
            : copy.Origin == MadeBy.Stock ? TextKey.StateStock
            : TextKey.StateOther,
    };

    private static Phrase OfLimit(DriverCopy copy, uint value)
    {
        if (copy.Report!.LimitBlocksEverything)
        {
            return new Phrase(TextKey.MeansBlocked);
        }

        if (copy.Enforced == LimitForce.No)
        {
            return new Phrase(TextKey.MeansServer, value);
        }

        if (copy.Enforced == LimitForce.Unknown)
        {
            return new Phrase(TextKey.MeansUnknownProduct, value);
        }

        return value <= DriverCopy.StockLimit ? new Phrase(TextKey.MeansStock, value)
            : copy.Origin == MadeBy.Halfopen ? new Phrase(TextKey.MeansRaised, value, copy.Backup.Manifest!.OldLimit)
            : new Phrase(TextKey.MeansHigher, value);
    }
}
