using System;
using System.Collections.Generic;
using System.Collections.ObjectModel;
using HalfOpen.Driver.Pe;

namespace HalfOpen.Driver;

/// <summary>What a caller may choose about a patch.</summary>
public sealed class LimitPatchOptions
{
    /// <value>Whether a stored checksum that does not match the file is accepted, and put right. Default:
    /// false.</value>
    public bool AllowBadChecksum { get; set; }
}

/// <summary>Bytes that replace as many others at one place. Immutable and thread-safe.</summary>
public sealed class ByteEdit
{
    private readonly byte[] _before;
    private readonly byte[] _after;

    internal ByteEdit(string name, FileOffset offset, byte[] before, byte[] after)
    {
        Name = name;
        Offset = offset;
        _before = before;
        _after = after;
    }

    /// <value><c>limit</c> or <c>checksum</c>.</value>
    public string Name { get; }

    public FileOffset Offset { get; }

    /// <value>A copy of the bytes as they stand in the file.</value>
    public byte[] Before => (byte[])_before.Clone();

    /// <value>A copy of the bytes that will stand there.</value>
    public byte[] After => (byte[])_after.Clone();

    public int Length => _after.Length;

    internal void Write(byte[] bytes) => Array.Copy(_after, 0, bytes, Offset.Value, _after.Length);

    internal bool IsBeforeIn(byte[] bytes)
    {
        for (var i = 0; i < _before.Length; i++)
        {
            if (bytes[Offset.Value + i] != _before[i])
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>
/// A new limit for a driver, as a value over untouched bytes: either a refusal with its reason, or exactly two edits of
/// four bytes each, the limit and the checksum. Immutable and thread-safe.
/// </summary>
public sealed class LimitPatch
{
    /// <summary>The smallest usable limit. 0 makes every attempt queue for ever.</summary>
    public const uint MinLimit = 1;

    /// <summary>
    /// The largest usable limit: the driver compares as signed, so 0x80000000 and above are negative and make every
    /// attempt queue for ever.
    /// </summary>
    public const uint MaxLimit = 0x7FFF_FFFF;

    private readonly uint _sourceChecksum;

    private LimitPatch(DriverReport before, uint newLimit, PatchRefusal? refusal, IList<ByteEdit> edits, uint sourceChecksum)
    {
        Before = before;
        NewLimit = newLimit;
        Refusal = refusal;
        Edits = new ReadOnlyCollection<ByteEdit>(edits);
        _sourceChecksum = sourceChecksum;
    }

    /// <value>What the file was found to be.</value>
    public DriverReport Before { get; }

    public uint NewLimit { get; }

    /// <value>Why nothing may be written, or null.</value>
    public PatchRefusal? Refusal { get; }

    /// <value>The limit's edit, then the checksum's; none when refused.</value>
    public ReadOnlyCollection<ByteEdit> Edits { get; }

    /// <value>True when the file already holds this limit and a right checksum: applying changes nothing.</value>
    public bool ChangesNothing => Refusal == null && Before.Limit == NewLimit && Before.Checksum!.IsValid;

    /// <summary>Whether Windows can work with this limit: <see cref="MinLimit"/> to <see cref="MaxLimit"/>.</summary>
    public static bool IsUsable(uint limit) => limit is >= MinLimit and <= MaxLimit;

    /// <summary>
    /// Examines a driver and works out the edits that set its limit. The bytes are not changed and not kept.
    /// </summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="newLimit">Half-open attempts, <see cref="MinLimit"/> to <see cref="MaxLimit"/>; anything else is a
    /// refusal.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <exception cref="ArgumentNullException">There are no bytes at all.</exception>
    public static LimitPatch Plan(byte[] bytes, uint newLimit, LimitPatchOptions? options = null)
    {
        var report = DriverExaminer.Examine(bytes);
        var refusal = PatchRefusal.Find(report, newLimit, options ?? new LimitPatchOptions());
        if (refusal != null)
        {
            return new LimitPatch(report, newLimit, refusal, new List<ByteEdit>(), 0);
        }

        var copy = (byte[])bytes.Clone();
        var limit = Edit("limit", copy, report.Location!.FileOffset, newLimit);
        limit.Write(copy);
        var checksum = Edit("checksum", copy, report.Checksum!.Field, PeChecksum.Compute(copy, report.Checksum.Field.Value));
        return new LimitPatch(report, newLimit, null, new[] { limit, checksum }, report.Checksum.Computed);
    }

    /// <summary>
    /// Applies the edits to a copy and proves the result: nothing else differs, the new limit is found by evidence, the
    /// checksum is right.
    /// </summary>
    /// <param name="bytes">The bytes that the patch was planned for.</param>
    /// <exception cref="ArgumentException">These are other bytes.</exception>
    /// <exception cref="InvalidOperationException">The patch was refused, or the result failed its proof; then it must
    /// not be written.</exception>
    public byte[] Apply(byte[] bytes)
    {
        if (bytes == null)
        {
            throw new ArgumentNullException(nameof(bytes));
        }

        if (Refusal != null)
        {
            throw new InvalidOperationException("The patch was refused: " + Refusal.Message);
        }

        var isSource = bytes.Length == Before.Size && Edits[0].IsBeforeIn(bytes) && Edits[1].IsBeforeIn(bytes)
            && PeChecksum.Compute(bytes, Before.Checksum!.Field.Value) == _sourceChecksum;
        if (!isSource)
        {
            throw new ArgumentException("These are not the bytes that the patch was planned for.", nameof(bytes));
        }

        var result = (byte[])bytes.Clone();
        foreach (var edit in Edits)
        {
            edit.Write(result);
        }

        return Proves(bytes, result)
            ? result : throw new InvalidOperationException("The patched driver failed its proof and must not be written.");
    }

    private static ByteEdit Edit(string name, byte[] bytes, FileOffset offset, uint value)
    {
        var before = new byte[4];
        Array.Copy(bytes, offset.Value, before, 0, 4);
        return new ByteEdit(name, offset, before, Little.Bytes(value));
    }

    private bool Proves(byte[] original, byte[] result)
    {
        for (var i = 0; i < original.Length; i++)
        {
            if (original[i] != result[i] && !IsInside(i, Edits[0]) && !IsInside(i, Edits[1]))
            {
                return false;
            }
        }

        var after = DriverExaminer.Examine(result);
        return after.Status == DriverStatus.Found && after.Limit == NewLimit && after.Checksum!.IsValid
            && after.Location!.FileOffset == Edits[0].Offset;
    }

    private static bool IsInside(int position, ByteEdit edit) =>
        position >= edit.Offset.Value && position < edit.Offset.Value + edit.Length;
}
