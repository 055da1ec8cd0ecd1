using System.CommandLine;
using System.Text.Json;
using HalfOpen.Hosting;

namespace HalfOpen.Cli.CommandLine;

/// <summary>
/// What a verb with --json prints in place of its document when it fails: one object on standard output, so that a
/// program reads one stream and always finds one. The line for people is on standard error as ever.
/// </summary>
/// <param name="Error">What is wrong and what to do, in a sentence.</param>
/// <param name="ExitCode">One of <see cref="CommandLine.ExitCode"/>: the process ends with it.</param>
internal sealed record ErrorDocument(string Error, int ExitCode)
{
    /// <summary>Raised when a member changes its meaning or goes.</summary>
    public int Version { get; init; } = 1;

    /// <summary>Whether this command line asked for a document.</summary>
    public static bool IsWanted(ParseResult parsed) => parsed.CommandResult.Command.Options
        .Any(o => o.Name == CommonOptions.JsonName && parsed.GetResult(o) is { Implicit: false });

    /// <summary>In one line: it may end a stream of JSON Lines, too.</summary>
    public override string ToString() => PlainJson.Of(JsonSerializer.Serialize(this, VerbJsonContext.Default.ErrorDocument));
}
