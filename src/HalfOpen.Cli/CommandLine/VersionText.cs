using System.Reflection;

namespace HalfOpen.Cli.CommandLine;

internal static class VersionText
{
    /// <summary>The version of this build, as in Directory.Build.props.</summary>
    public static string Current { get; } =
        typeof(VersionText).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";
}
