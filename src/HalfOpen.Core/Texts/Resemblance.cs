namespace HalfOpen.Core;

/// <summary>Finds what somebody meant to type. Thread-safe: no state.</summary>
public static class Resemblance
{
    /// <summary>Nobody mistypes more than this, and longer texts would cost their square.</summary>
    private const int MaxLength = 40;

    /// <summary>
    /// The word that is nearest to <paramref name="typed"/>: at most one slip (a letter too many, missing, wrong, or
    /// two swapped) for every three letters, or a beginning of three letters or more that only one word has. Case,
    /// hyphens and underscores are no slip. Null: nothing is near. Of two
    /// as near the one that begins with the same letter, or the first.
    /// </summary>
    public static string? Nearest(string typed, IEnumerable<string> words)
    {
        ArgumentNullException.ThrowIfNull(typed);
        ArgumentNullException.ThrowIfNull(words);
        if (typed.Length is 0 or > MaxLength)
        {
            return null;
        }

        var all = words.Distinct(StringComparer.Ordinal).ToList();
        var plain = Plain(typed);
        var (best, least) = all.Select(w => (Word: w, Slips: Slips(plain, Plain(w)))).DefaultIfEmpty((Word: "", Slips: int.MaxValue))
            .MinBy(w => (w.Slips, w.Word.Length > 0 && plain.Length > 0 && char.ToLowerInvariant(w.Word[0]) == plain[0] ? 0 : 1));
        if (least <= Math.Max(1, plain.Length / 3) && plain.Length > 1)
        {
            return best;
        }

        var beginning = plain.Length < 3 ? [] : all.Where(w => Plain(w).StartsWith(plain, StringComparison.Ordinal)).ToList();
        return beginning.Count == 1 ? beginning[0] : null;
    }

    /// <summary>" (did you mean x?)" or nothing.</summary>
    public static string Hint(string typed, IEnumerable<string> words) =>
        Nearest(typed, words) is { } near ? $" (did you mean {near}?)" : "";

    private static string Plain(string text) =>
        string.Concat(text.Where(c => c is not ('-' or '_'))).ToLowerInvariant();

    /// <summary>
    /// Restricted Damerau-Levenshtein distance (Damerau, "A technique for computer detection and correction of
    /// spelling errors", 1964).
    /// </summary>
    private static int Slips(string a, string b)
    {
        if (b.Length > MaxLength)
        {
            return int.MaxValue;
        }

        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    rows[i, j] = i + j;
                    continue;
                }

                var slips = Math.Min(Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1, rows[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                var isSwap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                rows[i, j] = isSwap ? Math.Min(slips, rows[i - 2, j - 2] + 1) : slips;
            }
        }

        return rows[a.Length, b.Length];
    }
}
