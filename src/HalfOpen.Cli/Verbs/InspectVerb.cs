using System.Text.Json;
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
                ("halfopen inspect /mnt/xp/WINDOWS --json", "the same for a script; exit code 0: a limit was found, 1: none"),
            },
        };
        verb.Does((parsed, cancellation) => Task.Run(() =>
        {
            using var place = DriverPlace.Open(parsed.GetRequiredValue(path), null, !parsed.GetValue(json) ? null
                : _ => terminal.Out.WriteLine(
                    JsonSerializer.Serialize(new InspectDocument([], [], null), DriversJsonContext.Readable.InspectDocument)));
            var inspector = new Inspector(place.Store);
            var drivers = new List<Inspection>();
            foreach (var found in place.Find(terminal, parsed.GetValue(recurse), parsed.GetValue(quiet), cancellation))
            {
                cancellation.ThrowIfCancellationRequested();
                drivers.Add(inspector.Inspect(found));
            }

            if (parsed.GetValue(json))
            {
                var document = InspectDocument.Of(drivers, inspector.Registries, ImageDocument.Of(place, drivers));
                terminal.Out.WriteLine(JsonSerializer.Serialize(document, DriversJsonContext.Readable.InspectDocument));
            }
            else
            {
                Print(new InspectionPrinter(terminal, parsed.GetValue(quiet)), drivers, inspector);
            }

            place.PrintState(terminal, drivers.ConvertAll(d => d.Path), parsed.GetValue(quiet));
            if (drivers.Count == 0)
            {
                terminal.Error.WriteLine("halfopen: " + place.NothingFound(parsed.GetValue(recurse)));
            }

            return drivers.Exists(d => d.IsFound) ? ExitCode.Done : ExitCode.FoundOrRefused;
        }, cancellation));
        return verb;
    }

    private static void Print(InspectionPrinter printer, List<Inspection> drivers, Inspector inspector)
    {
        foreach (var driver in drivers)
        {
            printer.Print(driver);
        }

        foreach (var registry in inspector.Registries)
        {
            printer.Print(registry);
        }
    }
}
