using HalfOpen.Images;
using HalfOpen.Media.Cabinets;
using HalfOpen.Media.Compression;
using HalfOpen.Media.Sources;
using HalfOpen.Windows.Files;

namespace HalfOpen.Windows.Media;

/// <summary>One driver packed into a file of its own, as <c>TCPIP.SY_</c>: a cabinet of one file, or SZDD.
/// Pure.</summary>
internal static class PackedDriver
{
    /// <summary>Bytes. A packed driver is hardly larger than the driver.</summary>
    public const int MaxSize = FileNames.MaxDriverSize + (64 * 1024);

    /// <summary>2000-01-01, where the old file keeps no date; and the attribute of any file.</summary>
    private const ushort NoDate = 0x2821, Archive = 0x20;

    /// <summary>The beginning of a file that tells what it is.</summary>
    public const int HeadSize = 8;

    public static bool IsPacked(ReadOnlySpan<byte> head) => Cabinet.IsCabinet(head) || SzddDecoder.IsSzdd(head);

    /// <summary>How it is packed, for people.</summary>
    /// <exception cref="ImageProblemException">It is damaged.</exception>
    public static string Describe(ByteSource file) =>
        Cabinet.IsCabinet(Head(file)) ? "cabinet, " + Single(file, out var cabinet, out _).PackingTextIn(cabinet) : "SZDD";

    /// <exception cref="ImageProblemException">It is damaged, too large, or packed in a way that is not
    /// supported.</exception>
    public static byte[] Unpack(ByteSource file)
    {
        if (Cabinet.IsCabinet(Head(file)))
        {
            return Single(file, out var cabinet, out _).ExtractFrom(cabinet);
        }

        return file.Length <= MaxSize ? SzddDecoder.Decode(file.Read(0, (int)file.Length), FileNames.MaxDriverSize)
            : throw new ImageProblemException("It is too large for a packed driver.");
    }

    /// <summary>A cabinet that unpacks to <paramref name="driver"/>, with the name and the date of the old one.
    /// Proven.</summary>
    /// <param name="fileName">Of the packed file; the name inside follows from it where the old one has none.</param>
    /// <exception cref="ImageProblemException">The old file is damaged, or the new one does not unpack as it
    /// should.</exception>
    public static byte[] Repack(ByteSource old, string fileName, byte[] driver)
    {
        if (!Cabinet.IsCabinet(Head(old)))
        {
            return Pack(fileName, driver);
        }

        Single(old, out _, out var like);
        return Pack(like, driver);
    }

    /// <summary>A cabinet that unpacks to <paramref name="driver"/>. Proven.</summary>
    public static byte[] Pack(string fileName, byte[] driver) =>
        Pack(new CabinetFile(fileName.ToLowerInvariant().TrimEnd('_') + "s", 0, 0, 0, NoDate, 0, Archive), driver);

    private static byte[] Pack(CabinetFile like, byte[] driver)
    {
        var packed = CabinetWriter.Single(like, driver);
        return Unpack(new MemorySource(packed)).AsSpan().SequenceEqual(driver) ? packed
            : throw new ImageProblemException("The packed driver does not unpack to what was packed: please report this.");
    }

    private static byte[] Head(ByteSource file) => file.Read(0, (int)Math.Min(HeadSize, file.Length));

    private static CabinetFile Single(ByteSource file, out Cabinet cabinet, out CabinetFile single)
    {
        cabinet = Cabinet.Open(file);
        return single = cabinet.Files.Count == 1 ? cabinet.Files[0]
            : throw new ImageProblemException($"The cabinet holds {cabinet.Files.Count:N0} files instead of one driver.");
    }

    private static string PackingTextIn(this CabinetFile file, Cabinet cabinet) =>
        file.Folder < cabinet.Folders.Count ? cabinet.Folders[file.Folder].PackingText : "damaged";

    private static byte[] ExtractFrom(this CabinetFile file, Cabinet cabinet) => cabinet.Extract(file, FileNames.MaxDriverSize);
}
