namespace HalfOpen.Windows.Search;

/// <summary>Which installation a driver belongs to, by its path alone. Thread-safe.</summary>
internal static class WindowsPlace
{
    /// <summary>Folders that stand in a Windows directory and have copies of drivers in them.</summary>
    private static readonly string[] Inside =
        ["system32", "SysWOW64", "ServicePackFiles", "winsxs", "Driver Cache", "LastGood", "SoftwareDistribution", "$hf_mig$"];

    /// <summary>
    /// The Windows directory above a driver; without one, the driver's folder. Two drivers of one installation have the
    /// same.
    /// </summary>
    public static string Of(string driverPath)
    {
        var folder = Path.GetDirectoryName(driverPath) ?? driverPath;
        for (var above = folder; above is not null; above = Path.GetDirectoryName(above))
        {
            var name = Path.GetFileName(above);
            if (Inside.Contains(name, StringComparer.OrdinalIgnoreCase)
                || name.StartsWith("$NtUninstall", StringComparison.OrdinalIgnoreCase)
                || name.StartsWith("$NtServicePack", StringComparison.OrdinalIgnoreCase))
            {
                return Path.GetDirectoryName(above) ?? above;
            }
        }

        return folder;
    }
}
