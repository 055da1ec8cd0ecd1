namespace HalfOpen.Images.Containers;

/// <summary>A VMDK of VMware: sparse or flat, in one file or in pieces beside its descriptor.</summary>
internal sealed class VmdkDisk : BlockSource
{
    private readonly List<ImageFile> _files = [];
    private readonly List<Piece> _pieces = [];

    private VmdkDisk(IImageFiles files, VmdkDescriptor descriptor, VmdkSparseExtent? single)
    {
        var name = files.Name;
        Identity = descriptor.Identity;
        _files.Add(new ImageFile(name, files.Main));
        if (!descriptor.ParentId.Equals("ffffffff", StringComparison.OrdinalIgnoreCase))
        {
            throw new ImageProblemException($"It is a snapshot and holds only the differences from another VMDK: make one whole "
                + $"image with {Remedies.Convert(name, "vmdk")} (or delete the snapshot in VMware, which merges it), and use that.");
        }

        if (single is not null)
        {
            Add(new Piece(0, single.Capacity, single, 0, 0));
        }
        else
        {
            AddPieces(files, descriptor);
        }
    }

    public override string Format => "vmdk";

    public override long Length => _pieces.Count == 0 ? 0 : _pieces[^1].Start + _pieces[^1].Length;

    public override IReadOnlyList<ImageFile> Files => _files;

    public override string? Identity { get; }

    public override string? WriteProblem => _pieces.Exists(p => p.Sparse is { IsUnclean: true })
        ? "It was not closed properly: VMware has it open, or fell over. Start the virtual machine, shut Windows down, and try again."
        : null;

    /// <summary>Opens a VMDK; null when the file is none.</summary>
    public static VmdkDisk? Open(IImageFiles files, ReadOnlySpan<byte> start)
    {
        if (VmdkSparseExtent.IsSparse(start))
        {
            var sparse = new VmdkSparseExtent(files.Name, files.Main);
            return new VmdkDisk(files, sparse.Descriptor ?? VmdkDescriptor.Parse([]), sparse);
        }

        if (Fields.Starts(start, 0, "COWD"u8))
        {
            throw new ImageProblemException($"It is a VMDK of ESX of a kind that is not read here: make an ordinary one with "
                + $"{Remedies.Convert(files.Name, "vmdk")}, and use that.");
        }

        // The descriptor begins with a comment; some tools write a blank or a byte-order mark before it.
        return start[..Math.Min(64, start.Length)].IndexOf("# Disk DescriptorFile"u8) < 0 ? null
            : new VmdkDisk(files, VmdkDescriptor.Parse(files.Main.Read(0, (int)Math.Min(files.Main.Length, VmdkDescriptor.MaxSize))), null);
    }

    internal override BlockRange Map(long offset)
    {
        var piece = Find(offset);
        var within = offset - piece.Start;
        var rest = piece.Length - within;
        if (piece.Sparse is not null)
        {
            var place = piece.Sparse.Map(within, out var length);
            length = Math.Min(length, rest);
            return place is { } at ? new BlockRange(BlockKind.Stored, length, piece.File, at)
                : new BlockRange(BlockKind.Zero, length, 0, 0);
        }

        return piece.File < 0 ? new BlockRange(BlockKind.Zero, rest, 0, 0)
            : new BlockRange(BlockKind.Stored, rest, piece.File, piece.FileOffset + within);
    }

    private Piece Find(long offset)
    {
        var (low, high) = (0, _pieces.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = _pieces[middle].Start <= offset ? (middle, high) : (low, middle - 1);
        }

        return _pieces[low];
    }

    private void AddPieces(IImageFiles files, VmdkDescriptor descriptor)
    {
        foreach (var line in descriptor.Extents)
        {
            switch (line.Kind)
            {
                case "ZERO":
                    Add(new Piece(Length, line.Length, null, -1, 0));
                    break;
                case "FLAT" or "VMFS":
                    Add(new Piece(Length, line.Length, null, OpenPiece(files, line), line.FileOffset));
                    break;
                case "SPARSE":
                    var file = OpenPiece(files, line);
                    var sparse = new VmdkSparseExtent(files.Name, _files[file].Bytes);
                    Add(new Piece(Length, sparse.Capacity >= line.Length ? line.Length
                        : throw Fields.Damaged("a piece of a VMDK that is too short"), sparse, file, 0));
                    break;
                default:
                    throw new ImageProblemException($"It is a VMDK of a kind that is not read here: make an ordinary one with "
                        + $"{Remedies.Convert(files.Name, "vmdk")}, and use that.");
            }
        }

        if (_pieces.Count == 0)
        {
            throw Fields.Damaged("a VMDK that names no data");
        }
    }

    /// <summary>A descriptor is only text: it may name a piece beside itself, never a file elsewhere.</summary>
    private int OpenPiece(IImageFiles files, VmdkExtentLine line)
    {
        var name = line.File ?? throw Fields.Damaged("a piece of a VMDK without a name");
        if (name.Length is 0 or > 255 || name is "." or ".." || name.AsSpan().ContainsAny('/', '\\', '\0'))
        {
            throw new ImageProblemException($"It names data outside of its own folder, which is not followed: make one whole image "
                + $"with {Remedies.Convert(files.Name, "vmdk")}, and use that.");
        }

        var known = _files.FindIndex(f => f.Name == name);
        if (known > 0)
        {
            return known;
        }

        _files.Add(new ImageFile(name, files.Open(name) ?? throw new ImageProblemException($"A file that it is made of is not "
            + $"beside it: {Remedies.Shown(name)}. Put all its files into one folder.")));
        return _files.Count - 1;
    }

    private void Add(Piece piece)
    {
        if (piece.Length > 0)
        {
            _pieces.Add(piece.Start < 1L << 50 ? piece : throw Fields.Damaged("a VMDK of an impossible size"));
        }
    }

    /// <param name="Start">Of the disk.</param>
    /// <param name="Sparse">Null: flat, or zeros.</param>
    /// <param name="File">-1: zeros.</param>
    private sealed record Piece(long Start, long Length, VmdkSparseExtent? Sparse, int File, long FileOffset);
}
