using System.CommandLine;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Windows.Files;
using HalfOpen.Windows.Search;

namespace HalfOpen.Cli.Drivers;

/// <summary>The PATH and --recurse of the driver verbs.</summary>
internal static class DriverPaths
{
    public static Argument<string> Argument()
    {
        var argument = new Argument<string>("path") { Description = "A driver, or a folder: a Windows directory, a mounted drive, a folder of plain files." };
        argument.Validators.Add(result =>
        {
            // The parser takes an unknown flag for a path; nobody means that.
            if (result.Tokens is [{ Value: ['-', _, ..] flag }] && !Path.Exists(flag))
            {
                result.AddError($"Unknown option {flag}.");
            }
        });
        return argument;
    }

    public static Option<bool> Recurse() => new("--recurse", "-r") { Description = "Look everywhere below the folder, not only where Windows keeps its drivers." };

    /// <summary>The drivers at a path. No such path is wrong usage; a folder that cannot be read is a failure.</summary>
    public static IReadOnlyList<string> Find(IFileStore store, string path, bool recurse)
    {
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
        {
            throw CliException.Usage("the path is empty: name a driver or a folder.");
        }

        try
        {
            return new DriverSearch(store).Find(path, recurse);
        }
        catch (FileProblemException e) when (!File.Exists(path) && !Directory.Exists(path))
        {
            throw CliException.Usage(e.Message);
        }
    }

    /// <summary>A path as it may be shown on a terminal: names on somebody's disk may carry control characters.</summary>
    public static string Shown(string path) => path.Any(char.IsControl) ? string.Concat(path.Select(c => char.IsControl(c) ? '?' : c)) : path;

    public static string NothingFound(string path, bool recurse) =>
        $"no tcpip.sys or tcpip6.sys in {path}" + (recurse ? "." : " where Windows keeps its drivers; --recurse searches everywhere below.");
}
