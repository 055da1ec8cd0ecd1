namespace HalfOpen.Windows.Files;

/// <summary>Whether a Windows sleeps on a volume.</summary>
public enum WindowsSleep
{
    /// <summary>It runs, or was shut down.</summary>
    None,

    Hibernated,

    /// <summary>It was waking when it was last seen.</summary>
    Waking,
}

/// <summary>
/// hiberfil.sys in the root of a volume, where a Windows keeps its memory while it sleeps. Also compiled into
/// HalfOpen.exe, for .NET Framework 2.0: nothing newer in here.
/// </summary>
public static class HibernationFile
{
    public const string Name = "hiberfil.sys";

    /// <summary>Bytes from its beginning that tell.</summary>
    public const int SignatureSize = 4;

    /// <summary>
    /// From <c>WINDOWS\system32\drivers</c> up to the root of the volume there are three steps; service packs keep
    /// their copies further down.
    /// </summary>
    private const int MaxLevels = 8;

    /// <summary>Where it could stand, as seen from a driver: in each of the folders above, the nearest first.</summary>
    public static IEnumerable<string> PlacesAbove(string driverPath)
    {
        var folder = Path.GetDirectoryName(driverPath);
        for (var level = 0; level < MaxLevels && folder != null; level++)
        {
            yield return Path.Combine(folder, Name);
            folder = Path.GetDirectoryName(folder);
        }
    }

    /// <summary>
    /// What its beginning says: <c>hibr</c> while Windows sleeps, <c>wake</c> while it wakes; zeros or anything else
    /// when it does neither.
    /// </summary>
    public static WindowsSleep StateOf(byte[] start) =>
        Begins(start, "hibr") || Begins(start, "HIBR") ? WindowsSleep.Hibernated
        : Begins(start, "wake") || Begins(start, "WAKE") ? WindowsSleep.Waking
        : WindowsSleep.None;

    private static bool Begins(byte[] start, string text)
    {
        for (var i = 0; i < SignatureSize; i++)
        {
            if (i >= start.Length || start[i] != text[i])
            {
                return false;
            }
        }

        return true;
    }
}
