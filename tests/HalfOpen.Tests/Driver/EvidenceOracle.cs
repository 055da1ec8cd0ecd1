using HalfOpen.Driver;
using Iced.Intel;

namespace HalfOpen.Tests.Driver;

/// <summary>
/// Checks a finding in another way than the locator came to it: with its own reading of the headers and a real decoder
/// (Iced) tried at every byte of the code. Says what is not there, or null.
/// </summary>
internal sealed class EvidenceOracle
{
    private readonly byte[] _bytes;
    private readonly DriverReport _report;
    private readonly bool _isX64;
    private readonly ulong _imageBase;
    private readonly List<(string Name, ulong Va, uint Size, int Offset, int Length, uint Flags)> _sections = [];

    private EvidenceOracle(byte[] bytes, DriverReport report)
    {
        _bytes = bytes;
        _report = report;
        var pe = BitConverter.ToInt32(bytes, 0x3C);
        _isX64 = BitConverter.ToUInt16(bytes, pe + 4) == 0x8664;
        _imageBase = _isX64 ? BitConverter.ToUInt64(bytes, pe + 48) : BitConverter.ToUInt32(bytes, pe + 52);
        var table = pe + 24 + BitConverter.ToUInt16(bytes, pe + 20);
        for (var i = 0; i < BitConverter.ToUInt16(bytes, pe + 6); i++, table += 40)
        {
            _sections.Add(
                (System.Text.Encoding.ASCII.GetString(bytes, table, 8).TrimEnd('\0'),
                    unchecked(_imageBase + BitConverter.ToUInt32(bytes, table + 12)),
                Math.Max(BitConverter.ToUInt32(bytes, table + 8), BitConverter.ToUInt32(bytes, table + 16)),
                    BitConverter.ToInt32(bytes, table + 20),
                BitConverter.ToInt32(bytes, table + 16), BitConverter.ToUInt32(bytes, table + 36)));
        }
    }

    public static string? FindFault(byte[] bytes, DriverReport report) => new EvidenceOracle(bytes, report).Check();

    private string? Check()
    {
        ulong threshold = _report.Threshold!.Value.Value, counter = _report.Counter!.Value.Value, pending = _report.Pending!.Value.Value;
        var store = _report.Location!.FileOffset.Value - 6;
        var init = _sections.Find(s => s.Name == "INIT" && store >= s.Offset && store + 10 <= s.Offset + s.Length);
        if (init.Name is null || (init.Flags & 0x2200_0000) != 0x2200_0000)
        {
            return "the store is not in an executable and discardable section INIT";
        }

        var instruction = Decode(store, init);
        if (instruction.Code != Code.Mov_rm32_imm32 || Target(instruction) != threshold || instruction.Immediate32 != _report.Limit
            || threshold % 4 != 0)
        {
            return "no store of the limit to an aligned threshold";
        }

        if (!_sections.Exists(s => threshold >= s.Va && threshold + 4 <= s.Va + s.Size && (s.Flags & 0x8200_0000) == 0x8000_0000))
        {
            return "the threshold is not in a writable section that stays";
        }

        int comparisons = 0, up = 0, atomic = 0, bounds = 0, events = 0;
        var writers = new Dictionary<int, string>();
        var pendings = new HashSet<ulong>();
        foreach (var section in _sections.Where(s => (s.Flags & 0x2000_0000) != 0))
        {
            for (var at = section.Offset; at < section.Offset + section.Length; at++)
            {
                events += at + 4 <= section.Offset + section.Length && BitConverter.ToUInt32(_bytes, at) == 0x8000_1082 ? 1 : 0;
                var one = Decode(at, section);
                if (Target(one) is not { } target)
                {
                    atomic += IsAtomicThroughRegister(one, at, section, counter) ? 1 : 0;
                    continue;
                }

                if (target == threshold && IsWrite(one))
                {
                    writers[DisplacementOf(one, at, section)] = $"{one.IP:X} {one} ({Convert.ToHexString(_bytes, at - 1, one.Length + 1)})";
                }

                if (target == counter && one.HasLockPrefix && one.Mnemonic is Mnemonic.Inc or Mnemonic.Dec or Mnemonic.Xadd)
                {
                    atomic++;
                    up += one.Mnemonic == Mnemonic.Inc ? 1 : 0;
                }

                if (section != init && one.Mnemonic == Mnemonic.Mov && one.Op0Kind == OpKind.Register
                    && (target == threshold || target == counter))
                {
                    var compare = Decode(at + one.Length, section);
                    var jump = Decode(at + one.Length + compare.Length, section);
                    var partner = target == threshold ? counter : threshold;
                    var uses = compare.Mnemonic == Mnemonic.Cmp && Target(compare) == partner
                        && (compare.Op0Register == one.Op0Register || compare.Op1Register == one.Op0Register);
                    if (uses && jump.ConditionCode is ConditionCode.l or ConditionCode.ge or ConditionCode.le or ConditionCode.g)
                    {
                        comparisons++;
                        var end = at + one.Length + compare.Length + jump.Length;
                        bounds += HasDrainBound(end, section) ? 1 : 0;
                        AddTests(at - 32, end + 32, section, threshold, counter, pendings);
                    }
                }
            }
        }

        return comparisons < 2 ? "fewer than two signed comparisons"
            : atomic < 3 ? $"only {atomic} atomic changes, {up} of them plain increments"
            : writers.Count != 1 ? "writers of the threshold: " + string.Join(", ", writers.Values)
            : !pendings.Contains(pending) ? "the pending counter is not tested beside a comparison"
            : bounds == 0 ? "no drain bound"
            : events != 1 && _report.Kind != DriverKind.Tcpip6 ? $"{events} event numbers"
            : null;
    }

    private Instruction Decode(int at, (string Name, ulong Va, uint Size, int Offset, int Length, uint Flags) section)
    {
        var length = Math.Clamp(section.Offset + section.Length - at, 0, 15);
        var decoder = Decoder.Create(_isX64 ? 64 : 32, new ByteArrayCodeReader(_bytes, Math.Min(at, _bytes.Length), length));
        decoder.IP = unchecked(section.Va + (ulong)(at - section.Offset));
        return decoder.Decode();
    }

    /// <summary>The global that an instruction names, when it names one by a bare address.</summary>
    private static ulong? Target(in Instruction instruction) =>
        instruction.IsInvalid || instruction.MemoryIndex != Register.None ? null
        : instruction.MemoryBase == Register.RIP ? instruction.MemoryDisplacement64
        : instruction.MemoryBase == Register.None && HasMemory(instruction) ? instruction.MemoryDisplacement32
        : null;

    private static bool HasMemory(in Instruction instruction)
    {
        for (var i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) == OpKind.Memory)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsWrite(in Instruction instruction)
    {
        var info = new InstructionInfoFactory().GetInfo(instruction);
        foreach (var memory in info.GetUsedMemory())
        {
            // A call writes its return address to the stack.
            if (memory.Base is not (Register.ESP or Register.RSP) && memory.Access is OpAccess.Write or OpAccess.ReadWrite
                or OpAccess.CondWrite or OpAccess.ReadCondWrite)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Where the address stands: the same for an instruction decoded with and without its prefixes.</summary>
    private int DisplacementOf(in Instruction instruction, int at,
        (string Name, ulong Va, uint Size, int Offset, int Length, uint Flags) section)
    {
        var length = Math.Clamp(section.Offset + section.Length - at, 0, 15);
        var decoder = Decoder.Create(_isX64 ? 64 : 32, new ByteArrayCodeReader(_bytes, at, length));
        decoder.IP = unchecked(section.Va + (ulong)(at - section.Offset));
        var again = decoder.Decode();
        return at + decoder.GetConstantOffsets(again).DisplacementOffset;
    }

    /// <summary>x86: lock xadd [r], s with r given the counter's address within the 64 bytes before.</summary>
    private bool IsAtomicThroughRegister(in Instruction xadd, int at,
        (string Name, ulong Va, uint Size, int Offset, int Length, uint Flags) section, ulong counter)
    {
        if (_isX64 || xadd.Mnemonic != Mnemonic.Xadd || !xadd.HasLockPrefix || xadd.MemoryIndex != Register.None
            || xadd.MemoryDisplSize != 0)
        {
            return false;
        }

        for (var back = 5; back <= 5 + 64 && at - back >= section.Offset; back++)
        {
            var load = Decode(at - back, section);
            if (load.Code == Code.Mov_r32_imm32 && load.Op0Register == xadd.MemoryBase && load.Immediate32 == counter)
            {
                return true;
            }
        }

        return false;
    }

    private bool HasDrainBound(int from, (string Name, ulong Va, uint Size, int Offset, int Length, uint Flags) section)
    {
        for (var at = from; at <= from + 32; at++)
        {
            var compare = Decode(at, section);
            if (compare.Mnemonic == Mnemonic.Cmp && compare.Op0Kind == OpKind.Register && compare.Op1Kind is OpKind.Immediate8
                or OpKind.Immediate8to32 or OpKind.Immediate32
                && compare.GetImmediate(1) == 20 && Decode(at + compare.Length, section).ConditionCode == ConditionCode.ae)
            {
                return true;
            }
        }

        return false;
    }

    private void AddTests(int from, int to, (string Name, ulong Va, uint Size, int Offset, int Length, uint Flags) section, ulong threshold,
        ulong counter, HashSet<ulong> pendings)
    {
        for (var at = Math.Max(from, section.Offset); at <= to; at++)
        {
            var test = Decode(at, section);
            if (Target(test) is { } target && target != threshold && target != counter && test.Mnemonic is Mnemonic.Cmp or Mnemonic.Mov)
            {
                pendings.Add(target);
            }
        }
    }
}
