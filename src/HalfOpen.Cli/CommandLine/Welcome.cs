namespace HalfOpen.Cli.CommandLine;

/// <summary>What a newcomer sees who types nothing but the name.</summary>
internal static class Welcome
{
    public static int Show(Terminal terminal)
    {
        var o = terminal.Out;
        o.WriteLine($"{terminal.Bold("Halfopen")} {VersionText.Current}: the cure for networks that freeze while one program's transfers run fine.");
        o.WriteLine();
        o.WriteLine("A connection attempt that nobody answers is half-open: it holds a slot until it is given up.");
        o.WriteLine("Where slots are limited and one program's dead peers hold them all, every other program waits.");
        o.WriteLine();
        var verbs = VerbSummaries(terminal);
        var width = verbs.Max(v => v.Name.Length);
        foreach (var (name, description) in verbs)
        {
            o.WriteLine($"  {terminal.Bold(name.PadRight(width))}  {description}");
        }

        o.WriteLine();
        o.WriteLine("Every verb explains itself: halfopen VERB --help");
        return ExitCode.Done;
    }

    private static List<(string Name, string Description)> VerbSummaries(Terminal terminal) =>
        [.. Verbs.VerbList.Create(terminal).Select(v => (v.Name, v.Description ?? ""))];
}
