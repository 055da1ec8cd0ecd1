using System;
using System.Collections.ObjectModel;

namespace HalfOpen.Driver;

/// <summary>A driver as Microsoft shipped it, whose hash is on record. Immutable and thread-safe.</summary>
public sealed class KnownOriginal
{
    /// <param name="limitAt">File offset of the limit.</param>
    /// <param name="sha256">64 lower-case hexadecimal digits.</param>
    public KnownOriginal(FileVersion version, DriverArchitecture architecture, DriverKind kind, int limitAt, string sha256)
    {
        FileVersion = version;
        Architecture = architecture;
        Kind = kind;
        LimitAt = new FileOffset(limitAt);
        Sha256 = sha256;
    }

    public FileVersion FileVersion { get; }

    public DriverArchitecture Architecture { get; }

    public DriverKind Kind { get; }

    /// <value>Where the limit stands in this build.</value>
    public FileOffset LimitAt { get; }

    /// <value>64 lower-case hexadecimal digits.</value>
    public string Sha256 { get; }

    /// <summary>For instance <c>Windows XP SP3, 5.1.2600.5512</c>; tcpip6.sys says so.</summary>
    public override string ToString() =>
        SystemName.Of(FileVersion, Architecture).Text + ", " + FileVersion + (Kind == DriverKind.Tcpip6 ? ", tcpip6.sys" : "");
}

/// <summary>
/// Builds whose hash is on record, for a friendlier name, and for telling a careless edit from damage. Nothing is ever
/// found through this table: a build that is not in it is located just the same. Thread-safe.
/// </summary>
public static class KnownOriginals
{
    /// <summary>The limit of every original that has one.</summary>
    public const uint StockLimit = 10;

    private static readonly FileVersion XpSp3 = new FileVersion(5, 1, 2600, 5512);
    private static readonly FileVersion Sp2Of2003 = new FileVersion(5, 2, 3790, 3959);

    /// <summary>Seen and patched by us; every hash was taken from the file itself.</summary>
    public static ReadOnlyCollection<KnownOriginal> All { get; } = new ReadOnlyCollection<KnownOriginal>(new[]
    {
        Of(XpSp3, DriverArchitecture.X86, DriverKind.Tcpip, 0x4FA46, "013008e23f5f14e0c836c28524d1181759baf84530c6331163882a772217f398"),
        Of(XpSp3, DriverArchitecture.X86, DriverKind.Tcpip6, 0x33A69, "7e623bbdaffc24e7f5a9035c33e1b0649086f87d8560474ea744167d1bb20ce2"),
        Of(Sp2Of2003, DriverArchitecture.X86, DriverKind.Tcpip, 0x549A3,
            "00835ef2d1f7036cae53c17487b70e4b6e457756814d38de3e8108ca4604a1c5"),
        Of(Sp2Of2003, DriverArchitecture.X86, DriverKind.Tcpip6, 0x357F7,
            "0ae05ae064df2afeed4000a542284bdd75bb1365e2dcdff542b7a685edc936a2"),
        Of(new FileVersion(5, 2, 3790, 1830), DriverArchitecture.X64, DriverKind.Tcpip, 0xA605E,
            "e8d6a4272bcac93e4f5326b2393c5191449ef9968b5457bd14844f6f93e1943d"),
        Of(Sp2Of2003, DriverArchitecture.X64, DriverKind.Tcpip, 0xB85CC,
            "01b150bda82c126ca63ea0659539b3db1fc39cb19b4d7a8de6eb66bdc1dec638"),
        Of(Sp2Of2003, DriverArchitecture.X64, DriverKind.Tcpip6, 0x59990,
            "2ebf8f791d0def62a46c7bb6c7e8ac307c2cd1e07f1a0806a4779fe447a6e6aa"),
        Of(new FileVersion(5, 2, 3790, 4662), DriverArchitecture.X64, DriverKind.Tcpip6, 0x5E9A0,
            "d02d84f6a29d861a6d66f166d8441d45d5c1e906e27f79fe68b76a3d69e42591"),
        Of(new FileVersion(5, 2, 3790, 4776), DriverArchitecture.X64, DriverKind.Tcpip, 0xBFECC,
            "4ac1705d04fe4688500c04907d3dc7399b85f8ad4db6dfa5aa145149d9cbbb69"),
    });

    /// <summary>The original with this hash (64 hexadecimal digits in either case), or null.</summary>
    public static KnownOriginal? Find(string sha256)
    {
        foreach (var known in All)
        {
            if (string.Equals(known.Sha256, sha256, StringComparison.OrdinalIgnoreCase))
            {
                return known;
            }
        }

        return null;
    }

    /// <summary>Whether this is the hash of an untouched file.</summary>
    public static bool IsOriginal(string sha256) => Find(sha256) != null;

    /// <summary>
    /// A driver as it was before somebody set its limit: a copy with the stock limit and a right checksum. When the
    /// hash of that is on record, no other byte was ever changed.
    /// </summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="report">What it was found to be.</param>
    /// <returns>Null when no limit was found in it.</returns>
    public static byte[]? SetBack(byte[] bytes, DriverReport report)
    {
        if (bytes == null || report == null)
        {
            throw new ArgumentNullException(bytes == null ? nameof(bytes) : nameof(report));
        }

        if (report.Status != DriverStatus.Found || report.Size != bytes.Length)
        {
            return null;
        }

        var original = (byte[])bytes.Clone();
        Array.Copy(Pe.Little.Bytes(StockLimit), 0, original, report.Location!.FileOffset.Value, 4);
        var field = report.Checksum!.Field.Value;
        Array.Copy(Pe.Little.Bytes(PeChecksum.Compute(original, field)), 0, original, field, 4);
        return original;
    }

    private static KnownOriginal Of(FileVersion version, DriverArchitecture architecture, DriverKind kind, int limitAt, string sha256) =>
        new KnownOriginal(version, architecture, kind, limitAt, sha256);
}
