using HalfOpen.Windows.Lifting;

namespace HalfOpen.Windows.Images;

/// <summary>What is known of one driver that is to be changed or was: a line of the journal that may not be written
/// yet.</summary>
internal sealed class DriverRecord
{
    /// <value>Set while a patch is being prepared; afterwards the original follows from the file and the edits.</value>
    public byte[]? Original { get; set; }

    public BackupManifest? Manifest { get; set; }

    /// <value>Empty: not staged yet.</value>
    public IReadOnlyList<JournalEdit> Edits { get; set; } = [];

    public long Size { get; set; }

    /// <summary>The original, from a file of the same build whatever its limit; null when the file is another
    /// one.</summary>
    public byte[]? OriginalFrom(byte[] file)
    {
        if (Original is not null)
        {
            return Original;
        }

        if (file.Length != Size || Manifest is null)
        {
            return null;
        }

        var bytes = (byte[])file.Clone();
        foreach (var edit in Edits)
        {
            edit.OriginalBytes.CopyTo(bytes, edit.Offset);
        }

        return BackupState.Hash(bytes) == Manifest.OriginalSha256 ? bytes : null;
    }

    /// <summary>Whether a file is neither original nor patched, and each of its bytes is of the one or the other: a run
    /// was cut short.</summary>
    public bool IsCutShort(byte[] file) =>
        Manifest is not null && Edits.Count > 0 && file.Length == Size
        && BackupState.Hash(file) is var hash && hash != Manifest.OriginalSha256 && hash != Manifest.PatchedSha256
            && hash != Manifest.PreviousSha256
        && Edits.All(e => e.Explains(file.AsSpan((int)e.Offset, JournalEdit.Length)));
}
