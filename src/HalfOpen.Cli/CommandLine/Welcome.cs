using HalfOpen.Core;
namespace HalfOpen.Cli.CommandLine;

/// <summary>What a newcomer sees who types nothing but the name.</summary>
internal static class Welcome
{
    /// <summary>
    /// What one types here: the script of a clone, which leaves a stamp beside its build, or an installed program.
    /// </summary>
    private static readonly string Typed =
        OperatingSystem.IsLinux() && File.Exists(Path.Combine(AppContext.BaseDirectory, "..", "stamp")) ? "./halfopen" : "halfopen";

    /// <summary>None of them changes anything.</summary>
    private static readonly (string CommandLine, string Meaning)[] FirstSteps = !OperatingSystem.IsLinux() ?
    [
        ("halfopen simulate", "the freeze in figures, policies and limits side by side"),
        ("halfopen inspect D:\\", "the limit of a Windows XP or Server 2003 on another drive, and what proves it"),
    ]
    :
    [
        ("sudo " + Typed + " lab", "the freeze and the cure on this machine, in a minute and a half"),
        (Typed + " simulate", "the freeze in figures, policies and limits side by side (no root needed)"),
        (Typed + " inspect /mnt/xp", "the limit of a Windows XP or Server 2003 on a mounted drive, and what proves it"),
        (Typed + " guard --dry-run", "what the guard would do to this Linux machine"),
    ];

    public static int Show(Terminal terminal)
    {
        var o = terminal.Out;
        Write($"Halfopen {VersionText.Current}: the cure for networks that freeze while one program's transfers run fine.",
            line => line.StartsWith("Halfopen", StringComparison.Ordinal) ? terminal.Bold("Halfopen") + line["Halfopen".Length..] : line);
        o.WriteLine();
        Write("A connection attempt that nobody answers is half-open: it holds a slot until it is given up.");
        Write("Where slots are limited and one program's dead peers hold them all, every other program waits.");
        o.WriteLine();
        var verbs = VerbSummaries(terminal);
        var width = verbs.Max(v => v.Name.Length);
        foreach (var (name, description) in verbs)
        {
            o.Write($"  {terminal.Bold(name.PadRight(width))}  ");
            Hang(description, width + 4);
        }

        o.WriteLine();
        o.WriteLine(terminal.Bold("Try first:"));
        foreach (var (commandLine, meaning) in FirstSteps)
        {
            var first = FirstSteps.Max(s => s.CommandLine.Length);
            o.Write($"  {commandLine.PadRight(first)}  ");
            Hang(meaning, first + 4);
        }

        o.WriteLine();
        Write($"Every verb explains itself: {Typed} VERB --help");
        return ExitCode.Done;

        void Write(string text, Func<string, string>? paint = null)
        {
            foreach (var line in WordWrap.Lines(text, terminal.Width))
            {
                o.WriteLine(paint is null ? line : paint(line));
            }
        }

        void Hang(string text, int column)
        {
            foreach (var line in WordWrap.Lines(text, terminal.Width, column, column))
            {
                o.WriteLine(line);
            }
        }
    }

    private static List<(string Name, string Description)> VerbSummaries(Terminal terminal) =>
        [.. Verbs.VerbList.Create(terminal, PolicyTable.Shipped).Select(v => (v.Name, v.Description ?? ""))];
}
