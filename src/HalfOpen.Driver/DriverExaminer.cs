using System;
using System.Collections.ObjectModel;
using HalfOpen.Driver.Locating;
using HalfOpen.Driver.Pe;

namespace HalfOpen.Driver;

/// <summary>
/// Reads a driver and finds its half-open limit by evidence, without any table of known builds. Stateless and
/// thread-safe.
/// </summary>
public static class DriverExaminer
{
    /// <summary>
    /// Examines a file. Never throws, whatever the bytes: what is wrong with them is in the report. The bytes are not
    /// changed and not kept. Time grows linearly with the size, a few milliseconds for 1 MB.
    /// </summary>
    /// <param name="bytes">The whole file.</param>
    /// <exception cref="ArgumentNullException">There are no bytes at all.</exception>
    public static DriverReport Examine(byte[] bytes)
    {
        if (bytes == null)
        {
            throw new ArgumentNullException(nameof(bytes));
        }

        var report = new DriverReport { Size = bytes.Length };
        var image = PeImage.Read(bytes, out var problem);
        if (image == null)
        {
            report.Status = DriverStatus.Unreadable;
            report.Problem = problem;
            return report;
        }

        Describe(report, image);
        var located = LimitLocator.Locate(image, KindOf(report.InternalName) == DriverKind.Tcpip6);
        report.Status = located.Status;
        report.Evidence = new ReadOnlyCollection<Evidence>(located.Evidence);
        if (located.Best is { } best)
        {
            report.Threshold = image.VirtualAddressOf(best.Threshold);
            report.Counter = best.Counter is { } counter ? image.VirtualAddressOf(counter) : (VirtualAddress?)null;
            report.Pending = best.Pending is { } pending ? image.VirtualAddressOf(pending) : (VirtualAddress?)null;
            if (located.Status == DriverStatus.Found)
            {
                var offset = best.Store.Operand + 4;
                var rva = best.Store.Section.RvaOf(offset);
                report.Limit = Little.U32(bytes, offset);
                report.Location =
                    new LimitLocation(new FileOffset(offset), new Rva(rva), image.VirtualAddressOf(rva), best.Store.Section.Name);
            }
        }

        return report;
    }

    private static void Describe(DriverReport report, PeImage image)
    {
        var version = VersionResource.Read(image);
        report.Architecture = image.Architecture;
        report.FileVersion = version.Version;
        report.System = SystemName.Of(version.Version, image.Architecture);
        report.InternalName = version.InternalName;
        report.OriginalFilename = version.OriginalFilename;
        report.Kind = KindOf(version.InternalName ?? version.OriginalFilename);
        report.Checksum = new ChecksumReport(new FileOffset(image.ChecksumOffset), image.StoredChecksum,
            PeChecksum.Compute(image.Bytes, image.ChecksumOffset));
        image.GetDirectory(PeImage.CertificateDirectory, out var address, out var size);
        report.HasEmbeddedSignature = address != 0 || size != 0;
    }

    private static DriverKind KindOf(string? name) =>
        string.Equals(name, "tcpip.sys", StringComparison.OrdinalIgnoreCase) ? DriverKind.Tcpip
        : string.Equals(name, "tcpip6.sys", StringComparison.OrdinalIgnoreCase) ? DriverKind.Tcpip6
        : DriverKind.Unknown;
}
