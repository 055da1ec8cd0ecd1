using HalfOpen.Images.Containers;
using HalfOpen.Windows.Files;
using HalfOpen.Windows.Lifting;

namespace HalfOpen.Windows.Images;

/// <summary>Four bytes of a driver in waiting.</summary>
/// <param name="Before">As they are in the image.</param>
internal sealed record StagedEdit(long Offset, byte[] Original, byte[] Before, byte[] After, IReadOnlyList<FilePlace> Places)
{
    public JournalEdit ToJournal(IReadOnlyList<ImageFile> files) => new()
    {
        Offset = Offset,
        Original = Convert.ToHexStringLower(Original),
        Before = Convert.ToHexStringLower(Before),
        After = Convert.ToHexStringLower(After),
        Places = [.. Places.Select(p => new JournalPlace(files[p.File].Name, p.Offset, p.Length))],
    };
}

/// <content>What waits to be written: a line of the journal, or a driver's bytes.</content>
public sealed partial class ImageFileStore
{
    /// <summary>A backup or a manifest: kept in memory until the first driver is committed, since the journal is one
    /// file for all.</summary>
    private sealed class StagedRecord(ImageFileStore store, string path, string inner, byte[]? original, BackupManifest? manifest)
        : IStagedFile
    {
        private BackupManifest? _previous;
        private bool _isCommitted;

        public string Path => path;

        public void Commit()
        {
            _isCommitted = true;
            if (original is not null)
            {
                // A record that was there already is of another build: the driver was replaced since, and it is of no
                // more use.
                store._records[inner] = new DriverRecord { Original = original, Size = original.Length };
            }
            else if (store._records.TryGetValue(inner, out var record))
            {
                _previous = record.Manifest;
                record.Manifest = manifest;
            }
        }

        public void TakeBack()
        {
            if (!_isCommitted)
            {
                return;
            }

            _isCommitted = false;
            if (original is not null)
            {
                store._records.Remove(inner);
            }
            else if (store._records.TryGetValue(inner, out var record))
            {
                record.Manifest = _previous;
            }

            if (store._isJournalOnDisk)
            {
                store.SaveJournal();
            }
        }

        public void Dispose()
        {
        }
    }

    private sealed class StagedDriver : IStagedFile
    {
        private readonly ImageFileStore _store;
        private readonly string _inner;
        private readonly List<StagedEdit> _edits;
        private readonly string _sha256;
        private readonly bool _isExplained;
        private bool _hasBegun;

        public StagedDriver(ImageFileStore store, string path, string inner, List<StagedEdit> edits, string sha256)
        {
            (_store, Path, _inner, _edits, _sha256) = (store, path, inner, edits, sha256);
            _isExplained = store.IsExplained(inner, edits);
            if (!_isExplained)
            {
                // All drivers are staged before the first is committed: the journal that is then written holds them
                // all.
                store._records[inner].Edits = [.. edits.Select(e => e.ToJournal(store._image.Disk.Files))];
                store._isJournalCurrent = false;
            }
        }

        public string Path { get; }

        public void Commit() => Try(Path, () =>
        {
            if (!_store._isJournalCurrent)
            {
                _store.SaveJournal();
                _store._isJournalCurrent = true;
            }

            _hasBegun = true;
            _store.WriteInPlace(Path, _edits, e => e.After, _sha256);
            return 0;
        });

        public void TakeBack() => Try(Path, () =>
        {
            if (_hasBegun)
            {
                _hasBegun = false;
                _store.WriteInPlace(Path, _edits, e => e.Before, null);
            }

            return 0;
        });

        public void Dispose()
        {
        }
    }
}
