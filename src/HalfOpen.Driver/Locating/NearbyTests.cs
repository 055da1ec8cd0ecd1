using System.Collections.Generic;
using HalfOpen.Driver.Pe;

namespace HalfOpen.Driver.Locating;

/// <summary>
/// What is tested beside a comparison of C and T: the pending counter P (evidence 7) and the drain bound (evidence 8).
/// </summary>
internal static class NearbyTests
{
    /// <summary>
    /// Bytes before and after a comparison that count as beside it; the facts give 32 for the drain bound.
    /// </summary>
    private const int Window = 32;

    private const byte DrainBound = 20;

    /// <summary>
    /// The globals tested for zero beside the comparisons. First choice: directly behind the branch, as in the
    /// admission of both architectures. Only when nothing stands there anywhere, within 32 bytes on either side.
    /// </summary>
    public static List<CodeReference> PendingTests(CodeView view, List<Comparison> comparisons, uint threshold, uint counter)
    {
        var tests = new List<CodeReference>();
        foreach (var comparison in comparisons)
        {
            AddTests(view, comparison, comparison.End, comparison.End, threshold, counter, tests);
        }

        if (tests.Count == 0)
        {
            foreach (var comparison in comparisons)
            {
                AddTests(view, comparison, comparison.Load.Start - Window, comparison.End + Window, threshold, counter, tests);
            }
        }

        return tests;
    }

    /// <summary>
    /// File offset of <c>cmp r, 20</c> and an unsigned jae that begins within 32 bytes after the comparison, or -1.
    /// </summary>
    public static int FindDrainBound(PeImage image, Comparison comparison)
    {
        var limit = comparison.Section.FileEnd;
        for (var at = comparison.End; at <= comparison.End + Window; at++)
        {
            // A REX prefix belongs to the compare: it is the prefix that must begin within the window.
            var opcode = at == comparison.End + Window && image.Architecture == DriverArchitecture.X64 && at < limit
                && (image.Bytes[at] & 0xF8) == 0x40 ? at + 1 : at;
            var end = EndOfBoundCompare(image.Bytes, opcode, limit);
            if (end > 0 && IsJae(image.Bytes, end, limit))
            {
                return opcode;
            }
        }

        return -1;
    }

    /// <summary>
    /// The byte after a compare of a register, eax or al included, with 20 whose opcode stands here; -1 when there is
    /// none.
    /// </summary>
    private static int EndOfBoundCompare(byte[] bytes, int at, int limit)
    {
        if (at + 2 > limit)
        {
            return -1;
        }

        var isRegister = (bytes[at + 1] & 0xF8) == 0xF8; // /7 with mod 11
        return bytes[at] switch
        {
            0x3C when bytes[at + 1] == DrainBound => at + 2,
            0x80 or 0x83 when isRegister && at + 3 <= limit && bytes[at + 2] == DrainBound => at + 3,
            0x3D when at + 5 <= limit && Little.U32(bytes, at + 1) == DrainBound => at + 5,
            0x81 when isRegister && at + 6 <= limit && Little.U32(bytes, at + 2) == DrainBound => at + 6,
            _ => -1,
        };
    }

    private static bool IsJae(byte[] bytes, int at, int limit) =>
        (at + 2 <= limit && bytes[at] == 0x73) || (at + 6 <= limit && bytes[at] == 0x0F && bytes[at + 1] == 0x83);

    /// <summary>Adds the tests that begin between two file offsets, both included.</summary>
    private static void AddTests(CodeView view, Comparison comparison, int from, int to, uint threshold, uint counter,
        List<CodeReference> tests)
    {
        for (var i = view.FirstReferenceFrom(from + 1); i < view.References.Count; i++)
        {
            var reference = view.References[i];
            if (reference.Start - 1 > to)
            {
                break;
            }

            var begin = Begin(view.Image, reference, from);
            if (begin >= from && begin <= to && reference.Section == comparison.Section && reference.Target != threshold
                && reference.Target != counter
                && reference.Target % 4 == 0 && IsZeroTest(view, reference))
            {
                tests.Add(reference);
            }
        }
    }

    /// <summary>
    /// The instruction's first byte: a REX prefix belongs to it when the instruction must begin there.
    /// </summary>
    private static int Begin(PeImage image, CodeReference reference, int from) =>
        image.Architecture == DriverArchitecture.X64 && reference.Start - 1 == from && (image.Bytes[reference.Start - 1] & 0xF8) == 0x40
            ? reference.Start - 1
            : reference.Start;

    private static bool IsZeroTest(CodeView view, CodeReference reference)
    {
        var bytes = view.Image.Bytes;
        var limit = reference.Section.FileEnd;
        switch (reference.Access)
        {
            case Access.Compare: // with a register that holds zero
                return !view.IsPartOfComparison(reference) && IsBranch(bytes, reference.End, limit);
            case Access.CompareImmediate:
                for (var i = reference.Operand + 4; i < reference.End; i++)
                {
                    if (bytes[i] != 0)
                    {
                        return false;
                    }
                }

                return IsBranch(bytes, reference.End, limit);
            case Access.Load: // then test r, r; a comparison with 0; or one with a register that holds zero
                var at = reference.End;
                if (view.Image.Architecture == DriverArchitecture.X64 && at < limit && (bytes[at] & 0xF8) == 0x40)
                {
                    at++;
                }

                if (at + 2 > limit || bytes[at + 1] < 0xC0)
                {
                    return false;
                }

                int reg = (bytes[at + 1] >> 3) & 7, rm = bytes[at + 1] & 7;
                if (bytes[at] == 0x83 && reg == 7 && rm == reference.Register && at + 3 <= limit && bytes[at + 2] == 0)
                {
                    return IsBranch(bytes, at + 3, limit);
                }

                var tests = bytes[at] == 0x85 ? reg == reference.Register && rm == reg
                    : bytes[at] is 0x39 or 0x3B && (reg == reference.Register || rm == reference.Register);
                return tests && IsBranch(bytes, at + 2, limit);
            default:
                return false;
        }
    }

    private static bool IsBranch(byte[] bytes, int at, int limit)
    {
        Comparison.ReadBranch(bytes, at, limit, out var end);
        return end > at;
    }
}
