using System.CommandLine;

namespace HalfOpen.Cli.CommandLine;

/// <summary>
/// Flags that mean the same on every verb. Each call makes a new one: an option belongs to one command.
/// </summary>
internal static class CommonOptions
{
    public const string JsonName = "--json";

    public static Option<bool> Json() => new(JsonName) { Description = "Print one JSON document for machines instead of text for people." };

    public static Option<bool> Quiet() => new("--quiet", "-q") { Description = "Print results and errors only: no progress, no advice." };

    public static Option<bool> DryRun() => new("--dry-run", "-n") { Description = "Say what would be done; change nothing." };

    public static Option<bool> Yes() =>
        new("--yes", "-y") { Description = "Do not ask before writing (needed where there is no terminal)." };
}
