using HalfOpen.Driver;
using HalfOpen.TestDrivers;
using HalfOpen.TestMedia;
using HalfOpen.Tests.Windows;

namespace HalfOpen.Tests.Media;

/// <summary>An installation CD as Windows XP's is laid out, with synthetic drivers.</summary>
internal static class SampleMedium
{
    public static readonly byte[] Tcpip = SyntheticDriver.Build(1, DriverArchitecture.X86);

    public static readonly byte[] Tcpip6 =
        SyntheticDriver.Build(new SyntheticDriverOptions { Seed = 3, InternalName = "tcpip6.sys" }).Bytes;

    /// <summary>SP3.CAB: both drivers among other files, in a folder packed by LZX, and another folder.</summary>
    public static byte[] Cabinet(byte[]? tcpip = null, byte[]? tcpip6 = null) => new CabinetBuilder().Build(
        new CabinetFolderSpec(
            [("first.dll", SampleBytes.Mixed(1, 60_000)), ("tcpip.sys", tcpip ?? Tcpip),
                ("tcpip6.sys", tcpip6 ?? Tcpip6), ("last.dll", SampleBytes.Mixed(2, 50_000))],
            new LzxStreamOptions(21, 3, 300_000)),
        new CabinetFolderSpec([("other.inf", SampleBytes.Mixed(3, 1000))]));

    public static IReadOnlyDictionary<string, byte[]> Files() => new Dictionary<string, byte[]>
    {
        ["WIN51"] = [1],
        ["I386/TXTSETUP.SIF"] = [2],
        ["I386/TCPIP.SY_"] = CabinetBuilder.Single("tcpip.sys", Tcpip),
        ["I386/TCPIP6.SY_"] = SzddEncoder.Encode(Tcpip6),
        ["I386/SP3.CAB"] = Cabinet(),
        ["I386/DRIVER.CAB"] = new CabinetBuilder().Build(new CabinetFolderSpec([("a.sys", SampleBytes.Mixed(4, 5000)), ("b.sys", [5])])),
        ["I386/SYSTEM32/NTDLL.DLL"] = [3],
        ["$OEM$/$$/system32/drivers/tcpip.sys"] = Tcpip,
    };

    /// <summary>The CD copied into a folder.</summary>
    public static TemporaryFolder WithMedium(this TemporaryFolder folder, string root = "cd")
    {
        foreach (var (name, bytes) in Files())
        {
            folder.Write(root + "/" + name, bytes);
        }

        return folder;
    }

    public static byte[] Iso(bool joliet = true)
    {
        var builder = new IsoBuilder { HasJoliet = joliet };
        foreach (var (name, bytes) in Files())
        {
            builder.Add("/" + name, bytes);
        }

        return builder.Build();
    }
}
