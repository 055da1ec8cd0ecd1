using System.Text.Json;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Cli.Guard;
using HalfOpen.Guard.Control;

namespace HalfOpen.Cli.Verbs;

/// <summary>
/// Has the running guard read its configuration again, and waits for the answer: SIGHUP alone could not fail.
/// </summary>
internal static class ReloadVerb
{
    public static VerbCommand Create(Terminal terminal)
    {
        var socket = StatusVerb.GuardSocket();
        var json = CommonOptions.Json();
        var quiet = CommonOptions.Quiet();
        var verb = new VerbCommand("reload",
            "Have the running guard read its configuration again. A broken file changes nothing, and the exit code is 1.")
        {
            NeedsLinux = true,
            Examples =
            {
                ("halfopen reload", "after a change of the guard's configuration; what waits goes on waiting"),
            },
        };
        verb.Options.Add(socket);
        verb.Options.Add(json);
        verb.Options.Add(quiet);
        verb.Checks(parsed => GuardConnection.Check(parsed.GetValue(socket)));
        verb.Does(async (parsed, cancel) =>
        {
            var answer = await GuardConnection.AskAsync(parsed.GetValue(socket), new ControlRequest("reload"), cancel);
            if (parsed.GetValue(json))
            {
                terminal.Out.WriteLine(JsonSerializer.Serialize(new ReloadDocument(answer.NeedRestart ?? []),
                    VerbJsonContext.Default.ReloadDocument));
            }
            else if (!parsed.GetValue(quiet))
            {
                terminal.Out.WriteLine(answer.NeedRestart is { Count: > 0 } late
                    ? $"The configuration was read again. A restart is needed for: {string.Join(", ", late)}."
                    : "The configuration was read again.");
            }

            return ExitCode.Done;
        });
        return verb;
    }
}
