using System;
using System.Collections.Generic;
using HalfOpen.Driver.Pe;

namespace HalfOpen.Driver.Locating;

/// <summary>What one pass over the code found, indexed by global. Every candidate is judged on this; the file is not scanned again.</summary>
internal sealed class CodeView
{
    private static readonly List<Comparison> NoComparisons = new List<Comparison>();

    /// <summary>Index of the first reference to each global; <see cref="_next"/> leads to the following ones. Far smaller than a list for each.</summary>
    private readonly Dictionary<uint, int> _first = new Dictionary<uint, int>();
    private readonly int[] _next;
    private readonly Dictionary<uint, List<Comparison>> _comparisons = new Dictionary<uint, List<Comparison>>();

    /// <summary>In ascending order, since comparisons are found in the order of the references.</summary>
    private readonly List<int> _comparedOperands = new List<int>();

    private readonly Dictionary<uint, AtomicChanges> _changes = new Dictionary<uint, AtomicChanges>();
    private Relocations? _relocations;

    public CodeView(PeImage image)
    {
        Image = image;
        References = ReferenceScanner.Scan(image);
        _next = new int[References.Count];
        for (var i = References.Count - 1; i >= 0; i--)
        {
            var target = References[i].Target;
            _next[i] = _first.TryGetValue(target, out var following) ? following : -1;
            _first[target] = i;
        }

        foreach (var comparison in Comparison.FindAll(image, References))
        {
            _comparedOperands.Add(comparison.Compare.Operand);
            if (!IsInit(comparison.Section) && comparison.Load.Target != comparison.Compare.Target)
            {
                Add(_comparisons, comparison.Load.Target, comparison);
                Add(_comparisons, comparison.Compare.Target, comparison);
            }
        }
    }

    public PeImage Image { get; }

    /// <summary>In ascending order of their operand.</summary>
    public List<CodeReference> References { get; }

    public Relocations Relocations => _relocations ??= Relocations.Read(Image);

    /// <summary>Evidence 1 asks for this section; the rest of it means the same one.</summary>
    public static bool IsInit(PeSection section) =>
        section.IsExecutable && section.IsDiscardable && string.Equals(section.Name, "INIT", StringComparison.Ordinal);

    /// <summary>In ascending order of their operand.</summary>
    public IEnumerable<CodeReference> ReferencesTo(uint target)
    {
        for (var i = _first.TryGetValue(target, out var first) ? first : -1; i >= 0; i = _next[i])
        {
            yield return References[i];
        }
    }

    /// <summary>The comparisons outside INIT that have this global on one side.</summary>
    public List<Comparison> ComparisonsWith(uint target) => _comparisons.TryGetValue(target, out var list) ? list : NoComparisons;

    /// <summary>Worked out once a counter, however many candidates share it.</summary>
    public AtomicChanges ChangesOf(uint counter)
    {
        if (!_changes.TryGetValue(counter, out var changes))
        {
            _changes[counter] = changes = AtomicChanges.Of(this, counter);
        }

        return changes;
    }

    /// <summary>Whether a compare instruction is the second half of a comparison of two globals.</summary>
    public bool IsPartOfComparison(CodeReference compare) => _comparedOperands.BinarySearch(compare.Operand) >= 0;

    /// <summary>Index of the first reference whose operand stands at this file offset or after it.</summary>
    public int FirstReferenceFrom(int fileOffset)
    {
        int low = 0, high = References.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (References[middle].Operand < fileOffset)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <summary>Counts an immediate in the executable sections.</summary>
    public int CountInCode(uint value)
    {
        var pattern = Little.Bytes(value);
        var count = 0;
        foreach (var section in Image.Sections)
        {
            if (!section.IsExecutable)
            {
                continue;
            }

            var at = section.FileOffset;
            while (at <= section.FileEnd - 4 && (at = Array.IndexOf(Image.Bytes, pattern[0], at, section.FileEnd - 3 - at)) >= 0)
            {
                count += Little.U32(Image.Bytes, at) == value ? 1 : 0;
                at++;
            }
        }

        return count;
    }

    public string Place(PeSection section, int fileOffset) => Image.VirtualAddressOf(section.RvaOf(fileOffset)).ToString();

    public string Name(uint rva) => Image.VirtualAddressOf(rva).ToString();

    private static void Add<T>(Dictionary<uint, List<T>> lists, uint key, T item)
    {
        if (!lists.TryGetValue(key, out var list))
        {
            lists[key] = list = new List<T>();
        }

        list.Add(item);
    }
}
