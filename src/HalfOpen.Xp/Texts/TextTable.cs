namespace HalfOpen.Xp.Texts;

/// <summary>
/// The one table of texts: a row a text, a column a language, in the order of <see cref="Language.All"/>. A further
/// language is one more column in the files beside this one, and one more line in <see cref="Language"/>. Gaps are
/// those of <see cref="string.Format(string, object[])"/> and the same in every column.
/// </summary>
internal static partial class TextTable
{
    public static Dictionary<TextKey, string[]> Rows { get; } = Build();

    private static Dictionary<TextKey, string[]> Build()
    {
        var rows = new Dictionary<TextKey, string[]>();
        AddProblems(rows);
        AddRefusals(rows);
        AddStates(rows);
        AddNetwork(rows);
        AddConsole(rows);
        AddWindow(rows);
        return rows;
    }
}
