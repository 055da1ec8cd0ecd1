using System.Collections.Generic;

namespace HalfOpen.Driver.Locating;

/// <summary>
/// One global T that INIT stores an immediate into, judged by evidence 3 to 8. Each evidence is judged for itself as far as the ones before it leave
/// something to judge, so that a miss names exactly what is missing.
/// </summary>
internal sealed class Candidate
{
    private const int MinComparisons = 2;
    private const int MinAtomicChanges = 3;

    private readonly CodeView _view;
    private readonly List<Comparison> _comparisons = new List<Comparison>();
    private AtomicChanges? _changes;
    private List<CodeReference>? _pendingTests;

    private Candidate(CodeView view, CodeReference store)
    {
        _view = view;
        Store = store;
    }

    public CodeReference Store { get; }

    public uint Threshold => Store.Target;

    public uint? Counter { get; private set; }

    public uint? Pending { get; private set; }

    /// <summary>Evidence 3 to 8.</summary>
    public List<Evidence> Evidence { get; } = new List<Evidence>();

    /// <summary>T is stored more than once, but only in INIT.</summary>
    public bool HasSecondInitStore { get; private set; }

    public int Held { get; private set; }

    public bool IsComplete => Held == Evidence.Count;

    /// <summary>Everything holds but that INIT stores T more than once: which store counts, nobody can say.</summary>
    public bool IsCompleteButForSecondStore => HasSecondInitStore && Held == Evidence.Count - 1;

    public static Candidate Judge(CodeView view, CodeReference store)
    {
        var candidate = new Candidate(view, store);
        candidate.ChooseCounter();
        var comparisons = candidate.JudgeComparisons();
        var atomic = candidate.JudgeAtomicCounter();
        var pending = candidate.JudgePending();
        candidate.Add(candidate.JudgeRelocations());
        candidate.Add(comparisons);
        candidate.Add(atomic);
        candidate.Add(candidate.JudgeWriters());
        candidate.Add(pending);
        candidate.Add(candidate.JudgeDrainBound());
        return candidate;
    }

    private void Add(Evidence evidence)
    {
        Evidence.Add(evidence);
        Held += evidence.Holds == true ? 1 : 0;
    }

    private static Evidence Item(int number, bool? holds, string detail) => new Evidence(number, EvidenceNames.All[number - 1], holds, detail);

    /// <summary>C is the global that T is compared with most often; when two are equal, the one with more atomic changes.</summary>
    private void ChooseCounter()
    {
        var counts = new Dictionary<uint, int>();
        foreach (var comparison in _view.ComparisonsWith(Threshold))
        {
            if (comparison.PartnerOf(Threshold) is { } partner)
            {
                // One that branches on equality or not at all decides nothing about the limit.
                if (comparison.Branch != Branch.Other)
                {
                    _comparisons.Add(comparison);
                }

                counts.TryGetValue(partner, out var count);
                counts[partner] = count + 1;
            }
        }

        foreach (var pair in counts)
        {
            if (Counter is not { } best || pair.Value > counts[best]
                || (pair.Value == counts[best] && _view.ChangesOf(pair.Key).Total > _view.ChangesOf(best).Total))
            {
                Counter = pair.Key;
            }
        }
    }

    private Evidence JudgeComparisons()
    {
        if (Counter is not { } counter)
        {
            return Item(4, false, "nothing outside INIT compares " + _view.Name(Threshold) + " with another global");
        }

        var signed = new List<string>();
        foreach (var comparison in _comparisons)
        {
            var place = _view.Place(comparison.Section, comparison.Load.Start);
            if (comparison.Branch == Branch.Unsigned)
            {
                return Item(4, false, "the comparison at " + place + " is followed by an unsigned jump");
            }

            if (comparison.Branch == Branch.Signed && comparison.PartnerOf(Threshold) != counter)
            {
                return Item(4, false, "the comparison at " + place + " is with another global than " + _view.Name(counter));
            }

            if (comparison.Branch == Branch.Signed)
            {
                signed.Add(place);
            }
        }

        return signed.Count >= MinComparisons
            ? Item(4, true, "compared with " + _view.Name(counter) + " and branched signed at " + string.Join(", ", signed.ToArray()))
            : Item(4, false, "only " + signed.Count + " of the " + MinComparisons + " comparisons with a signed jump that are needed");
    }

    private Evidence JudgeAtomicCounter()
    {
        if (Counter is not { } counter)
        {
            return Item(5, null, "not examined: no counter is known");
        }

        _changes = _view.ChangesOf(counter);
        var seen = _view.Name(counter) + " is changed atomically at " + _changes.Total + " places: " + _changes.Increments + " increments, " + _changes.Decrements
            + " decrements" + (_changes.Undetermined > 0 ? ", " + _changes.Undetermined + " of unknown sign" : "");
        return _changes.Total >= MinAtomicChanges && _changes.CanBeBothWays
            ? Item(5, true, seen)
            : Item(5, false, seen + "; needed are " + MinAtomicChanges + ", of both kinds");
    }

    private Evidence JudgePending()
    {
        if (Counter is not { } counter)
        {
            return Item(7, null, "not examined: no counter is known");
        }

        _pendingTests = NearbyTests.PendingTests(_view, _comparisons, Threshold, counter);
        var names = new List<string>();
        var seen = new Seen<uint>();
        foreach (var test in _pendingTests)
        {
            if (seen.Add(test.Target))
            {
                names.Add(_view.Name(test.Target));
            }
        }

        if (names.Count == 1)
        {
            Pending = _pendingTests[0].Target;
            return Item(7, true, names[0] + " is tested beside a comparison");
        }

        return Item(7, false, names.Count == 0 ? "no global is tested beside a comparison" : "several globals are tested beside the comparisons: " + string.Join(", ", names.ToArray()));
    }

    private Evidence JudgeRelocations()
    {
        var immediate = Store.Operand + 4;
        if (_view.Relocations.TouchesFourBytesAt(Store.Section.RvaOf(immediate)))
        {
            return Item(3, false, "a relocation covers the immediate at " + _view.Place(Store.Section, immediate) + ": it is an address, not a number");
        }

        if (_view.Image.Architecture == DriverArchitecture.X64)
        {
            return Item(3, true, "x64: the operands are relative, no relocation covers the immediate");
        }

        var operands = new List<CodeReference> { Store };
        foreach (var comparison in _comparisons)
        {
            operands.Add(comparison.Load);
            operands.Add(comparison.Compare);
        }

        operands.AddRange(_changes?.References ?? new List<CodeReference>());
        operands.AddRange(_pendingTests ?? new List<CodeReference>());
        foreach (var operand in operands)
        {
            if (!_view.Relocations.IsHighLow(operand.Section.RvaOf(operand.Operand)))
            {
                return Item(3, false, "no relocation covers the address at " + _view.Place(operand.Section, operand.Operand)
                    + (_view.Relocations.Problem is { } problem ? " (" + problem + ")" : ""));
            }
        }

        return Item(3, true, operands.Count + " absolute operands are relocated, the immediate is not");
    }

    private Evidence JudgeWriters()
    {
        var inInit = new List<string>();
        foreach (var reference in _view.ReferencesTo(Threshold))
        {
            if (reference.IsWrite && !CodeView.IsInit(reference.Section))
            {
                return Item(6, false, _view.Name(Threshold) + " is also written outside INIT, at " + _view.Place(reference.Section, reference.Start));
            }

            if (reference.IsWrite)
            {
                inInit.Add(_view.Place(reference.Section, reference.Start));
            }
        }

        if (Counter is { } counter)
        {
            foreach (var reference in _view.ReferencesTo(counter))
            {
                if (reference.IsPlainWrite)
                {
                    return Item(6, false, _view.Name(counter) + " is written without a lock at " + _view.Place(reference.Section, reference.Start));
                }
            }
        }

        HasSecondInitStore = inInit.Count > 1;
        return HasSecondInitStore ? Item(6, false, "INIT stores to " + _view.Name(Threshold) + " more than once: " + string.Join(", ", inInit.ToArray()))
            : Counter == null ? Item(6, null, "not examined: no counter is known")
            : Item(6, true, _view.Name(Threshold) + " is stored once, " + _view.Name(Counter.Value) + " is never written without a lock");
    }

    private Evidence JudgeDrainBound()
    {
        if (Counter == null)
        {
            return Item(8, null, "not examined: no counter is known");
        }

        foreach (var comparison in _comparisons)
        {
            var bound = NearbyTests.FindDrainBound(_view.Image, comparison);
            if (bound >= 0)
            {
                return Item(8, true, "a register is compared with 20 at " + _view.Place(comparison.Section, bound));
            }
        }

        return Item(8, false, "no register is compared with 20 and branched unsigned within 32 bytes after a comparison");
    }
}
