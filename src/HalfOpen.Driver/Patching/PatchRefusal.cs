namespace HalfOpen.Driver;

/// <summary>Why a driver may not be patched.</summary>
public enum RefusalReason
{
    /// <summary>The limit asked for is 0, or 0x80000000 or above.</summary>
    LimitOutOfRange,

    /// <summary>The bytes are no sound PE file.</summary>
    Unreadable,

    /// <summary>Vista or later: another design, and the file is signed.</summary>
    Nt6OrLater,

    /// <summary>The file carries an Authenticode signature, which any change breaks.</summary>
    EmbeddedSignature,

    /// <summary>Evidence is missing.</summary>
    NotFound,

    /// <summary>More than one store could be the limit.</summary>
    Ambiguous,

    /// <summary>The stored checksum does not match: damage, or a careless edit.</summary>
    BadChecksum,
}

/// <summary>A reason with one sentence for people. Immutable and thread-safe.</summary>
public sealed class PatchRefusal
{
    private PatchRefusal(RefusalReason reason, string message)
    {
        Reason = reason;
        Message = message;
    }

    public RefusalReason Reason { get; }

    public string Message { get; }

    public override string ToString() => Message;

    internal static PatchRefusal? Find(DriverReport report, uint newLimit, LimitPatchOptions options)
    {
        if (!LimitPatch.IsUsable(newLimit))
        {
            return new PatchRefusal(RefusalReason.LimitOutOfRange,
                "The limit must be 1 to 2147483647: with " + newLimit + " every attempt would queue for ever.");
        }

        if (report.Status == DriverStatus.Unreadable)
        {
            return new PatchRefusal(RefusalReason.Unreadable, report.Problem!);
        }

        if (report.System.IsNt6OrLater)
        {
            return new PatchRefusal(RefusalReason.Nt6OrLater,
                "This is the driver of " + report.System.Text + ": drivers of Vista and later are signed and are never patched.");
        }

        if (report.HasEmbeddedSignature)
        {
            return new PatchRefusal(RefusalReason.EmbeddedSignature, "The file carries a digital signature, which any change would break.");
        }

        switch (report.Status)
        {
            case DriverStatus.Ambiguous:
                return new PatchRefusal(RefusalReason.Ambiguous, "More than one place could be the limit; none was chosen.");
            case DriverStatus.NotFound:
                return new PatchRefusal(RefusalReason.NotFound, "No limit was found" + FirstMissing(report));
        }

        return report.Checksum!.IsValid || options.AllowBadChecksum ? null
            : new PatchRefusal(RefusalReason.BadChecksum,
                "The stored checksum does not match the file: it is damaged or was edited carelessly.");
    }

    private static string FirstMissing(DriverReport report)
    {
        foreach (var item in report.MissingEvidence)
        {
            return ": " + item.Detail + ".";
        }

        return ".";
    }
}
