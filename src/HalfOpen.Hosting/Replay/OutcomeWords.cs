using HalfOpen.Core;

namespace HalfOpen.Hosting.Replay;

/// <summary>The one set of words for outcomes, in files and on the command line. Thread-safe: no state.</summary>
public static class OutcomeWords
{
    private static readonly string[] Words = ["established", "refused", "reset", "timed-out", "unreachable", "cancelled"];

    /// <summary>All of them, in the order of the enumeration.</summary>
    public static IReadOnlyList<string> All => Words;

    /// <summary>The word for an outcome.</summary>
    public static string Of(Outcome outcome) => Words[(int)outcome];

    /// <summary>The outcome of a word, exactly as it stands in <see cref="All"/>.</summary>
    public static bool TryRead(string word, out Outcome outcome)
    {
        var index = Array.IndexOf(Words, word);
        outcome = index < 0 ? default : (Outcome)index;
        return index >= 0;
    }
}
