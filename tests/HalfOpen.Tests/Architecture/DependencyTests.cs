using System.Xml.Linq;
using Xunit;

namespace HalfOpen.Tests.Architecture;

/// <summary>The dependency direction of ARCHITECTURE.md, held against the project files themselves.</summary>
public sealed class DependencyTests
{
    /// <summary>What each project may reference, and why not more.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["HalfOpen.Core"] = [], // the engine: every host embeds it, so it must drag nothing along
        ["HalfOpen.Wire"] = [], // codecs: usable and fuzzable alone
        ["HalfOpen.Driver"] = [], // must also run on the XP machine itself (net40)
        ["HalfOpen.Diagnosis"] = [], // facts in, findings out: everything that it knows stands in the facts
        ["HalfOpen.Images"] = [], // parsers of other people's disks: fuzzable alone, and no file system of this machine in reach
        ["HalfOpen.Media"] = ["HalfOpen.Images"], // codecs, fuzzable alone; one kind of byte source and of error with the images
        ["HalfOpen.Windows"] = ["HalfOpen.Driver", "HalfOpen.Images", "HalfOpen.Media"],
        ["HalfOpen.Xp"] = ["HalfOpen.Driver", "HalfOpen.Windows"], // for .NET 10; the executable for XP compiles their sources
        ["HalfOpen.Hosting"] = ["HalfOpen.Core"], // what every host needs, whatever it is a host of
        ["HalfOpen.Simulation"] = ["HalfOpen.Core", "HalfOpen.Hosting"],
        ["HalfOpen.Linux"] = ["HalfOpen.Wire", "HalfOpen.Diagnosis"], // system calls, what the kernel's bytes mean, facts; no engine
        ["HalfOpen.Guard"] = ["HalfOpen.Core", "HalfOpen.Hosting", "HalfOpen.Wire", "HalfOpen.Linux"],
        ["HalfOpen.Watch"] = ["HalfOpen.Hosting", "HalfOpen.Wire", "HalfOpen.Linux", "HalfOpen.Guard"], // asks the guard, names as it does
        ["HalfOpen.Web"] = ["HalfOpen.Watch"], // shows frames; where they come from is not its business
        ["HalfOpen.Lab"] = ["HalfOpen.Core", "HalfOpen.Wire", "HalfOpen.Linux", "HalfOpen.Guard", "HalfOpen.Watch", "HalfOpen.Simulation"],
        ["HalfOpen.Cli"] =
            ["HalfOpen.Core", "HalfOpen.Hosting", "HalfOpen.Driver", "HalfOpen.Images", "HalfOpen.Windows", "HalfOpen.Simulation",
                "HalfOpen.Linux", "HalfOpen.Guard", "HalfOpen.Lab", "HalfOpen.Diagnosis", "HalfOpen.Watch", "HalfOpen.Web"],
    };

    /// <summary>Packages a project may use. Core, Wire and Driver: none at all.</summary>
    private static readonly Dictionary<string, string[]> AllowedPackages = new()
    {
        ["HalfOpen.Driver"] = ["Microsoft.NETFramework.ReferenceAssemblies.net40"],
        ["HalfOpen.Xp"] = ["Microsoft.NETFramework.ReferenceAssemblies.net40"],
        ["HalfOpen.Cli"] = ["System.CommandLine"],
    };

    public static TheoryData<string> Projects() =>
        [.. Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .Select(p => Path.GetFileNameWithoutExtension(p))];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_what_the_architecture_allows(string project)
    {
        Assert.True(Allowed.ContainsKey(project),
            $"{project} is new: say in this table what it may reference, and in ARCHITECTURE.md why.");
        Assert.Empty(
            References(project, "ProjectReference").Select(p => Path.GetFileNameWithoutExtension(p.Replace('\\', '/')))
                .Except(Allowed[project]));
        Assert.Empty(References(project, "PackageReference").Except(AllowedPackages.GetValueOrDefault(project, [])));
    }

    private static IEnumerable<string> References(string project, string element) =>
        XDocument.Load(Path.Combine(Repository.Root, "src", project, project + ".csproj"))
            .Descendants(element)
            .Select(e => (string?)e.Attribute("Include") ?? "");
}
