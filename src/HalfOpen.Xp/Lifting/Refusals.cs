using HalfOpen.Driver;
using HalfOpen.Xp.Copies;
using HalfOpen.Xp.Texts;

namespace HalfOpen.Xp.Lifting;

/// <summary>Why the driver library refuses to patch, in the user's language, and what to do instead.</summary>
internal static class Refusals
{
    public static Phrase Reason(DriverCopy copy, RefusalReason reason, uint limit)
    {
        var system = copy.Report?.System.Text ?? "";
        switch (reason)
        {
            case RefusalReason.LimitOutOfRange:
                return new Phrase(TextKey.LimitOutOfRange, limit);
            case RefusalReason.Nt6OrLater:
                return new Phrase(TextKey.SystemIsNewer, system, OfDesign(copy.Design));
            case RefusalReason.EmbeddedSignature:
                return new Phrase(TextKey.HasSignature);
            case RefusalReason.Ambiguous:
                return new Phrase(TextKey.IsAmbiguous);
            case RefusalReason.NotFound when copy.Design == LimiterDesign.None:
                return new Phrase(TextKey.SystemHasNoLimit, system);
            case RefusalReason.NotFound:
                return new Phrase(TextKey.EvidenceMissing, FirstMissing(copy.Report!));
            case RefusalReason.BadChecksum:
                return new Phrase(TextKey.ChecksumWrong);
            default:
                return new Phrase(TextKey.IsUnreadable, copy.Report?.Problem ?? "");
        }
    }

    /// <summary>What to do on a system whose driver is never patched.</summary>
    public static Phrase OfDesign(LimiterDesign design) => new Phrase(design switch
    {
        LimiterDesign.VistaByte => TextKey.DesignVista,
        LimiterDesign.RegistryValue => TextKey.DesignRegistry,
        _ => TextKey.DesignOther,
    });

    /// <summary>The locator's own words for what it did not find: technical, and English in every language.</summary>
    public static string FirstMissing(DriverReport report)
    {
        foreach (var item in report.MissingEvidence)
        {
            return item.Name + ": " + item.Detail;
        }

        return "?";
    }
}
