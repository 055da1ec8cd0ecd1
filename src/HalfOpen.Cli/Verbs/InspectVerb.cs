using HalfOpen.Cli.CommandLine;
using HalfOpen.Cli.Drivers;
using HalfOpen.Windows.Lifting;

namespace HalfOpen.Cli.Verbs;

/// <summary>Says what limit a Windows driver holds, what proves it, and what to do. Changes nothing.</summary>
internal static class InspectVerb
{
    public static VerbCommand Create(Terminal terminal)
    {
        var path = DriverPaths.Argument();
        var recurse = DriverPaths.Recurse();
        var json = CommonOptions.Json();
        var quiet = CommonOptions.Quiet();
        var verb = new VerbCommand("inspect", "Find the half-open limit in a Windows driver and show the evidence. Changes nothing.")
        {
            Arguments = { path },
            Options = { recurse, json, quiet },
            Examples =
            {
                ("halfopen inspect tcpip.sys", "one driver, whatever its name"),
                ("halfopen inspect /mnt/xp", "a mounted drive: all copies that Windows keeps, and its registry"),
                ("halfopen inspect xp.vdi", "a virtual machine's disk (raw, VHD, VHDX, VMDK, VDI, qcow2), without mounting it"),
                ("halfopen inspect xp.iso", "an installation CD: packed drivers and those in its cabinets"),
                ("halfopen inspect /mnt/xp/WINDOWS --json", "the same for a script; exit code 0: a limit was found, 1: none"),
            },
        };
        verb.Does((parsed, cancellation) => Task.Run(() =>
        {
            var isQuiet = parsed.GetValue(quiet);
            using IInspectionReport report = parsed.GetValue(json)
                ? new InspectJsonWriter(terminal) : new InspectionPrinter(terminal, isQuiet);
            using var place = DriverPlace.Open(parsed.GetRequiredValue(path));
            var inspector = new Inspector(place.Store);

            // One driver at a time: there may be a hundred thousand.
            Inspection? first = null;
            var isFound = false;
            foreach (var driver in place.Find(terminal, parsed.GetValue(recurse), isQuiet, cancellation).Select(inspector.Inspect))
            {
                cancellation.ThrowIfCancellationRequested();
                report.Add(driver);
                first ??= driver;
                isFound |= driver.IsFound;
            }

            report.End(inspector, ImageDocument.Of(place, first));
            place.PrintState(terminal, first, isQuiet);
            if (first is null)
            {
                terminal.Error.WriteLine("halfopen: " + place.NothingFound(parsed.GetValue(recurse)));
            }

            return isFound ? ExitCode.Done : ExitCode.FoundOrRefused;
        }, cancellation));
        return verb;
    }
}
