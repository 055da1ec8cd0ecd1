using HalfOpen.Hosting;

namespace HalfOpen.Guard.Attribution;

/// <summary>
/// What a program and its owner are called. Names are for sharing and for show, and they are bounded and plain:
/// whatever a program calls itself, its name is short, commands no terminal, and says which owner it belongs to. Pure.
/// </summary>
internal static class ProgramName
{
    /// <summary>Longest name of a program, in UTF-16 code units: its beginning and its end are kept.</summary>
    public const int MaxLength = 256;

    /// <summary>Longest name of an owner.</summary>
    public const int MaxOwner = 96;

    private const string Cut = "...";

    /// <summary>
    /// Stands between owner and program in the engine's name of a program. No owner's name contains it, so the two are
    /// told apart by its first place.
    /// </summary>
    private const string Separator = ": ";

    /// <summary>Executable, script and unit or cgroup: each left out where there is none.</summary>
    public static string Of(string executable, string script, string unit) =>
        Bound(executable + (script.Length > 0 ? " " + script : "") + (unit.Length > 0 ? $" ({unit})" : ""), MaxLength);

    /// <summary>
    /// A program's name for people: without its unit, and without the folders of its executable and its script.
    /// </summary>
    public static string Short(string program, string executable)
    {
        var unit = program.EndsWith(')') ? program.LastIndexOf(" (", StringComparison.Ordinal) : -1;
        var name = unit > 0 ? program.AsSpan(0, unit) : program.AsSpan();
        if (executable.Length == 0 || !name.StartsWith(executable, StringComparison.Ordinal))
        {
            return name.ToString();
        }

        var script = name[executable.Length..];
        script = script.StartsWith(" /", StringComparison.Ordinal) ? Path.GetFileName(script) : script.TrimStart(' ');
        var file = Path.GetFileName(executable.AsSpan());
        return script.Length > 0 ? $"{file} {script}" : file.ToString();
    }

    /// <summary>The engine's name of an owner's program: two owners never have the same one.</summary>
    public static string WithOwner(string owner, string program) => owner + Separator + program;

    /// <summary>The program's part of <see cref="WithOwner"/>.</summary>
    public static string WithoutOwner(string name, string? owner) =>
        owner is not null && name.Length >= owner.Length + Separator.Length && name.StartsWith(owner, StringComparison.Ordinal)
            ? name[(owner.Length + Separator.Length)..] : name;

    /// <summary>An owner's name from text that may hold anything.</summary>
    public static string OfOwner(string text) => Bound(text, MaxOwner).Replace(Separator, ":?", StringComparison.Ordinal);

    /// <summary>
    /// The unit that tells two programs with one executable apart: the last part of a cgroup. Left out where it says
    /// nothing: a session, and the part of a container that is its whole.
    /// </summary>
    public static string UnitOf(string cgroup)
    {
        var last = cgroup[(cgroup.LastIndexOf('/') + 1)..];
        var saysNothing = last.StartsWith("user@", StringComparison.Ordinal) || last.StartsWith("session-", StringComparison.Ordinal)
            || last is "init.scope" or "container" || last.EndsWith(".slice", StringComparison.Ordinal);
        return saysNothing ? "" : last;
    }

    private static string Bound(string text, int most)
    {
        if (text.Length > most)
        {
            // More of the end, where scripts and units stand. What a cut leaves of a surrogate pair becomes U+FFFD.
            var head = most * 3 / 8;
            text = string.Concat(text.AsSpan(0, head), Cut, text.AsSpan(text.Length - (most - head - Cut.Length)));
        }

        return PlainText.Of(text);
    }
}
