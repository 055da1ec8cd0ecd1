namespace HalfOpen.Driver;

/// <summary>
/// How, if at all, a Windows version limits half-open attempts. From the facts measured on genuine drivers and
/// Microsoft's documentation.
/// </summary>
public enum LimiterDesign
{
    /// <summary>The file version is missing or of no known system.</summary>
    Unknown,

    /// <summary>NT 4, 2000, XP before SP2, Server 2003 before SP1: no limit.</summary>
    None,

    /// <summary>
    /// XP SP2 and SP3, XP x64, Server 2003 SP1 and SP2: a 32-bit immediate in INIT, its only source. The one design
    /// that can be patched.
    /// </summary>
    Immediate,

    /// <summary>Vista and Server 2008 before SP2: one byte in the driver; not touched.</summary>
    VistaByte,

    /// <summary>
    /// Vista SP2, Server 2008 SP2, 7, Server 2008 R2: off unless the registry value EnableConnectionRateLimiting is 1.
    /// </summary>
    RegistryValue,

    /// <summary>8 and later: a limiter of another design, behind a run-time switch, in a signed file.</summary>
    OtherDesign,
}

/// <summary>What a driver's file version means in plain words. Immutable and thread-safe.</summary>
public sealed class SystemName
{
    private SystemName(string text, LimiterDesign design, bool isNt6OrLater)
    {
        Text = text;
        Design = design;
        IsNt6OrLater = isNt6OrLater;
    }

    /// <value>For a file without a version.</value>
    public static SystemName Unknown { get; } = new SystemName("unknown system", LimiterDesign.Unknown, false);

    /// <value>For instance <c>Windows XP SP3</c>.</value>
    public string Text { get; }

    public LimiterDesign Design { get; }

    /// <value>True from Vista on. Such drivers are never patched.</value>
    public bool IsNt6OrLater { get; }

    /// <summary>
    /// Names the system that shipped a TCP/IP driver of this version. An update keeps the name of the service pack it
    /// belongs to.
    /// </summary>
    public static SystemName Of(FileVersion? version, DriverArchitecture architecture)
    {
        if (version == null)
        {
            return Unknown;
        }

        switch (version.Major)
        {
            case < 5:
                return new SystemName("Windows NT 4 or older", LimiterDesign.None, false);
            case 5:
                return OfNt5(version, architecture);
            default:
                return OfNt6(version);
        }
    }

    public override string ToString() => Text;

    private static SystemName OfNt5(FileVersion version, DriverArchitecture architecture)
    {
        // Revisions at which the service packs begin: 5.1.2600.1106 SP1, .2180 SP2, .5512 SP3; 5.2.3790.1830 SP1, .3959
        // SP2.
        switch (version.Minor)
        {
            case 0:
                return new SystemName("Windows 2000", LimiterDesign.None, false);
            case 1:
                return version.Revision < 1106 ? new SystemName("Windows XP without a service pack", LimiterDesign.None, false)
                    : version.Revision < 2180 ? new SystemName("Windows XP SP1", LimiterDesign.None, false)
                    : new SystemName(version.Revision < 5512 ? "Windows XP SP2" : "Windows XP SP3", LimiterDesign.Immediate, false);
            case 2:
                // The version alone cannot tell XP x64 from Server 2003 x64; XP for i386 never had 5.2.
                var product = architecture == DriverArchitecture.X64 ? "Windows XP x64 / Server 2003 x64" : "Windows Server 2003";
                return version.Revision < 1830 ? new SystemName(product + " without a service pack", LimiterDesign.None, false)
                    : new SystemName(product + (version.Revision < 3959 ? " SP1" : " SP2"), LimiterDesign.Immediate, false);
            default:
                return new SystemName("unknown Windows 5." + version.Minor, LimiterDesign.Unknown, false);
        }
    }

    private static SystemName OfNt6(FileVersion version)
    {
        if (version.Major == 6)
        {
            switch (version.Minor)
            {
                case 0:
                    return version.Build < 6001 ? new SystemName("Windows Vista", LimiterDesign.VistaByte, true)
                        : version.Build < 6002 ? new SystemName("Windows Vista SP1 / Server 2008", LimiterDesign.VistaByte, true)
                        : new SystemName("Windows Vista SP2 / Server 2008 SP2", LimiterDesign.RegistryValue, true);
                case 1:
                    return new SystemName(version.Build < 7601 ? "Windows 7 / Server 2008 R2" : "Windows 7 SP1 / Server 2008 R2 SP1",
                        LimiterDesign.RegistryValue, true);
                case 2:
                    return new SystemName("Windows 8 / Server 2012", LimiterDesign.OtherDesign, true);
                case 3:
                    return new SystemName("Windows 8.1 / Server 2012 R2", LimiterDesign.OtherDesign, true);
            }
        }

        return version.Major == 10
            ? new SystemName(version.Build < 22000 ? "Windows 10 / Server 2016 or later" : "Windows 11 / Server 2025 or later",
                LimiterDesign.OtherDesign, true)
            : new SystemName("unknown Windows " + version.Major + "." + version.Minor, LimiterDesign.OtherDesign, true);
    }
}
