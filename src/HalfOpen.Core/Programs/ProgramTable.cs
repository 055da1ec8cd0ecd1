using System.Globalization;
using HalfOpen.Core.Programs;

namespace HalfOpen.Core;

/// <summary>
/// The programs an engine knows. Bounded: at <see cref="EngineOptions.MaxPrograms"/> the place of a program without
/// attempts is used again, the longest unused of a few looked at. Not thread-safe, like its engine.
/// </summary>
public sealed class ProgramTable
{
    private readonly Dictionary<string, int> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _bySpan;
    private readonly Dictionary<ulong, int> _byNumber = [];
    private readonly OwnerRows _owners = new();
    private readonly int _capacity;
    private Row[] _rows = new Row[16];
    private int _hand;
    private long _useClock;

    internal ProgramTable(int capacity)
    {
        _capacity = capacity;
        _bySpan = _byName.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    private struct Row
    {
        public string? Name;
        public ulong Number;
        public uint Key;
        public int Owner;
        public int Generation;
        public int Attempts;
        public int Weight;
        public bool Denied;
        public long LastUse;
    }

    /// <summary>How many places are in use or were; indexes are below it.</summary>
    public int Count { get; private set; }

    /// <summary>Called with an index whose program is forgotten and whose place a new one takes.</summary>
    internal Action<int>? Recycled { get; set; }

    /// <summary>Called with the index of an owner whose last program was forgotten.</summary>
    internal Action<int>? OwnerRecycled { get; set; }

    /// <summary>
    /// The program of that name; known from now on. Its 32-bit key is FNV-1a of the UTF-16 code units.
    /// </summary>
    public ProgramId Intern(string name) => _byName.TryGetValue(name, out var index) ? Use(index) : AddNamed(name, null);

    /// <inheritdoc cref="Intern(string)"/>
    public ProgramId Intern(ReadOnlySpan<char> name) =>
        _bySpan.TryGetValue(name, out var index) ? Use(index) : AddNamed(name.ToString(), null);

    /// <summary>
    /// The program of that name, one of this owner's if it was not known yet. A name is one program's: a host makes the
    /// names of different owners' programs differ. Policy <c>fair</c> shares slots first between owners, then between
    /// the programs of one; a program that was interned without an owner is one by itself.
    /// </summary>
    /// <exception cref="ArgumentException">The owner is not known (any more): intern it again.</exception>
    public ProgramId Intern(ReadOnlySpan<char> name, OwnerId owner)
    {
        var checkedOwner = _owners.Check(owner);
        return _bySpan.TryGetValue(name, out var index) ? Use(index) : AddNamed(name.ToString(), checkedOwner);
    }

    /// <summary>
    /// The owner of that name; known while a program of it is, see <see cref="Intern(ReadOnlySpan{char}, OwnerId)"/>:
    /// hosts intern both together.
    /// </summary>
    public OwnerId InternOwner(ReadOnlySpan<char> name) => _owners.Intern(name);

    /// <summary>As interning its name again: it is used now.</summary>
    /// <returns>False where it was forgotten: intern it.</returns>
    public bool TryUse(ProgramId program)
    {
        if ((uint)program.Index >= (uint)Count || _rows[program.Index].Generation != program.Generation)
        {
            return false;
        }

        Use(program.Index);
        return true;
    }

    /// <summary>What its owner was interned as; null: it is one by itself.</summary>
    public string? OwnerName(ProgramId program) => _owners.Name(_rows[Check(program)].Owner);

    /// <summary>
    /// The program of that number (a process object's address, a cgroup id); its 32-bit key is the low half.
    /// </summary>
    public ProgramId Intern(ulong number)
    {
        if (_byNumber.TryGetValue(number, out var index))
        {
            return Use(index);
        }

        index = Take(null);
        _byNumber.Add(number, index);
        _rows[index].Number = number;
        _rows[index].Key = unchecked((uint)number);
        return Use(index);
    }

    /// <summary>What it was interned as; numbers as 0x... .</summary>
    public string Name(ProgramId program) => Name(Check(program));

    /// <summary>
    /// How many slots it may hold compared to others: 1 to 1,000; default 1. Policy <c>fair</c> only; nobody needs to
    /// set it.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside the range.</exception>
    public void SetWeight(ProgramId program, int weight)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(weight, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(weight, 1000);
        _rows[Check(program)].Weight = weight;
    }

    /// <summary>Attempts that a denied program submits from now on are rejected.</summary>
    public void SetDenied(ProgramId program, bool denied) => _rows[Check(program)].Denied = denied;

    internal string Name(int index) => _rows[index].Name ?? "0x" + _rows[index].Number.ToString("x8", CultureInfo.InvariantCulture);

    internal bool IsLive(int index) => _rows[index].LastUse != 0;

    internal uint Key(int index) => _rows[index].Key;

    internal int Weight(int index) => _rows[index].Weight;

    internal int Owner(int index) => _rows[index].Owner;

    /// <summary>Null: the program is its own owner.</summary>
    internal string? OwnerName(int index) => _owners.Name(_rows[index].Owner);

    internal bool IsDenied(int index) => _rows[index].Denied;

    internal ProgramId IdOf(int index) => new(index, _rows[index].Generation);

    /// <exception cref="ArgumentException">The handle is of another engine, or its program was forgotten.</exception>
    internal int Check(ProgramId program)
    {
        if ((uint)program.Index >= (uint)Count || _rows[program.Index].Generation != program.Generation)
        {
            throw new ArgumentException("This program is not known to this engine (any more): intern it again.", nameof(program));
        }

        return program.Index;
    }

    internal void Pin(int index) => _rows[index].Attempts++;

    internal void Unpin(int index) => _rows[index].Attempts--;

    /// <summary>FNV-1a, 32 bit (RFC 9923), over UTF-16 code units, low byte first.</summary>
    internal static uint Fnv1a(ReadOnlySpan<char> text)
    {
        unchecked
        {
            var hash = 2166136261u;
            foreach (var unit in text)
            {
                hash = (hash ^ (byte)unit) * 16777619u;
                hash = (hash ^ (byte)(unit >> 8)) * 16777619u;
            }

            return hash;
        }
    }

    private ProgramId Use(int index)
    {
        _rows[index].LastUse = ++_useClock;
        return new ProgramId(index, _rows[index].Generation);
    }

    private ProgramId AddNamed(string name, int? owner)
    {
        var index = Take(owner);
        _byName.Add(name, index);
        _rows[index].Name = name;
        _rows[index].Key = Fnv1a(name);
        return Use(index);
    }

    private int Take(int? owner)
    {
        // Before another is forgotten for it: it may be the last of the same owner.
        if (owner is { } named)
        {
            _owners.ProgramAdded(named);
        }

        var index = Count >= _capacity ? Recycle() : -1;
        if (index < 0)
        {
            if (Count == _rows.Length)
            {
                Array.Resize(ref _rows, _rows.Length * 2);
            }

            index = Count++;
        }

        if (owner is null)
        {
            owner = _owners.AddNameless();
            _owners.ProgramAdded(owner.Value);
        }

        _rows[index] = new Row { Generation = _rows[index].Generation + 1, Weight = 1, Owner = owner.Value };
        return index;
    }

    /// <summary>
    /// Looks at up to 64 places from a moving hand; all busy: the table grows rather than forget attempts.
    /// </summary>
    private int Recycle()
    {
        var best = -1;
        for (var i = 0; i < Math.Min(64, Count); i++)
        {
            _hand = _hand + 1 >= Count ? 0 : _hand + 1;
            if (_rows[_hand].Attempts == 0 && (best < 0 || _rows[_hand].LastUse < _rows[best].LastUse))
            {
                best = _hand;
            }
        }

        if (best < 0)
        {
            return -1;
        }

        if (_rows[best].Name is { } name)
        {
            _byName.Remove(name);
        }
        else
        {
            _byNumber.Remove(_rows[best].Number);
        }

        Recycled?.Invoke(best);
        if (_owners.ProgramForgotten(_rows[best].Owner))
        {
            OwnerRecycled?.Invoke(_rows[best].Owner);
        }

        return best;
    }
}
