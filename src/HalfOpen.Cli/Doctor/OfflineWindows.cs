using HalfOpen.Cli.CommandLine;
using HalfOpen.Cli.Drivers;
using HalfOpen.Diagnosis.Facts;
using HalfOpen.Driver;
using HalfOpen.Windows.EventLogs;
using HalfOpen.Windows.Files;
using HalfOpen.Windows.Lifting;

namespace HalfOpen.Cli.Doctor;

/// <summary>A Windows that does not run: its drivers, its registry and its System log, in a folder or a disk
/// image.</summary>
internal static class OfflineWindows
{
    private const string Source = "Tcpip";
    private const int MaxEvents = 10_000;

    /// <summary>Of source EventLog at each start: the version of the system in its strings.</summary>
    private const int Started = 6009;

    /// <exception cref="CliException">There is no Windows driver at the path.</exception>
    public static MachineFacts Look(Terminal terminal, string path, CancellationToken cancellation)
    {
        using var place = Open(path);
        var inspector = new Inspector(place.Store);
        var drivers = new List<Inspection>();
        foreach (var found in place.Find(terminal, recurse: false, quiet: true, cancellation))
        {
            cancellation.ThrowIfCancellationRequested();
            drivers.Add(inspector.Inspect(found).WithoutEvidence());
        }

        if (drivers.Count == 0)
        {
            throw CliException.Usage(SafeText.Of(place.NothingFound(recurse: false)));
        }

        if (!place.IsFolder && drivers.TrueForAll(IsNoDriver))
        {
            throw CliException.Usage($"{SafeText.Of(path)}: this is no Windows driver, no image of a disk with a Windows, no System event "
                + "log and no text that is read here: "
                + SafeText.Of(drivers[0].Problem ?? "It is a program, and neither tcpip.sys nor tcpip6.sys."));
        }

        var main = drivers.Find(d => d.Kind == DriverKind.Tcpip) ?? drivers[0];
        var notes = new List<string>();
        if (main.Registry is null)
        {
            notes.Add("no registry was found beside the driver");
        }
        else if (main.Registry.Problem is { } problem)
        {
            notes.Add("the registry could not be read: " + problem.TrimEnd('.'));
        }

        var windows = Of(main, drivers);
        return new MachineFacts
        {
            Source = FactsSource.Windows,
            View = ViewKind.Snapshot,
            Windows = WithLog(windows, place.Store, main.Path, notes),
            Notes = [.. notes],
        };
    }

    /// <summary>Not readable, or a program that neither its version nor its name makes a driver with a limit.</summary>
    private static bool IsNoDriver(Inspection file) => file.Report is null or { Status: DriverStatus.Unreadable }
        || (file.Report is { Status: DriverStatus.NotFound, Kind: DriverKind.Unknown }
            && !FileNames.IsDriverName(Path.GetFileName(file.Path)));

    /// <summary>To the verbs for drivers an unreadable image is a refusal; here it is nothing to look at.</summary>
    private static DriverPlace Open(string path)
    {
        try
        {
            return DriverPlace.Open(path);
        }
        catch (CliException e)
        {
            throw CliException.Usage(e.Message);
        }
    }

    /// <summary>A log by itself.</summary>
    public static MachineFacts OfLog(string path, byte[] bytes)
    {
        var log = EventLogFile.Read(bytes) ?? throw CliException.Usage($"{SafeText.Of(path)}: the event log is damaged, no record can be "
            + "read.");
        return new MachineFacts
        {
            Source = FactsSource.Windows,
            Windows = WithLog(new WindowsFacts(), log),
            Notes = ["nothing but an event log: drivers and registry were not looked at"],
        };
    }

    private static WindowsFacts Of(Inspection main, List<Inspection> drivers) => new()
    {
        System = main.SystemText ?? "",
        Limiter = main.Design switch
        {
            _ when main.IsFound => WindowsLimiter.InDriver,
            LimiterDesign.None => WindowsLimiter.None,
            LimiterDesign.VistaByte => WindowsLimiter.InSignedDriver,
            LimiterDesign.RegistryValue => WindowsLimiter.InRegistry,
            LimiterDesign.OtherDesign => WindowsLimiter.OtherDesign,
            _ => WindowsLimiter.Unknown,
        },
        Enforced = main.Enforced switch { Enforcement.Yes => true, Enforcement.No => false, _ => null },
        ServicePack = main.Registry?.ServicePack,
        Copies = [.. drivers.Where(d => d.Kind == DriverKind.Tcpip).Select(d =>
            new DriverCopyFacts(d.Path, d.IsFound ? d.Report!.Limit : null, !d.IsFound || !d.Report!.LimitBlocksEverything))],
        RateLimiting = main.Registry?.EnableConnectionRateLimiting,
        MaxUserPort = main.Registry?.MaxUserPort,
        TimedWaitDelay = main.Registry?.TcpTimedWaitDelay,
    };

    private static WindowsFacts WithLog(WindowsFacts windows, IFileStore store, string driver, List<string> notes)
    {
        if (new EventLogFinder(store).For(driver) is not { } path)
        {
            notes.Add("no System event log was found");
            return windows;
        }

        if (path.EndsWith(".evtx", StringComparison.OrdinalIgnoreCase))
        {
            notes.Add("the event log is of Vista's kind (.evtx), which is not read here: look for events 4226, 4227 and 4231 with "
                + "eventvwr");
            return windows;
        }

        try
        {
            if (EventLogFile.Read(store.Read(path, EventLogFile.MaxSize)) is { } log)
            {
                return WithLog(windows, log);
            }

            notes.Add("the System event log is damaged: no record can be read");
        }
        catch (FileProblemException e)
        {
            notes.Add("the System event log could not be read: " + e.Problem.TrimEnd('.'));
        }

        return windows;
    }

    private static WindowsFacts WithLog(WindowsFacts windows, EventLogFile log)
    {
        var events = log.Records.Where(r => r.Source.Equals(Source, StringComparison.OrdinalIgnoreCase) && r.Id is 4226 or 4227 or 4231)
            .Take(MaxEvents).Select(r => new NetworkEventFacts(r.Id, r.TimeUtc));
        var start = log.Records.LastOrDefault(r => r.Id == Started && r.Source.Equals("EventLog", StringComparison.OrdinalIgnoreCase));
        return windows with
        {
            System = windows.System.Length > 0 ? windows.System : SystemOf(start),
            Events = [.. events],
            LogFromUtc = log.Records.Count > 0 ? log.Records[0].TimeUtc : null,
            LogToUtc = log.Records.Count > 0 ? log.Records[^1].TimeUtc : null,
            LogDamaged = log.IsDamaged,
        };
    }

    /// <summary>"5.01.", "2600", "Service Pack 3", "Uniprocessor Free".</summary>
    private static string SystemOf(EventLogRecord? start) => start?.Strings switch
    {
        ["5.00.", ..] => "Windows 2000",
        ["5.01.", ..] => "Windows XP",
        ["5.02.", ..] => "Windows XP x64 or Server 2003",
        _ => "",
    };
}
