using HalfOpen.Tests.Windows;
using HalfOpen.Xp.Copies;
using HalfOpen.Xp.Files;
using HalfOpen.Xp.Lifting;
using HalfOpen.Xp.Machine;
using HalfOpen.Xp.Network;

namespace HalfOpen.Tests.Xp;

/// <summary>What HalfOpen.exe does to a Windows folder, in one line each.</summary>
internal static class XpFolder
{
    public static readonly DateTime Now = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    public static List<DriverCopy> Copies(string windows, IDiskSteps? disk = null, SoldAs product = SoldAs.Workstation) =>
        CopyPlace.Find(disk ?? DiskSteps.OfThisSystem(), windows)
            .ConvertAll(place => DriverCopy.Read(disk ?? DiskSteps.OfThisSystem(), place, product));

    public static PatchPlan Plan(string windows, bool allowBadChecksum = false, bool vouched = false) =>
        PatchPlan.Of(DiskSteps.OfThisSystem(), windows, Copies(windows), 100, allowBadChecksum, vouched);

    public static LiftResult Patch(string windows, uint limit, IDiskSteps? disk = null) =>
        PatchPlan.Of(disk ?? DiskSteps.OfThisSystem(), windows, Copies(windows), limit, allowBadChecksum: false)
            .Apply("test", Now, new LiftWatch());

    public static LiftResult Restore(string windows, IDiskSteps? disk = null, bool force = false) =>
        RestorePlan.Of(disk ?? DiskSteps.OfThisSystem(), windows, Copies(windows), force).Apply(new LiftWatch());

    public static string Windows(this TemporaryFolder folder) => folder.In("WINDOWS");
}

/// <summary>A machine that answers as a test wants it to.</summary>
internal sealed class FakeMachine : IMachine
{
    public string? WindowsFolder { get; init; }

    public bool IsAdministrator { get; init; } = true;

    public bool IsRedirected { get; init; }

    public SoldAs Product { get; init; } = SoldAs.Workstation;

    public List<HalfOpenSocket> Connections { get; init; } = [];

    /// <value>Null: the log cannot be read.</value>
    public List<LogEntry>? Log { get; init; } = [];

    SocketList IMachine.Sockets() => SocketList.Of(Connections, id => "program" + id);

    IEnumerable<LogEntry> IMachine.SystemLog() => Log ?? throw new LogUnreadableException("no rights");
}
