using System.Runtime.InteropServices;

namespace HalfOpen.Lab.Runs;

/// <summary>
/// How this process was started, to start it again: as an executable that has everything inside (machine code, a single
/// file), or as an assembly that a host of .NET runs. Thread-safe.
/// </summary>
internal static class OwnProgram
{
    private static readonly string First = Environment.GetCommandLineArgs()[0];

    /// <summary>The assembly that a host of .NET runs; null: the executable is the whole program.</summary>
    public static string? Assembly { get; } = First.EndsWith(".dll", StringComparison.Ordinal) ? Path.GetFullPath(First) : null;

    /// <summary>The command that starts the same program, before its own arguments.</summary>
    public static IReadOnlyList<string> Command { get; } = Assembly is { } assembly && IsHost(Environment.ProcessPath!)
        ? [Environment.ProcessPath!, assembly]
        : [Environment.ProcessPath!]; // an executable, also a small one that finds its assembly itself

    /// <summary>
    /// Puts an executable into an empty folder that runs this program under a path of its own; where it can have a name
    /// of its own, too, that of the folder. Its words are <see cref="Prefix"/> and then the arguments.
    /// </summary>
    /// <returns>The executable's path.</returns>
    public static string CopyTo(string folder)
    {
        if (Assembly is null)
        {
            var copy = Path.Combine(folder, Path.GetFileName(folder));
            File.Copy(Environment.ProcessPath!, copy);
            return copy;
        }

        // The host looks for its runtime beside itself.
        var runtime = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        var host = Path.Combine(folder, "dotnet");
        File.Copy(Path.Combine(runtime, "dotnet"), host);
        Directory.CreateSymbolicLink(Path.Combine(folder, "host"), Path.Combine(runtime, "host"));
        Directory.CreateSymbolicLink(Path.Combine(folder, "shared"), Path.Combine(runtime, "shared"));
        return host;
    }

    /// <summary>What the executable of <see cref="CopyTo"/> needs before the program's own arguments.</summary>
    public static IReadOnlyList<string> Prefix { get; } = Assembly is { } assembly ? [assembly] : [];

    private static bool IsHost(string path) => Path.GetFileNameWithoutExtension(path) == "dotnet";
}
