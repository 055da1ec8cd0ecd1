using System.Buffers.Binary;
using HalfOpen.Images;
using HalfOpen.Media.Sources;

namespace HalfOpen.Media.Iso9660;

/// <summary>How one file was replaced in an image. Immutable.</summary>
/// <param name="Paths">Its names in all trees.</param>
/// <param name="InPlace">True: it fits where it was. False: it stands at the end now, and its names lead there.</param>
public sealed record IsoReplacement(IReadOnlyList<string> Paths, bool InPlace, long NewStart, long NewSize);

/// <summary>A new image and what differs in it. Immutable.</summary>
/// <param name="Source">Reads the original while it is read.</param>
public sealed record IsoEdit(ByteSource Source, IReadOnlyList<IsoReplacement> Replacements);

/// <summary>
/// Replaces files in an image. Nothing else moves: directory records of all trees lead to the new bytes, and when those
/// do not fit into the old sectors, they are appended and the volume grows. Pure.
/// </summary>
public static class IsoEditor
{
    /// <summary>Bytes of zeros behind what is appended: some drives cannot read the last sectors of a disc that was
    /// written track at once.</summary>
    private const long Padding = 150 * IsoImage.SectorSize;

    /// <summary>The image as it will be.</summary>
    /// <param name="contents">For each file its new content. Other names of the same bytes (Joliet, duplicates that
    /// share) change with it.</param>
    /// <exception cref="ImageProblemException">The image's shape does not allow it: the message says why.</exception>
    public static IsoEdit Replace(IsoImage image, IReadOnlyList<(IsoEntry File, ByteSource Content)> contents)
    {
        if (image.Obstacle is { } obstacle)
        {
            throw new ImageProblemException(obstacle);
        }

        var byExtent = new Dictionary<(long Start, long Size), ByteSource>();
        foreach (var (file, content) in contents)
        {
            if (file.Problem is not null || content.Length > uint.MaxValue)
            {
                throw new ImageProblemException(file.Problem ?? "The new content is too large for a file of an image.");
            }

            byExtent[(file.Start, file.Size)] = content;
        }

        var names = Names(image, byExtent.Keys, out var shared);
        var edited = new EditedSource(image.Source);
        var (replacements, end) = (new List<IsoReplacement>(), 0L);
        foreach (var (extent, content) in byExtent)
        {
            var room = IsoImage.ToSectors(extent.Size);
            var inPlace = content.Length <= room && !shared.Contains(extent) && image.Source.Has(extent.Start, room);
            var start = inPlace ? extent.Start : Append(edited, content);
            if (inPlace)
            {
                var zeros = new MemorySource(new byte[Math.Max(0, extent.Size - content.Length)]);
                edited.Replace(start, new JoinedSource(content, zeros));
            }
            else
            {
                end = edited.Length;
            }

            foreach (var name in names[extent].DistinctBy(n => n.Record))
            {
                byte[] place = [.. BothEndian.Of32(Sector(start)), .. BothEndian.Of32((uint)content.Length)];
                edited.Replace(name.Record + 2, new MemorySource(place));
            }

            replacements.Add(new IsoReplacement([.. names[extent].Select(n => n.Path).Distinct()], inPlace, start, content.Length));
        }

        if (end > 0)
        {
            edited.Append(new MemorySource(new byte[Padding]));
            foreach (var tree in image.Trees)
            {
                edited.Replace(tree.Descriptor + 80, new MemorySource(BothEndian.Of32(Sector(edited.Length))));
            }
        }

        return new IsoEdit(edited, replacements);
    }

    /// <summary>At a sector's beginning, and up to the end of its last sector.</summary>
    private static long Append(EditedSource edited, ByteSource content)
    {
        edited.Append(new MemorySource(new byte[IsoImage.ToSectors(edited.Length) - edited.Length]));
        var start = edited.Append(content);
        edited.Append(new MemorySource(new byte[IsoImage.ToSectors(edited.Length) - edited.Length]));
        return start;
    }

    private static uint Sector(long offset) => offset / IsoImage.SectorSize is var sector and <= uint.MaxValue
        ? (uint)sector
        : throw new ImageProblemException("The image would become larger than images can be.");

    /// <summary>All names of the extents, and the extents whose sectors also belong to something else, which must not
    /// change with them.</summary>
    private static Dictionary<(long Start, long Size), List<IsoEntry>> Names(
        IsoImage image, IReadOnlyCollection<(long Start, long Size)> extents, out HashSet<(long Start, long Size)> shared)
    {
        var names = extents.ToDictionary(e => e, _ => new List<IsoEntry>());
        var overlapping = new HashSet<(long Start, long Size)>();
        foreach (var (start, size) in Fixed(image))
        {
            overlapping.UnionWith(extents.Where(e => Overlap(e, start, start + IsoImage.ToSectors(size))));
        }

        foreach (var other in extents)
        {
            overlapping.UnionWith(extents.Where(e => e != other && Overlap(e, other.Start, other.Start + IsoImage.ToSectors(other.Size))));
        }

        foreach (var entry in image.Trees.SelectMany(image.Entries))
        {
            if (!entry.IsFolder && names.TryGetValue((entry.Start, entry.Size), out var same))
            {
                same.Add(entry);
                continue;
            }

            foreach (var extent in extents)
            {
                if (entry.Size > 0 && Overlap(extent, entry.Start, entry.AllocatedEnd))
                {
                    overlapping.Add(extent);
                }
            }
        }

        shared = overlapping;
        return names;
    }

    private static bool Overlap((long Start, long Size) extent, long start, long end) =>
        start < extent.Start + IsoImage.ToSectors(extent.Size) && extent.Start < end;

    /// <summary>What stands in an image beside files and folders.</summary>
    private static IEnumerable<(long Start, long Size)> Fixed(IsoImage image)
    {
        yield return (0, image.DescriptorsEnd);
        foreach (var table in image.Trees.SelectMany(t => t.PathTables))
        {
            yield return table;
        }

        foreach (var tree in image.Trees)
        {
            yield return (tree.RootStart, tree.RootSize);
        }

        if (image.BootCatalog is not { } catalog || !image.Source.Has(catalog, IsoImage.SectorSize))
        {
            yield break;
        }

        yield return (catalog, IsoImage.SectorSize);

        // The default entry stands behind the validation entry: 6 u16 sectors of 512 bytes, 8 u32 where the boot image
        // begins.
        var entry = image.Source.Read(catalog + 32, 32);
        var sectors = BinaryPrimitives.ReadUInt16LittleEndian(entry.AsSpan(6));
        yield return (BinaryPrimitives.ReadUInt32LittleEndian(entry.AsSpan(8)) * (long)IsoImage.SectorSize, sectors * 512L);
    }
}
