using System.CommandLine;
using System.Text.Json;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Cli.Guard;
using HalfOpen.Guard.Control;

namespace HalfOpen.Cli.Verbs;

/// <summary>What a running guard does.</summary>
internal static class StatusVerb
{
    public static VerbCommand Create(Terminal terminal)
    {
        var json = CommonOptions.Json();
        var socket = GuardSocket();
        var watch = new Option<bool>("--watch", "-w") { Description = "Show it again every second until Ctrl-C." };
        var verb = new VerbCommand("status", "Show what the running guard does: slots, who holds them, who waits and why.")
        {
            NeedsLinux = true,
            Examples =
            {
                ("halfopen status", "slots, who holds them, who waits, since when and why, outcomes so far"),
                ("halfopen status --watch", "again every second"),
                ("halfopen status --json", "for machines"),
            },
        };
        verb.Options.Add(watch);
        verb.Options.Add(socket);
        verb.Options.Add(json);
        verb.Checks(parsed => GuardConnection.Check(parsed.GetValue(socket)));
        verb.Does(async (parsed, cancel) =>
        {
            while (!cancel.IsCancellationRequested)
            {
                var answer = await GuardConnection.AskAsync(parsed.GetValue(socket), new ControlRequest("status"), cancel);
                var status = answer.Status ?? throw CliException.Refused("the guard sent no status: is it of another version?");
                if (parsed.GetValue(json))
                {
                    terminal.Out.WriteLine(JsonSerializer.Serialize(status, ControlJson.Default.GuardStatus));
                }
                else
                {
                    // Home and clear, so that the picture stands still.
                    terminal.Out.Write(parsed.GetValue(watch) && terminal.UseColor ? "\e[H\e[2J" : "");
                    StatusPrinter.Print(terminal, status, TimeProvider.System.GetUtcNow());
                }

                if (!parsed.GetValue(watch))
                {
                    return ExitCode.Done;
                }

                terminal.Out.Flush();
                await Task.Delay(TimeSpan.FromSeconds(1), cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            return ExitCode.Done; // Ctrl-C is how --watch ends
        });
        return verb;
    }

    public static Option<string?> GuardSocket() =>
        new("--socket")
        { HelpName = "PATH", Description = "Control socket of the guard; default: that of this network namespace, under /run/halfopen." };
}
