using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace HalfOpen.Tests.Architecture;

/// <summary>
/// Walls within and between projects that references alone do not show, held against the sources themselves.
/// </summary>
public sealed partial class BoundaryTests
{
    /// <summary>Who may see whose internals, and why.</summary>
    private static readonly Dictionary<(string Of, string To), string> Friends = new()
    {
        [("HalfOpen.Core", "HalfOpen.SimulationTests")] = "only engines hand out ids; limiters that are broken on purpose have to as well",
        [("HalfOpen.Core", "HalfOpen.Tests")] = "unit tests of the parts of policies, and a policy written in test code",
        [("HalfOpen.Diagnosis", "HalfOpen.Tests")] = "parsers of texts, and what findings say of programs",
        [("HalfOpen.Guard", "HalfOpen.Tests")] = "unit tests of Holding, Rules and Service",
        [("HalfOpen.Guard", "HalfOpen.SystemTests")] = "rules of tests on one back end",
        [("HalfOpen.Linux", "HalfOpen.GuardFigures")] = "what the kernel takes for a program that does nothing",
        [("HalfOpen.Linux", "HalfOpen.Tests")] = "the seccomp program and parsers of /proc, which are pure",
        [("HalfOpen.Lab", "halfopen")] = "the lab's programs run under a hidden verb",
        [("HalfOpen.Lab", "HalfOpen.Tests")] = "unit tests of the link and the world",
        [("HalfOpen.Lab", "HalfOpen.SystemTests")] = "machines of the lab for tests on real sockets",
        [("HalfOpen.Media", "HalfOpen.Tests")] = "packings alone, and where records stand in an image",
        [("HalfOpen.Simulation", "HalfOpen.Lab")] = "the prediction beside each measurement draws the same plots",
        [("HalfOpen.Simulation", "HalfOpen.SimulationTests")] = "checkers and worlds",
        [("HalfOpen.Watch", "HalfOpen.Tests")] = "the parts of its model",
        [("HalfOpen.Web", "HalfOpen.Tests")] = "the list of its files",
        [("HalfOpen.Windows", "HalfOpen.Tests")] = "a failure at every step of a file operation",
        [("HalfOpen.Windows", "HalfOpen.SystemTests")] = "images that other tools made, file by file",
        [("HalfOpen.Xp", "HalfOpen.Tests")] = "all of it: an executable has no public part",
        [("HalfOpen.Xp", "HalfOpen.XpShow")] = "its window before a machine that is made up, and its console under wine",
        [("HalfOpen.Cli", "HalfOpen.Tests")] = "verbs are run inside the test process",
        [("HalfOpen.Cli", "HalfOpen.SystemTests")] = "the built program's own words",
    };

    public static TheoryData<string> Projects() => DependencyTests.Projects();

    [Theory]
    [MemberData(nameof(Projects))]
    public void Internals_are_seen_only_by_the_friends_listed_here(string project)
    {
        var friends = Project(project).Descendants("InternalsVisibleTo").Select(e => (string?)e.Attribute("Include") ?? "");
        Assert.All(friends,
            f => Assert.True(Friends.ContainsKey((project, f)), $"{project} opens its internals to {f}: say why in this table"));
    }

    [Fact]
    public void No_friendship_is_listed_that_no_project_has() =>
        Assert.All(Friends.Keys,
            f => Assert.Contains(Project(f.Of).Descendants("InternalsVisibleTo"), e => (string?)e.Attribute("Include") == f.To));

    [Fact]
    public void A_project_sees_only_what_it_references_itself()
    {
        var common = XDocument.Load(Path.Combine(Repository.Root, "Directory.Build.props"));
        Assert.Equal("true", common.Descendants("DisableTransitiveProjectReferences").Single().Value);
        Assert.All(ProjectFiles(), p => Assert.Empty(XDocument.Load(p).Descendants("DisableTransitiveProjectReferences")));
    }

    [Fact]
    public void Pointers_stand_in_one_project()
    {
        Assert.All(Sources("HalfOpen.*").Where(s => s.Project != "HalfOpen.Linux"), s => Assert.DoesNotMatch(UnsafeWord(), s.Code));

        // HalfOpen.Windows marshals file calls without a pointer of its own; the generator of [LibraryImport] writes
        // them.
        var allowed = ProjectFiles().Where(p => XDocument.Load(p).Descendants("AllowUnsafeBlocks").Any())
            .Select(p => Path.GetFileNameWithoutExtension(p));
        Assert.Empty(allowed.Except(["HalfOpen.Linux", "HalfOpen.Windows"]));
    }

    [Fact]
    public void The_holding_of_packets_knows_no_system_call() =>
        Assert.All(Sources("HalfOpen.Guard").Where(s => s.Path.Contains("/Holding/", StringComparison.Ordinal)),
            s => Assert.DoesNotMatch(SystemWords(), s.Code));

    [Fact]
    public void The_model_of_what_is_watched_knows_no_system_call() =>
        Assert.All(Sources("HalfOpen.Watch").Where(s => s.Path.Contains("/Model/", StringComparison.Ordinal)),
            s => Assert.DoesNotMatch(SystemWords(), s.Code));

    [Fact]
    public void The_engine_knows_no_JSON() =>
        Assert.All(Sources("HalfOpen.Core"), s => Assert.DoesNotContain("System.Text.Json", s.Code, StringComparison.Ordinal));

    [Fact]
    public void Only_the_command_line_speaks_of_its_flags()
    {
        // Flags of the tools that libraries call (iptables, ip, curl) stand in argument lists, in the rules, and in
        // what Images (qemu-img) and Diagnosis recommend.
        foreach (
            var (project, path, code) in Sources("HalfOpen.*")
                .Where(s => s.Project is not ("HalfOpen.Cli" or "HalfOpen.Images" or "HalfOpen.Diagnosis")
                    && !s.Path.Contains("HalfOpen.Guard/Rules/", StringComparison.Ordinal)))
        {
            var texts = QuotedText().Matches(code).Select(m => m.Value)
                .Where(t => t.Contains(' ', StringComparison.Ordinal) && !ToolCall().IsMatch(t));
            Assert.All(texts, t => Assert.False(OwnFlag().IsMatch(t), $"{path} ({project}): {t}"));
        }
    }

    [Fact]
    public void Nothing_is_promised_to_the_compiler_that_is_not_so() =>
        Assert.All(Sources("HalfOpen.*"), s => Assert.DoesNotContain("= null!;", s.Code, StringComparison.Ordinal));

    [Fact]
    public void One_name_is_one_type()
    {
        // HalfOpen.Xp is a program of its own for another framework: its names never meet the others in one process.
        var types = Sources("HalfOpen.*").Where(s => s.Project != "HalfOpen.Xp")
            .SelectMany(
                s => TypeName().Matches(s.Code)
                    .Select(m => (Name: m.Groups["name"].Value, IsPartial: m.Value.Contains("partial", StringComparison.Ordinal))));
        var twice = types.GroupBy(t => t.Name).Where(g => g.Count() > 1 && !g.All(t => t.IsPartial)).Select(g => g.Key);
        Assert.Empty(twice);
    }

    [Fact]
    public void Every_project_can_be_trimmed_and_compiled_ahead_of_time_without_an_excuse()
    {
        var common = XDocument.Load(Path.Combine(Repository.Root, "src", "Directory.Build.props"));
        Assert.Equal("true", common.Descendants("IsAotCompatible").Single().Value);
        Assert.All(ProjectFiles(), p => Assert.Empty(XDocument.Load(p).Descendants("IsAotCompatible")));
        Assert.All(ProjectFiles(), p => Assert.DoesNotMatch(TrimWarning(), File.ReadAllText(p)));
        Assert.All(Sources("HalfOpen.*"), s => Assert.DoesNotMatch(TrimWarning(), s.Code));
    }

    private static XDocument Project(string name) => XDocument.Load(Path.Combine(Repository.Root, "src", name, name + ".csproj"));

    private static IEnumerable<string> ProjectFiles() =>
        Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories);

    /// <summary>All sources of matching projects, without comments.</summary>
    private static IEnumerable<(string Project, string Path, string Code)> Sources(string projects)
    {
        foreach (var folder in Directory.GetDirectories(Path.Combine(Repository.Root, "src"), projects))
        {
            foreach (var file in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
            {
                var path = Path.GetRelativePath(Repository.Root, file);
                if (!path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal))
                {
                    var lines = File.ReadLines(file).Where(l => !l.TrimStart().StartsWith("//", StringComparison.Ordinal));
                    yield return (Path.GetFileName(folder), path, string.Join('\n', lines));
                }
            }
        }
    }

    [GeneratedRegex(@"\bIL[23]\d{3}\b|UnconditionalSuppressMessage|Requires(UnreferencedCode|DynamicCode)")]
    private static partial Regex TrimWarning();

    [GeneratedRegex(@"\bunsafe\b")]
    private static partial Regex UnsafeWord();

    [GeneratedRegex(
        @"using HalfOpen\.Linux|\bFile\.|\bDirectory\.|\bProcess\.|\bSocket\b|\bStopwatch\b"
        + @"|\bDateTime(Offset)?\.|\bTimeProvider\b|LibraryImport")]
    private static partial Regex SystemWords();

    [GeneratedRegex("""(?<!['@])\$?"(?:[^"\\\n]|\\.)*""")]
    private static partial Regex QuotedText();

    [GeneratedRegex(@"-j |-m |^\$?""-|\blink set\b|--noflush|--check")]
    private static partial Regex ToolCall();

    [GeneratedRegex(@"(^|[ '`(])--[a-z][a-z-]+")]
    private static partial Regex OwnFlag();

    [GeneratedRegex(
        @"^\s*(?:(?:public|internal|private|protected|static|sealed|abstract|readonly|unsafe|partial|ref|file)\s+)*"
        + @"(?:class|struct|record struct|record class|record|interface|enum)\s+(?<name>[A-Z]\w*)", RegexOptions.Multiline)]
    private static partial Regex TypeName();
}
