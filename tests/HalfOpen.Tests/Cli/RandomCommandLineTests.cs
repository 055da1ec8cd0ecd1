using HalfOpen.Cli.CommandLine;
using HalfOpen.Cli.Verbs;
using HalfOpen.Core;
using HalfOpen.Driver;
using HalfOpen.TestDrivers;
using Xunit;

namespace HalfOpen.Tests.Cli;

/// <summary>
/// Random words at every verb: the answer is an exit code of the table and one line, never an exception. Verbs that
/// change, send, listen or wait end after their checks; those that read are run against files of this test. More
/// command lines, or others: HALFOPEN_FUZZ_LINES and HALFOPEN_FUZZ_SEED.
/// </summary>
public sealed class RandomCommandLineTests : IDisposable
{
    private const int Lines = 10_000;
    private const int MostWords = 7;

    /// <summary>They look at files that they are given, print, and end.</summary>
    private static readonly string[] Harmless = ["inspect", "replay", "completions", "man", "complete", "help"];

    /// <summary>The same with --dry-run.</summary>
    private static readonly string[] HarmlessWhenDry = ["patch", "restore"];

    private readonly string _folder = Directory.CreateTempSubdirectory("halfopen-lines-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task None_of_them_ends_in_an_exception()
    {
        var seed = Setting("HALFOPEN_FUZZ_SEED", 12);
        var random = new Random(seed);
        var pool = Pool();
        var options = Options();
        var before = Directory.GetFileSystemEntries(Environment.CurrentDirectory).Length;
        for (var line = 0; line < Setting("HALFOPEN_FUZZ_LINES", Lines); line++)
        {
            var words = Words(random, pool, options);
            var verb = words.FirstOrDefault() ?? "";
            var isDry = HarmlessWhenDry.Contains(verb);
            string[] run = isDry ? [verb, "--dry-run", .. words.Skip(1)] : words;
            var (code, _, error) = await CliRunner.RunAsync(run, input: pool[random.Next(pool.Length)],
                onlyChecks: !isDry && !Harmless.Contains(verb));
            var told = $"seed {seed}, line {line}: {string.Join(' ', run.Select(w => $"'{w}'"))}: {code}: {error}";
            Assert.True(code is ExitCode.Done or ExitCode.FoundOrRefused or ExitCode.WrongUsage, told);
            Assert.DoesNotContain("internal error", told, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
            Assert.False(code == ExitCode.WrongUsage && error.TrimEnd('\n').Split('\n') is not [['h', 'a', 'l', 'f', ..]], told);
            Assert.False(error.Any(c => char.IsControl(c) && c != (char)10), told);
        }

        Assert.Equal(before, Directory.GetFileSystemEntries(Environment.CurrentDirectory).Length);
    }

    private static int Setting(string name, int otherwise) => NumberText.Int(Environment.GetEnvironmentVariable(name) ?? "") ?? otherwise;

    private static string[] Words(Random random, string[] pool, Dictionary<string, string[]> options)
    {
        var verbs = options.Keys.ToArray();
        var verb = verbs[random.Next(verbs.Length)];
        var words = new List<string> { random.Next(50) == 0 ? pool[random.Next(pool.Length)] : verb };
        for (var left = random.Next(MostWords); left > 0; left--)
        {
            var own = options[verb].Length == 0 ? "--json" : options[verb][random.Next(options[verb].Length)];
            var word = pool[random.Next(pool.Length)];
            words.AddRange(random.Next(10) switch
            {
                < 5 => [own, word],
                < 6 => [own],
                < 7 => [own + "=" + word],
                < 8 => [Mistyped(own, random)],
                _ => (string[])[word],
            });
        }

        return [.. words];
    }

    private static string Mistyped(string word, Random random)
    {
        var at = random.Next(word.Length);
        return random.Next(3) switch
        {
            0 => word.Remove(at, 1),
            1 => word.Insert(at, ((char)random.Next(1, 0x3000)).ToString()),
            _ => word[..at],
        };
    }

    private static Dictionary<string, string[]> Options()
    {
        var terminal = new Terminal(TextReader.Null, TextWriter.Null, TextWriter.Null, false, false, false, 80);
        var options = VerbList.Create(terminal, PolicyTable.Shipped).ToDictionary(v => v.Name,
            v => v.Options.SelectMany(ParseProblem.Names).Concat(v.Subcommands.Where(c => !c.Hidden).Select(c => c.Name)).ToArray());
        options["help"] = [.. options.Keys];
        options["complete"] = ["--", .. options.Keys];
        return options;
    }

    private string[] Pool()
    {
        File.WriteAllText(Path.Combine(_folder, "text"), "no driver\n");
        File.WriteAllBytes(Path.Combine(_folder, "bytes"), [.. Enumerable.Range(0, 5000).Select(i => (byte)(i * 37 % 251))]);
        File.WriteAllText(Path.Combine(_folder, "events.jsonl"),
            """{"t":0,"submit":1,"program":"p","destination":"10.0.0.1:80"}""" + "\n");
        File.WriteAllText(Path.Combine(_folder, "guard.conf"), "limit = 5\nexempt = user:nobody-at-all\n");
        File.WriteAllText(Path.Combine(_folder, "wrong.conf"), "limit = 2,1\n");
        File.WriteAllBytes(Path.Combine(_folder, "tcpip.sys"),
            SyntheticDriver.Build(1, DriverArchitecture.X86));
        return
        [
            "", " ", "-", "--", "---", "-x", "--no-such", "=", "--=", "--limit=", "@", "@" + Path.Combine(_folder, "text"), "[suggest:abc]",
            "[suggest]", "[diagram]", "0", "1", "10", "-1", "+5", " 5", "2,1", "400,0", "1e3", "1e999", "NaN", "0x10", "007",
            "1.5", ".5", "99999999999999999999999999", new string('9', 5000), new string('x', 70_000), "10:400", "400:10", "1,2,3",
            ",", ":", "1:", "10s", "-1s", "0.1s", "1e3s", "25h", "s", "fair", "fair+give-up", "fair+", "fair+nat-budget=x", "+",
            "windows-xp", "unlimited", "freeze", "outbreak", "frieze", "schema", "swarm.concurrent=3", "a.b=c", "=x",
            "x=[[[[[[[[[[[[[[[[[[[[[[[[[[", "user:root", "user:", "to:1.2.3", "to:::1", "to:10.0.0.0/8", "port:0", "exe:x",
            "cgroup:/", "127.0.0.1:1", "1:2", "[::1]:80", "a:b:c", "bash", "halfopen-guard", "yes", "true", "é", "\u202Eevil",
            "\u001b[31mred", "\n", "a\nb", "\t", "\ud800", "🙂", "%s%n", "$(id)", "';--", "\\", "/nonexistent/x/y", "nonexistent/x",
            _folder, Path.Combine(_folder, "text"), Path.Combine(_folder, "bytes"), Path.Combine(_folder, "events.jsonl"),
            Path.Combine(_folder, "guard.conf"), Path.Combine(_folder, "wrong.conf"), Path.Combine(_folder, "tcpip.sys"),
            Path.Combine(_folder, "new"), Path.Combine(_folder, "tcpip.sys") + "!1:/x", Path.Combine(_folder, "none", "new"),
            "guard", "real", "program", "help", "--help", "-h", "--version", "--json", "-n", "-q", "-y", "-nqy",
        ];
    }
}
