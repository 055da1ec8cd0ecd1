using System.Collections.Generic;
using HalfOpen.Driver.Pe;

namespace HalfOpen.Driver.Locating;

/// <summary>Puts the nine pieces of evidence together for one file. What each means and why it is asked for: docs/concepts/how-the-locator-works.md.</summary>
internal sealed class LimitLocator
{
    /// <summary>The identifier of event 4226 with severity "warning" and facility 0, as the driver writes it.</summary>
    private const uint EventIdentifier = 0x8000_1082;

    /// <summary>Genuine drivers have a handful. More can only be meant to keep us busy: judging is linear in the references for each candidate.</summary>
    private const int MaxCandidates = 256;

    private readonly PeImage _image;
    private readonly bool _isTcpip6;
    private readonly List<Evidence> _evidence = new List<Evidence>();

    private LimitLocator(PeImage image, bool isTcpip6)
    {
        _image = image;
        _isTcpip6 = isTcpip6;
    }

    public DriverStatus Status { get; private set; } = DriverStatus.NotFound;

    public List<Evidence> Evidence => _evidence;

    /// <summary>The store that was found, or the likeliest of those that failed, or null.</summary>
    public Candidate? Best { get; private set; }

    /// <param name="isTcpip6">The version resource's InternalName says so; nothing else waives evidence 9.</param>
    public static LimitLocator Locate(PeImage image, bool isTcpip6)
    {
        var locator = new LimitLocator(image, isTcpip6);
        locator.Run();
        return locator;
    }

    private void Run()
    {
        var problem = MissingForEvidence1();
        Add(1, problem == null, problem ?? "native " + (_image.Architecture == DriverArchitecture.X86 ? "i386" : "amd64") + " image with an executable, discardable section INIT");
        if (problem != null)
        {
            NotExamined(2, 9, "not examined: evidence 1 is missing");
            return;
        }

        var view = new CodeView(_image);
        var stores = FindStores(view);
        Add(2, stores.Count > 0, stores.Count == 0 ? "INIT stores no immediate into a global of a writable section that stays" : "INIT stores immediates into " + stores.Count + " globals");
        var eventCount = view.CountInCode(EventIdentifier);
        if (stores.Count == 0)
        {
            NotExamined(3, 8, "not examined: evidence 2 is missing");
            AddEvent(eventCount);
            return;
        }

        var interesting = Interesting(view, stores);
        if (interesting.Count > MaxCandidates)
        {
            _evidence[1] = new Evidence(2, EvidenceNames.ThresholdStore, false, interesting.Count + " globals are stored in INIT and compared: more than a driver has");
            NotExamined(3, 8, "not examined: evidence 2 is missing");
            AddEvent(eventCount);
            return;
        }

        var complete = 0;
        var doubtful = 0;
        foreach (var store in interesting)
        {
            var candidate = Candidate.Judge(view, store);
            complete += candidate.IsComplete ? 1 : 0;
            doubtful += candidate.IsCompleteButForSecondStore ? 1 : 0;
            if (Best == null || candidate.Held > Best.Held)
            {
                Best = candidate;
            }
        }

        var best = Best!;
        if (best.Counter != null)
        {
            _evidence[1] = new Evidence(2, EvidenceNames.ThresholdStore, true, "INIT stores " + Little.U32(_image.Bytes, best.Store.Operand + 4)
                + " into " + view.Name(best.Threshold) + " at " + view.Place(best.Store.Section, best.Store.Start));
        }

        _evidence.AddRange(best.Evidence);
        AddEvent(eventCount);
        var eventHolds = _evidence[8].Holds == true;
        Status = eventHolds && complete + doubtful > 1 || eventHolds && doubtful == 1 ? DriverStatus.Ambiguous
            : eventHolds && complete == 1 ? DriverStatus.Found
            : DriverStatus.NotFound;
    }

    private string? MissingForEvidence1()
    {
        if (_image.Architecture == DriverArchitecture.Other)
        {
            return "built for neither i386 nor amd64";
        }

        if (_image.Subsystem != PeImage.SubsystemNative)
        {
            return "not a driver: the subsystem is " + _image.Subsystem + ", not native";
        }

        foreach (var section in _image.Sections)
        {
            if (CodeView.IsInit(section))
            {
                return null;
            }
        }

        return "no executable, discardable section INIT";
    }

    /// <summary>The first store of an immediate into each global that qualifies as T.</summary>
    private static List<CodeReference> FindStores(CodeView view)
    {
        var stores = new List<CodeReference>();
        var seen = new Seen<uint>();
        foreach (var reference in view.References)
        {
            if (reference.Access == Access.StoreImmediate && CodeView.IsInit(reference.Section) && reference.Target % 4 == 0
                && view.Image.SectionAt(reference.Target, 4) is { IsWritable: true, IsDiscardable: false } && seen.Add(reference.Target))
            {
                stores.Add(reference);
            }
        }

        return stores;
    }

    /// <summary>The stores into globals that are compared with another global; when there is none, the first store, to say what it lacks.</summary>
    private static List<CodeReference> Interesting(CodeView view, List<CodeReference> stores)
    {
        var compared = stores.FindAll(store => view.ComparisonsWith(store.Target).Count > 0);
        return compared.Count > 0 ? compared : stores.GetRange(0, 1);
    }

    private void AddEvent(int count)
    {
        if (_isTcpip6)
        {
            Add(9, true, "waived: tcpip6.sys logs no event");
            return;
        }

        Add(9, count == 1, count == 1 ? "the code names event 4226 once" : "the code names event 4226 " + (count == 0 ? "nowhere" : count + " times"));
    }

    private void NotExamined(int from, int to, string detail)
    {
        for (var number = from; number <= to; number++)
        {
            Add(number, null, detail);
        }
    }

    private void Add(int number, bool? holds, string detail) => _evidence.Add(new Evidence(number, EvidenceNames.All[number - 1], holds, detail));
}
