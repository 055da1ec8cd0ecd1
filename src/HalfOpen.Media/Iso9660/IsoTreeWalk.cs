using HalfOpen.Images;

namespace HalfOpen.Media.Iso9660;

/// <summary>Walks through one tree, folder by folder. Bounded, and proof against folders that contain themselves. Used
/// once.</summary>
internal sealed class IsoTreeWalk(ByteSource source, IsoTree tree)
{
    internal const int MaxFolders = 50_000, MaxEntries = 1_000_000, MaxDepth = 64;

    private readonly HashSet<long> _seen = [];
    private readonly Stack<(string Path, long Start, long Size, int Depth)> _waiting = new();
    private int _entries;

    public IEnumerable<IsoEntry> Entries()
    {
        _waiting.Push(("", tree.RootStart, tree.RootSize, 0));
        while (_waiting.TryPop(out var folder))
        {
            if (!_seen.Add(folder.Start))
            {
                throw new ImageProblemException("A folder of the image contains itself, or stands in two places: the image is damaged.");
            }

            if (_seen.Count > MaxFolders || folder.Depth > MaxDepth)
            {
                throw new ImageProblemException(
                    $"The image has more than {MaxFolders:N0} folders, or more than {MaxDepth} levels of them.");
            }

            foreach (var entry in new IsoFolder(source, tree, folder.Path, folder.Start, folder.Size).Entries())
            {
                if (++_entries > MaxEntries)
                {
                    throw new ImageProblemException($"The image has more than {MaxEntries:N0} names.");
                }

                if (entry.IsFolder)
                {
                    _waiting.Push((entry.Path, entry.Start, entry.Size, folder.Depth + 1));
                }

                yield return entry;
            }
        }
    }
}
