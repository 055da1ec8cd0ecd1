namespace HalfOpen.Media.Iso9660;

/// <summary>One file or folder of an image, as one of its trees names it. Immutable.</summary>
/// <param name="Path">From the root, with slashes, without the version (<c>;1</c>): <c>/I386/TCPIP.SY_</c>.</param>
/// <param name="Start">Where its bytes begin in the image.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Problem">Why its bytes cannot be had or changed, one sentence; null when they can.</param>
public sealed record IsoEntry(string Path, bool IsFolder, long Start, long Size, string? Problem)
{
    /// <value>The name without the path.</value>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    /// <value>Where the directory record stands in the image.</value>
    internal long Record { get; init; }

    /// <value>Where the sectors that hold its bytes end.</value>
    internal long AllocatedEnd => Start + IsoImage.ToSectors(Size);
}

/// <summary>One of the trees of names that an image has: the plain one, and Joliet's with long names. Both lead to the
/// same bytes.</summary>
/// <param name="IsJoliet">Names are UCS-2.</param>
/// <param name="Descriptor">Where its volume descriptor stands.</param>
public sealed record IsoTree(bool IsJoliet, long Descriptor)
{
    /// <value>Bytes that the volume says it has.</value>
    public long VolumeSize { get; internal init; }

    internal long RootStart { get; init; }

    internal long RootSize { get; init; }

    /// <value>Where its path tables stand, and how long each is.</value>
    internal IReadOnlyList<(long Start, long Size)> PathTables { get; init; } = [];
}
