using HalfOpen.Images;
using HalfOpen.Media.Cabinets;
using HalfOpen.Windows.Files;

namespace HalfOpen.Windows.Media;

/// <summary>The drivers in a cabinet of many files, as <c>SP3.CAB</c>. Pure.</summary>
internal static class DriverCabinet
{
    /// <summary>The drivers in it, by their names. A damaged table has none.</summary>
    public static IReadOnlyList<CabinetFile> Members(Cabinet cabinet) => [.. cabinet.Files.Where(f => FileNames.IsDriverName(f.FileName))];

    /// <exception cref="ImageProblemException">It is not there, or damaged.</exception>
    public static byte[] Unpack(ByteSource cabinet, string name)
    {
        var open = Cabinet.Open(cabinet);
        return open.Extract(Member(open, name), FileNames.MaxDriverSize);
    }

    public static string Describe(ByteSource cabinet, string name) =>
        Cabinet.Open(cabinet) is var open && Member(open, name) is var file && file.Folder < open.Folders.Count
            ? $"in a cabinet of {open.Files.Count:N0} files, {open.Folders[file.Folder].PackingText}"
            : "in a damaged cabinet";

    /// <summary>The cabinet with drivers replaced. Every other file's packed bytes stay as they are. Proven.</summary>
    /// <exception cref="ImageProblemException">Its shape does not allow it, or the new one does not unpack as it
    /// should.</exception>
    public static ByteSource Replace(ByteSource cabinet, IReadOnlyDictionary<string, byte[]> drivers)
    {
        foreach (var (name, driver) in drivers)
        {
            var open = Cabinet.Open(cabinet);
            cabinet = CabinetEditor.Replace(open, Member(open, name), driver);
        }

        return drivers.All(d => Unpack(cabinet, d.Key).AsSpan().SequenceEqual(d.Value)) ? cabinet
            : throw new ImageProblemException("The new cabinet does not unpack to what was packed: please report this.");
    }

    /// <exception cref="ImageProblemException">The driver cannot be replaced; the message says why.</exception>
    public static void CheckCanReplace(ByteSource cabinet, string name)
    {
        var open = Cabinet.Open(cabinet);
        var member = Member(open, name);
        try
        {
            CabinetEditor.Replace(open, member, [0]);
        }
        catch (ImageProblemException e)
        {
            throw new ImageProblemException($"{e.Message} As long as it stays, Windows can take the unpatched driver from it: pack its "
                + "files anew (cabextract, then gcab or makecab), or delete it; Setup then asks for the files that only it has.");
        }
    }

    private static CabinetFile Member(Cabinet cabinet, string name)
    {
        var found = Members(cabinet).Where(f => f.FileName.Equals(name, StringComparison.OrdinalIgnoreCase)).ToList();
        return found.Count switch
        {
            1 => found[0],
            0 => throw new ImageProblemException($"There is no {name} in the cabinet."),
            _ => throw new ImageProblemException(
                $"The cabinet holds {name} {found.Count} times: unpack it with cabextract, and look which is used."),
        };
    }
}
