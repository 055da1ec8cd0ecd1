using HalfOpen.Windows.Files;

namespace HalfOpen.Windows.Media;

/// <summary>Names of what stands on installation media.</summary>
public static class MediaNames
{
    /// <summary>Whether a name is a packed driver's, <c>TCPIP.SY_</c> or <c>tcpip6.sy_</c>, in any case of
    /// letters.</summary>
    public static bool IsPackedDriver(string name) => name.EndsWith('_') && FileNames.IsDriverName(name[..^1] + "s");

    /// <summary>
    /// Whether a name is that of a cabinet that Windows takes drivers from: <c>SP2.CAB</c>, <c>SP3.CAB</c>,
    /// <c>DRIVER.CAB</c>. Others are not looked into.
    /// </summary>
    public static bool IsDriverCabinet(string name) =>
        name.Equals("driver.cab", StringComparison.OrdinalIgnoreCase)
        || (name.Length is > 6 and < 10 && name.StartsWith("sp", StringComparison.OrdinalIgnoreCase)
            && name.EndsWith(".cab", StringComparison.OrdinalIgnoreCase)
            && name.AsSpan(2, name.Length - 6).IndexOfAnyExceptInRange('0', '9') < 0);

    /// <summary>Whether a name is that of a folder in which Setup keeps the files of one processor.</summary>
    public static bool IsSetupFolder(string name) =>
        name.Equals("i386", StringComparison.OrdinalIgnoreCase) || name.Equals("amd64", StringComparison.OrdinalIgnoreCase);
}
