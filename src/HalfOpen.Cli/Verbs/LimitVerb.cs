using System.CommandLine;
using System.Text.Json;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Cli.Guard;
using HalfOpen.Guard.Control;

namespace HalfOpen.Cli.Verbs;

/// <summary>Changes the limit of a running guard.</summary>
internal static class LimitVerb
{
    public static VerbCommand Create(Terminal terminal)
    {
        var limit = new Argument<int>("limit") { HelpName = "N", Description = "Slots: 1 to 1000000." }.Between(1, 1_000_000);
        var socket = StatusVerb.GuardSocket();
        var json = CommonOptions.Json();
        var quiet = CommonOptions.Quiet();
        var verb = new VerbCommand("limit",
            "Change the limit of the running guard. Nothing is lost; it lasts until the guard is restarted or reloads its configuration.")
        {
            NeedsLinux = true,
            Examples =
            {
                ("halfopen limit 50", "fifty slots from now on; what is out above that stays out"),
            },
        };
        verb.Arguments.Add(limit);
        verb.Options.Add(socket);
        verb.Options.Add(json);
        verb.Options.Add(quiet);
        verb.Checks(parsed => GuardConnection.Check(parsed.GetValue(socket)));
        verb.Does(async (parsed, cancel) =>
        {
            var wanted = parsed.GetValue(limit);
            await GuardConnection.AskAsync(parsed.GetValue(socket), new ControlRequest("limit", wanted), cancel);
            if (parsed.GetValue(json))
            {
                terminal.Out.WriteLine(JsonSerializer.Serialize(new LimitDocument(wanted), VerbJsonContext.Default.LimitDocument));
            }
            else if (!parsed.GetValue(quiet))
            {
                terminal.Out.WriteLine($"The limit is now {wanted}.");
            }

            return ExitCode.Done;
        });
        return verb;
    }
}
