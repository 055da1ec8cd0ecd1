using HalfOpen.Driver;

namespace HalfOpen.TestDrivers;

/// <summary>The globals of one limiter.</summary>
public sealed record LimiterGlobals(Global Threshold, Global Counter, Global Pending);

/// <summary>
/// The code of a limiter, in the forms that the genuine builds use and in the others that compilers might.
/// </summary>
internal sealed class LimiterCode(DriverArchitecture architecture, Random random, Decoy decoy, bool onlyReferenceForms,
    LimiterGlobals globals)
{
    private const byte Jae = 0x3, Je = 0x4, Jne = 0x5, Jl = 0xC, Jge = 0xD, Jle = 0xE, Jg = 0xF;

    private readonly bool _isX64 = architecture == DriverArchitecture.X64;
    private readonly Global _other = new("other counter");

    public LimiterGlobals Globals => globals;

    /// <summary>Globals that a decoy needs besides the three.</summary>
    public IEnumerable<Global> ExtraGlobals => [_other];

    /// <summary>Functions for the code section, each ending in a return.</summary>
    public List<CodeBuffer> Functions()
    {
        var functions = new List<CodeBuffer>();
        if (decoy == Decoy.NoLimiter)
        {
            return functions;
        }

        if (decoy != Decoy.OnlyOneComparison)
        {
            functions.Add(Admission());
        }

        functions.Add(Drain());
        if (decoy == Decoy.UnsignedJump
            || (!onlyReferenceForms && random.Next(3) == 0
                && decoy is not (
                    Decoy.OnlyOneComparison or Decoy.UnsignedJumps or Decoy.ComparedWithAnotherCounter or Decoy.ComparisonsOnlyInInit
                        or Decoy.OtherRegisterCompared)))
        {
            functions.Add(Admission());
        }

        if (decoy == Decoy.UnsignedJump)
        {
            // Two signed comparisons would do; the third contradicts them.
            var end = new Label();
            functions.Add(Return(Compare(New(), globals.Counter, globals.Threshold).Jump(Jae, end, random.Next(2) == 0), end));
        }

        functions.AddRange(AtomicChanges());
        if (decoy == Decoy.ThresholdWrittenOutsideInit)
        {
            functions.Add(Return(random.Next(2) == 0
                ? New().Emit(0xC7, 0x05).Address(globals.Threshold, 4).Emit32(10)
                : New().Emit(0x89, 0x0D).Address(globals.Threshold)));
        }
        else if (decoy == Decoy.ThresholdIncrementedOutsideInit)
        {
            functions.Add(Return(New().Emit(0xFF, 0x05).Address(globals.Threshold)));
        }
        else if (decoy == Decoy.CounterWrittenPlainly)
        {
            functions.Add(Return(random.Next(3) switch
            {
                0 => New().Emit(0x83, 0x25).Address(globals.Counter, 1).Emit(0),
                1 => New().Emit(0x89, 0x35).Address(globals.Counter),
                _ => New().Emit(0xFF, 0x0D).Address(globals.Counter),
            }));
        }

        return functions;
    }

    /// <summary>The instruction that holds the limit.</summary>
    public CodeBuffer InitStore(uint limit)
    {
        var store = New().Emit(0xC7, 0x05).Address(globals.Threshold, 4, decoy != Decoy.StoreOperandNotRelocated);
        if (decoy == Decoy.ImmediateUnderRelocation)
        {
            store.StrayRelocations.Add(store.Length);
        }

        return store.Emit32(limit);
    }

    /// <summary>Comparisons for the INIT section, when a decoy has none elsewhere.</summary>
    public IEnumerable<CodeBuffer> InitFunctions() => decoy == Decoy.ComparisonsOnlyInInit ? [Admission(), Drain()] : [];

    private CodeBuffer New() => new(architecture);

    private static CodeBuffer Return(CodeBuffer code, Label? end = null) => (end is null ? code : code.Mark(end)).Emit(0xC3);

    private bool Pick() => !onlyReferenceForms && random.Next(2) == 0;

    /// <summary>if (C >= T) goto queue; if (P != 0) goto queue; ...</summary>
    private CodeBuffer Admission()
    {
        var end = new Label();
        var code = Compare(New(), globals.Counter, globals.Threshold, out var isSwapped, _isX64 ? 11 : 0);
        code.Jump(decoy == Decoy.UnsignedJumps ? Jae : isSwapped ? (Pick() ? Jle : Jl) : Pick() ? Jg : Jge, end, _isX64 ? Pick() : !Pick());
        if (decoy != Decoy.NoPendingTest)
        {
            TestPending(code, globals.Pending).Jump(Pick() ? Je : Jne, end, _isX64 ? Pick() : !Pick());
        }

        FillerCode.Harmless(code, random, random.Next(20));
        return Return(code, end);
    }

    /// <summary>while (P != 0 and C &lt; T and n &lt; 20) ...</summary>
    private CodeBuffer Drain()
    {
        var end = new Label();
        var near = decoy == Decoy.DrainBoundTooFar || (_isX64 ? !Pick() : Pick());
        var code = Compare(New(), decoy == Decoy.ComparedWithAnotherCounter ? _other : globals.Counter, globals.Threshold,
            out var isSwapped, _isX64 ? 1 : 0);
        code.Jump(decoy == Decoy.UnsignedJumps ? Jae : isSwapped ? Jle : Jge, end, near);
        var afterComparison = code.Length;
        if (decoy == Decoy.TwoPendingCounters)
        {
            TestPending(code, _other).Jump(Je, end, near);
        }
        else if (decoy == Decoy.OnlyOneComparison || (Pick() && decoy != Decoy.NoPendingTest))
        {
            TestPending(code, globals.Pending).Jump(Je, end, near);
        }
        else if (_isX64)
        {
            code.Emit(0x8B, 0xCF, 0xFF, 0xC7);
        }

        var boundAt = code.Length - afterComparison;
        if (decoy == Decoy.DrainBoundTooFar)
        {
            code.Emit(Enumerable.Repeat((byte)0x90, 33 + random.Next(10)).ToArray());
        }
        else if (Pick())
        {
            code.Emit(Enumerable.Repeat((byte)0x90, random.Next(32 - boundAt + 1)).ToArray()); // 32 bytes away at most
        }
        else
        {
            FillerCode.Harmless(code, random, onlyReferenceForms ? 0 : random.Next(8));
        }

        if (decoy != Decoy.DrainBoundMissing)
        {
            CompareWithBound(code, (byte)(decoy == Decoy.DrainBoundOther ? 21 : 20))
                .Jump(decoy == Decoy.DrainBoundSigned ? Jge : Jae, end, Pick());
        }

        FillerCode.Harmless(code, random, random.Next(20));
        return Return(code, end);
    }

    private CodeBuffer CompareWithBound(CodeBuffer code, byte bound)
    {
        var register = (byte)(onlyReferenceForms ? (_isX64 ? 1 : 0) : random.Next(8));
        switch (onlyReferenceForms ? 0 : random.Next(6))
        {
            case 0 when _isX64 && !onlyReferenceForms:
                return code.Emit(0x41, 0x83, (byte)(0xF8 | register), bound);
            case 1:
                return code.Emit(0x3D).Emit32(bound);
            case 2:
                return code.Emit(0x81, (byte)(0xF8 | register)).Emit32(bound);
            case 3:
                return code.Emit(0x3C, bound);
            default:
                return code.Emit(0x83, (byte)(0xF8 | register), bound);
        }
    }

    private CodeBuffer Compare(CodeBuffer code, Global counter, Global threshold) => Compare(code, counter, threshold, out _, 0);

    /// <summary>Loads one of the two and compares it with the other.</summary>
    /// <param name="referenceRegister">The register that the genuine build uses.</param>
    /// <param name="isSwapped">Whether the counter is subtracted from the threshold, not the other way round.</param>
    private CodeBuffer Compare(CodeBuffer code, Global counter, Global threshold, out bool isSwapped, int referenceRegister)
    {
        var loadsThreshold = _isX64 ? !Pick() : Pick();
        var first = loadsThreshold ? threshold : counter;
        var second = loadsThreshold ? counter : threshold;
        var compare = (byte)(_isX64 ? Pick() ? 0x3B : 0x39 : Pick() ? 0x39 : 0x3B);
        isSwapped = loadsThreshold != (compare == 0x39); // 39 subtracts the register from memory, 3B memory from the register
        var isRelocated = decoy != Decoy.ComparisonOperandNotRelocated;
        var register = onlyReferenceForms ? referenceRegister : random.Next(_isX64 ? 16 : 8);
        var compared = decoy == Decoy.OtherRegisterCompared ? (register + 1) % 8 : register;
        if (!_isX64 && register == 0 && !Pick())
        {
            code.Emit(0xA1).Address(first);
        }
        else
        {
            Rex(code, register).Emit(0x8B, ModRm(register)).Address(first);
        }

        return Rex(code, compared).Emit(compare, ModRm(compared)).Address(second, 0, isRelocated);
    }

    private static CodeBuffer Rex(CodeBuffer code, int register) => register >= 8 ? code.Emit(0x44) : code;

    private static byte ModRm(int register) => (byte)(((register & 7) << 3) | 5);

    private CodeBuffer TestPending(CodeBuffer code, Global pending)
    {
        switch (onlyReferenceForms ? (_isX64 ? 1 : 0) : random.Next(5))
        {
            case 0:
                return code.Emit(0x39, 0x35).Address(pending); // cmp [P], esi with esi = 0
            case 1:
                return code.Emit(0x83, 0x3D).Address(pending, 1).Emit(0);
            case 2:
                return code.Emit(0x3B, 0x1D).Address(pending);
            case 3:
                return code.Emit(0x8B, 0x0D).Address(pending).Emit(0x83, 0xF9, 0);
            default:
                return (_isX64 ? code.Emit(0x8B, 0x05) : code.Emit(0xA1)).Address(pending).Emit(0x85, 0xC0);
        }
    }

    private IEnumerable<CodeBuffer> AtomicChanges()
    {
        if (decoy == Decoy.CounterNeverAtomic)
        {
            return [];
        }

        if (decoy == Decoy.CounterChangedPlainly)
        {
            return new byte[] { 0x05, 0x0D, 0x0D }.Select(modRm => Return(New().Emit(0x90, 0xFF, modRm).Address(globals.Counter)));
        }

        var signs = decoy switch
        {
            Decoy.CounterOnlyIncremented => [1, 1, 1],
            Decoy.CounterOnlyDecremented => [-1, -1, -1, -1],
            Decoy.CounterChangedTwice => [1, -1],
            _ => onlyReferenceForms || random.Next(2) == 0 ? new[] { 1, -1, -1 } : [1, -1, 1, -1, -1],
        };
        // One of unknown sign may stand for the last decrement, as long as the others are plain.
        var unseen = Pick() && decoy is not (Decoy.CounterOnlyIncremented or Decoy.CounterOnlyDecremented) ? signs.Length - 1 : -1;
        return signs.Select((sign, index) => AtomicChange(sign, index == unseen));
    }

    /// <param name="isFarLoad">An exchange-add whose register was given its value too far away to be seen.</param>
    private CodeBuffer AtomicChange(int sign, bool isFarLoad)
    {
        var code = New();
        var form = onlyReferenceForms ? 0 : isFarLoad ? 1 : random.Next(3);
        if (form == 0)
        {
            return Return(code.Emit(0xF0, 0xFF, (byte)(sign > 0 ? 0x05 : 0x0D)).Address(globals.Counter));
        }

        var register = random.Next(_isX64 ? 16 : 3); // x86: eax, ecx, edx
        if (isFarLoad)
        {
            code.Emit(Enumerable.Repeat((byte)0xCC, 260).ToArray()); // nothing before it says what the register holds
        }
        else
        {
            LoadUnit(code, sign, register);
        }

        if (!_isX64 && form == 2)
        {
            var pointer = 6 + random.Next(2); // esi, edi
            FillerCode.Harmless(code, random, random.Next(10), register);
            code.Emit((byte)(0xB8 + pointer)).Address(globals.Counter);
            return Return(code.Emit(0xF0, 0x0F, 0xC1, (byte)((register << 3) | pointer)));
        }

        FillerCode.Harmless(code, random, random.Next(10), register);
        code.Emit(0xF0);
        return Return(Rex(code, register).Emit(0x0F, 0xC1, ModRm(register)).Address(globals.Counter));
    }

    private void LoadUnit(CodeBuffer code, int sign, int register)
    {
        var low = register & 7;
        if (register >= 8)
        {
            code.Emit(0x41);
        }

        switch (random.Next(3))
        {
            case 0 when sign < 0:
                code.Emit(0x83, (byte)(0xC8 + low), 0xFF);
                break;
            case 1 when register < 8:
                code.Emit(0x33, (byte)(0xC0 | (low << 3) | low));
                code.Emit(_isX64 ? [0xFF, (byte)((sign > 0 ? 0xC0 : 0xC8) + low)] : [(byte)((sign > 0 ? 0x40 : 0x48) + low)]);
                break;
            default:
                code.Emit((byte)(0xB8 + low)).Emit32(sign > 0 ? 1u : uint.MaxValue);
                break;
        }
    }
}
