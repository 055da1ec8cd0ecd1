using HalfOpen.Xp.Texts;

namespace HalfOpen.Xp.Files;

/// <summary>An expected failure with a file: the path, and one sentence on what is wrong and what to do.</summary>
internal sealed class DiskProblemException : Exception
{
    public DiskProblemException(string path, Phrase problem, Exception? cause = null)
        : base(path, cause)
    {
        Path = path;
        Problem = problem;
    }

    public string Path { get; }

    public Phrase Problem { get; }

    /// <summary>Path and problem, as they are shown.</summary>
    public Phrase Shown => new Phrase(TextKey.PathAndProblem, Path, Problem);
}
