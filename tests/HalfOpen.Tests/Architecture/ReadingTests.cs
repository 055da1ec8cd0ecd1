using System.Text.RegularExpressions;
using Xunit;

namespace HalfOpen.Tests.Architecture;

/// <summary>
/// Numbers, durations and addresses that people type are read in one place (<c>HalfOpen.Core/Texts</c>). The
/// framework's own readings take more than one text for one number, and 1.2.3 for 1.2.0.3.
/// </summary>
public sealed partial class ReadingTests
{
    /// <summary>Who reads by himself, and why nobody types what is read there.</summary>
    private static readonly Dictionary<string, string> Allowed = new()
    {
        ["HalfOpen.Core/Texts/"] = "the one place",
        ["HalfOpen.Linux/"] = "files of the kernel and account files; it sees no engine",
        ["HalfOpen.Diagnosis/"] = "texts of other tools; it sees no engine",
        ["HalfOpen.Driver/"] = "bytes",
        ["HalfOpen.Images/"] = "descriptors of disk images; it sees no engine",
        ["HalfOpen.Windows/"] = "outputs of Windows' own tools, and partition numbers that a regular expression has let through",
        ["HalfOpen.Xp/"] = "another framework; its one number is digits alone",
        ["HalfOpen.Lab/Programs/"] = "what one process of the lab says to another",
        ["HalfOpen.Lab/Runs/LabProcess.cs"] = "what one process of the lab says to another",
        ["HalfOpen.Hosting/Replay/ReplayParser.cs"] = "names of sockets in recordings, which we wrote",
        ["HalfOpen.Guard/Service/ServiceManager.cs"] = "what systemd says",
        ["HalfOpen.Guard/Attribution/UserOwners.cs"] = "/etc/subuid",
        ["HalfOpen.Guard/Rules/GuardRules.cs"] = "a note that we wrote",
    };

    [Fact]
    public void Nobody_else_reads_numbers_durations_or_addresses()
    {
        var source = Path.Combine(Repository.Root, "src");
        foreach (var file in Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories))
        {
            var path = Path.GetRelativePath(source, file);
            if (path.Contains("/obj/", StringComparison.Ordinal) || path.Contains("/bin/", StringComparison.Ordinal)
                || Allowed.Keys.Any(a => path.StartsWith(a, StringComparison.Ordinal)))
            {
                continue;
            }

            Assert.All(File.ReadLines(file),
                line => Assert.False(Reading().IsMatch(line), $"{path}: {line.Trim()}: use NumberText or AddressText"));
        }
    }

    [Fact]
    public void The_command_line_reads_no_number_by_the_library()
    {
        // An option of a number without a reader of its own would take 2,1 for 21.
        var source = Path.Combine(Repository.Root, "src", "HalfOpen.Cli");
        foreach (var file in Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories))
        {
            foreach (Match made in NumberOption().Matches(File.ReadAllText(file)))
            {
                Assert.True(
                    made.Value.Contains(".Between(", StringComparison.Ordinal) || made.Value.Contains(".IsSeed(", StringComparison.Ordinal),
                    $"{Path.GetFileName(file)}: {made.Value.Split('\n')[0]}: say what is allowed (StrictValues)");
            }
        }
    }

    [GeneratedRegex(@"\b(double|float|decimal|byte|sbyte|short|ushort|int|uint|long|ulong|BigInteger|Int128|UInt128|TimeSpan|IPAddress"
        + @"|IPNetwork|IPEndPoint|Enum)\.(Try)?Parse(Exact|CidrStrict)?\b|\bConvert\.To(U?Int|Double|Single|Decimal|Byte)|\bUtf8Parser\b")]
    private static partial Regex Reading();

    /// <summary>From the making of the option to the end of its statement.</summary>
    [GeneratedRegex(@"new (Option|Argument)<(int|uint|long|ulong|double|float|decimal|TimeSpan)\??>\([\s\S]*?;\r?\n")]
    private static partial Regex NumberOption();
}
