using HalfOpen.Driver;

namespace HalfOpen.TestDrivers;

/// <summary>Decides where everything stands, then fills in the addresses.</summary>
internal sealed class DriverLayout
{
    private readonly SyntheticDriverOptions _options;
    private readonly Random _random;
    private readonly bool _isFlat;
    private readonly int _sectionAlignment;
    private readonly int _fileAlignment;
    private readonly SectionPlan _text = new(".text", SectionPlan.Code);
    private readonly SectionPlan _data = new(".data", SectionPlan.Data);
    private readonly SectionPlan _init = new("INIT", SectionPlan.InitCode);
    private readonly SectionPlan _resources = new(".rsrc", SectionPlan.Discardable);
    private readonly SectionPlan _relocations = new(".reloc", SectionPlan.Discardable);
    private readonly CodeBuffer _textCode;
    private readonly CodeBuffer _initCode;
    private readonly List<(Global Global, int Offset)> _globals = [];
    private readonly int _peHeader;
    private int _storeOffset;

    public DriverLayout(SyntheticDriverOptions options, Random random, bool isFlat)
    {
        _options = options;
        _random = random;
        _isFlat = isFlat;
        _sectionAlignment = isFlat ? 0x80 : 0x1000;
        _fileAlignment = isFlat ? 0x80 : 0x200;
        _textCode = new CodeBuffer(options.Architecture);
        _initCode = new CodeBuffer(options.Architecture);
        _peHeader = options.Pinned?.PeHeaderOffset ?? (0x40 + (random.Next(0, 32) * 8));
    }

    public uint ImageBase => 0x10000;

    public int StoreFileOffset { get; private set; }

    public uint StoreRva { get; private set; }

    private bool IsX64 => _options.Architecture == DriverArchitecture.X64;

    /// <summary>
    /// The limiter's globals stand in the zero-filled tail where the layout has one; all are 4-aligned.
    /// </summary>
    public void PlaceGlobals(List<Global> limiter, List<Global> others)
    {
        var initialised = 4 * _random.Next(20, 100);
        var slots = Enumerable.Range(0, Math.Max(100, limiter.Count + others.Count)).OrderBy(_ => _random.Next()).ToList();
        var all = limiter.Concat(others).ToList();
        for (var i = 0; i < all.Count; i++)
        {
            var offset = initialised + (slots[i] * 4);
            if (_options.Decoy == Decoy.ThresholdMisaligned && i == 0)
            {
                offset = initialised + (slots.Count * 4) + _random.Next(1, 4);
            }

            _globals.Add((all[i], offset));
        }

        _data.Content = new byte[initialised];
        _random.NextBytes(_data.Content);
        _data.ZeroTail = _options.Pinned is null ? (slots.Count + 2) * 4 : 0x800;
        if (_isFlat)
        {
            // File offset equals RVA everywhere: the tail has its bytes in the file.
            _data.Content = [.. _data.Content, .. new byte[_data.ZeroTail]];
            _data.ZeroTail = 0;
        }

        _data.Characteristics = _options.Decoy switch
        {
            Decoy.ThresholdInReadOnlySection => SectionPlan.ReadOnlyData,
            Decoy.ThresholdInDiscardableSection => SectionPlan.DiscardableData,
            _ => SectionPlan.Data,
        };
    }

    /// <summary>Shuffles the limiter's functions among filler.</summary>
    public void PlaceCode(List<CodeBuffer> functions, List<Global> others)
    {
        var fillers = new List<CodeBuffer>();
        var length = functions.Sum(f => f.Length);
        while (length < _options.CodeSize || fillers.Count < functions.Count)
        {
            var filler = FillerCode.Function(_options.Architecture, _random, others);
            fillers.Add(filler);
            length += filler.Length;
        }

        // Each of ours goes to a place of its own between two fillers, at any alignment.
        var places = Enumerable.Range(0, fillers.Count).OrderBy(_ => _random.Next()).Take(functions.Count).Order().ToList();
        var order = functions.OrderBy(_ => _random.Next()).ToList();
        var gap = _options.Decoy == Decoy.NoPendingTest ? 48 : 0; // the neighbours' tests are not beside ours
        for (int i = 0, next = 0; i < fillers.Count; i++)
        {
            if (next < places.Count && places[next] == i)
            {
                _textCode.Emit(Padding(gap + _random.Next(16))).Append(order[next++]).Emit(Padding(gap));
            }

            _textCode.Append(fillers[i]);
        }

        _textCode.Emit(_options.ExtraCode ?? []);
    }

    /// <summary>
    /// The INIT section: the store among other stores; <paramref name="store"/> null leaves it out, and every other
    /// store with it.
    /// </summary>
    public void PlaceInit(CodeBuffer? store, List<CodeBuffer> more, List<Global> others)
    {
        if (store is null)
        {
            _initCode.Emit(Padding(200));
            return;
        }

        _initCode.Emit(0x55).Emit(IsX64 ? [0x48, 0x8B, 0xEC] : [0x8B, 0xEC]);
        foreach (var item in more)
        {
            FillerCode.Harmless(_initCode, _random, _random.Next(30));
            _initCode.Append(item);
        }

        // Without a comparison nothing tells the limit's store from another: then there is no other.
        var isAlone = _options.Decoy is Decoy.ThresholdMisaligned or Decoy.ThresholdInReadOnlySection or Decoy.ThresholdInDiscardableSection
            or Decoy.ComparisonsOnlyInInit or Decoy.OtherRegisterCompared;
        for (var i = isAlone ? 0 : _random.Next(5); i > 0; i--)
        {
            _initCode.Emit(0xC7, 0x05).Address(others[_random.Next(others.Count)], 4).Emit32((uint)_random.Next(1000));
            FillerCode.Harmless(_initCode, _random, _random.Next(30));
        }

        if (_options.Pinned is { } pinned)
        {
            _initCode.Emit(Enumerable.Repeat((byte)0x90, (int)(pinned.StoreRva - pinned.InitRva) - _initCode.Length).ToArray());
        }

        _storeOffset = _initCode.Length;
        _initCode.Append(store);
        FillerCode.Harmless(_initCode, _random, _random.Next(60));
        _initCode.Emit(0x5D, 0xC3);
    }

    public byte[] Finish()
    {
        List<SectionPlan> sections = [_text, _data, _init];
        if (_options.InternalName is not null)
        {
            sections.Add(_resources);
        }

        if (!IsX64 && _options.Decoy != Decoy.RelocationsStripped)
        {
            sections.Add(_relocations);
        }

        if (_options.Decoy is Decoy.InitRenamed)
        {
            _init.Name = _random.Next(2) == 0 ? "PAGE" : "init";
        }

        _init.Characteristics = _options.Decoy switch
        {
            Decoy.InitNotDiscardable => SectionPlan.Code,
            Decoy.InitNotExecutable => SectionPlan.Discardable,
            _ => SectionPlan.InitCode,
        };
        _text.Content = _textCode.ToArray();
        _init.Content = _initCode.ToArray();
        var headers = _peHeader + 24 + 240 + (sections.Count * 40);
        var end = Arrange(sections, headers);
        var bytes = ImageWriter.Write(_options, _peHeader, ImageBase, _sectionAlignment, _fileAlignment, sections, end);
        Resolve(bytes, _text, _textCode);
        Resolve(bytes, _init, _initCode);
        StoreFileOffset = _init.FileOffset + _storeOffset;
        StoreRva = _init.Rva + (uint)_storeOffset;
        Damage(bytes, sections);
        return Seal(bytes);
    }

    private static byte[] Padding(int count) => [.. Enumerable.Repeat((byte)0xCC, count)];

    /// <summary>Gives every section its RVA and file offset; returns the length of the file.</summary>
    private int Arrange(List<SectionPlan> sections, int headers)
    {
        var rva = AlignUp(headers, _sectionAlignment);
        var offset = _isFlat ? rva : AlignUp(headers, _fileAlignment);
        foreach (var section in sections)
        {
            if (_options.Pinned is { } pinned)
            {
                rva = section == _data ? (int)pinned.DataRva : section == _init ? (int)pinned.InitRva : rva;
                offset = section == _init ? pinned.InitFileOffset : _isFlat ? rva : offset;
            }

            section.Rva = (uint)rva;
            section.FileOffset = offset;
            if (section == _data)
            {
                PlaceInData();
            }
            else if (section == _resources)
            {
                section.Content = VersionBlock.Section(section.Rva, _options.Version ?? DefaultVersion(), _options.InternalName!);
            }
            else if (section == _relocations)
            {
                section.Content = RelocationTable.Write(Relocated(_text, _textCode).Concat(Relocated(_init, _initCode)));
            }

            section.FileSize = AlignUp(section.Content.Length, _fileAlignment);
            offset += section.FileSize;
            rva = AlignUp((int)(section.Rva + Math.Max(section.VirtualSize, _isFlat ? (uint)section.FileSize : 0)), _sectionAlignment);
        }

        return Math.Max(offset, _options.Pinned?.FileSize ?? 0);
    }

    private void PlaceInData()
    {
        foreach (var (global, offset) in _globals)
        {
            global.Rva = _data.Rva + (uint)offset;
        }

        if (_options.Pinned is { } pinned)
        {
            (_globals[0].Global.Rva, _globals[1].Global.Rva, _globals[2].Global.Rva) =
                (pinned.ThresholdRva, pinned.CounterRva, pinned.PendingRva);
        }
    }

    private FileVersion DefaultVersion() => IsX64 ? new FileVersion(5, 2, 3790, 3959) : new FileVersion(5, 1, 2600, 5512);

    private static IEnumerable<uint> Relocated(SectionPlan section, CodeBuffer code) =>
        code.Operands.Where(o => o.IsRelocated).Select(o => o.Position).Concat(code.StrayRelocations).Select(p => section.Rva + (uint)p);

    private void Resolve(byte[] bytes, SectionPlan section, CodeBuffer code)
    {
        foreach (var (position, global, trailing, _) in code.Operands)
        {
            var value = IsX64 ? unchecked(global.Rva - (section.Rva + (uint)(position + 4 + trailing))) : ImageBase + global.Rva;
            BitConverter.TryWriteBytes(bytes.AsSpan(section.FileOffset + position), value);
        }
    }

    /// <summary>The decoys that make a file unreadable change its section table.</summary>
    private void Damage(byte[] bytes, List<SectionPlan> sections)
    {
        var table = _peHeader + 24 + (IsX64 ? 240 : 224);
        var index = sections.IndexOf(_init);
        switch (_options.Decoy)
        {
            case Decoy.SectionsOverlapInFile:
                BitConverter.TryWriteBytes(bytes.AsSpan(table + (index * 40) + 20), sections[index - 1].FileOffset + 4);
                break;
            case Decoy.SectionsOverlapInImage:
                BitConverter.TryWriteBytes(bytes.AsSpan(table + (index * 40) + 12), sections[index - 1].Rva + 4);
                break;
            case Decoy.SectionPastEnd:
                BitConverter.TryWriteBytes(bytes.AsSpan(table + ((sections.Count - 1) * 40) + 16),
                    bytes.Length - sections[^1].FileOffset + 1);
                break;
        }
    }

    private byte[] Seal(byte[] bytes)
    {
        var field = _peHeader + 0x58;
        if (_options.Pinned is { } pinned)
        {
            // One word of the DOS stub that nothing reads brings the sum to the published value.
            for (var word = 0; word <= 0xFFFF && PeChecksum.Compute(bytes, field) != pinned.Checksum; word++)
            {
                BitConverter.TryWriteBytes(bytes.AsSpan(0x40), (ushort)word);
            }
        }

        BitConverter.TryWriteBytes(bytes.AsSpan(field), unchecked(PeChecksum.Compute(bytes, field) + (_options.HasBadChecksum ? 1u : 0u)));
        return bytes;
    }

    private static int AlignUp(int value, int alignment) => (value + alignment - 1) / alignment * alignment;
}
