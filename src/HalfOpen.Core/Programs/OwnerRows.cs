namespace HalfOpen.Core.Programs;

/// <summary>
/// Owners of programs. A program without an owner is one by itself, without a name. Bounded by the programs: an owner
/// goes with its last one.
/// </summary>
internal sealed class OwnerRows
{
    private readonly Dictionary<string, int> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _bySpan;
    private OwnerRow[] _rows = new OwnerRow[16];
    private int _free = -1;
    private int _empty = -1; // named, and waits for its first program

    public OwnerRows() => _bySpan = _byName.GetAlternateLookup<ReadOnlySpan<char>>();

    private struct OwnerRow
    {
        public string? Name;
        public int Programs;
        public int Generation;
        public int NextFree;
    }

    /// <summary>Indexes are below it; not all are in use.</summary>
    public int Count { get; private set; }

    /// <summary>The owner of that name. One without a program yet is forgotten when the next such one comes.</summary>
    public OwnerId Intern(ReadOnlySpan<char> name)
    {
        if (!_bySpan.TryGetValue(name, out var index))
        {
            if (_empty >= 0 && _rows[_empty] is { Programs: 0, Name: not null })
            {
                Free(_empty);
            }

            index = Take();
            _empty = index;
            _rows[index].Name = name.ToString();
            _byName.Add(_rows[index].Name!, index);
        }

        return new OwnerId(index, _rows[index].Generation);
    }

    /// <summary>Null: a program that is its own owner.</summary>
    public string? Name(int index) => _rows[index].Name;

    /// <exception cref="ArgumentException">The handle is of another engine, or its owner was forgotten.</exception>
    public int Check(OwnerId owner)
    {
        if ((uint)owner.Index >= (uint)Count || _rows[owner.Index].Generation != owner.Generation || _rows[owner.Index].Name is null)
        {
            throw new ArgumentException("This owner is not known to this engine (any more): intern it again.", nameof(owner));
        }

        return owner.Index;
    }

    /// <summary>For a program that is its own owner.</summary>
    public int AddNameless() => Take();

    public void ProgramAdded(int index) => _rows[index].Programs++;

    /// <returns>True: it was the last, the owner is forgotten and its place may be used again.</returns>
    public bool ProgramForgotten(int index)
    {
        if (--_rows[index].Programs > 0)
        {
            return false;
        }

        Free(index);
        return true;
    }

    private int Take()
    {
        var index = _free;
        if (index >= 0)
        {
            _free = _rows[index].NextFree;
        }
        else
        {
            if (Count == _rows.Length)
            {
                Array.Resize(ref _rows, _rows.Length * 2);
            }

            index = Count++;
        }

        _rows[index] = new OwnerRow { Generation = unchecked(_rows[index].Generation + 1) };
        return index;
    }

    private void Free(int index)
    {
        if (_rows[index].Name is { } name)
        {
            _byName.Remove(name);
        }

        _rows[index] = new OwnerRow { Generation = _rows[index].Generation, NextFree = _free };
        _free = index;
    }
}
