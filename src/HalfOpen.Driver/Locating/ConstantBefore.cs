using System;
using HalfOpen.Driver.Pe;

namespace HalfOpen.Driver.Locating;

/// <summary>
/// Tells whether a register holds 1 or -1, from the instructions that compilers use to load those two.
/// </summary>
internal static class ConstantBefore
{
    /// <summary>
    /// Loads normally stand a few instructions before their use; a register may also hold the constant for a whole
    /// function.
    /// </summary>
    private const int NearWindow = 48;
    private const int FarWindow = 256;

    /// <summary>The sign of the value that a locked exchange-add adds: 1, -1, or 0 when it cannot be told.</summary>
    /// <param name="start">File offset of the instruction's opcode (0F), after its prefixes.</param>
    /// <param name="end">File offset after the instruction.</param>
    /// <param name="register">0..15.</param>
    public static int SignOf(PeImage image, PeSection section, int start, int end, int register)
    {
        var isX64 = image.Architecture == DriverArchitecture.X64;
        var first = start - (isX64 && start > section.FileOffset && (image.Bytes[start - 1] & 0xF0) == 0x40 ? 2 : 1); // the lock prefix
        var near = Search(image.Bytes, section, first, NearWindow, register, isX64);
        if (near != 0)
        {
            return near;
        }

        // The intrinsics return the new value: the register is stepped once more in the same direction.
        var after = StepAt(image.Bytes, end, section.FileEnd, register, isX64);
        return after != 0 ? after : Search(image.Bytes, section, first, FarWindow, register, isX64);
    }

    private static int Search(byte[] bytes, PeSection section, int first, int window, int register, bool isX64)
    {
        for (var at = first - 1; at >= Math.Max(section.FileOffset, first - window); at--)
        {
            var sign = LoadAt(bytes, section, at, first, register, isX64);
            if (sign != 0)
            {
                return sign;
            }
        }

        return 0;
    }

    /// <summary>
    /// The sign that an instruction whose opcode stands at <paramref name="at"/> gives the register, or 0.
    /// </summary>
    private static int LoadAt(byte[] bytes, PeSection section, int at, int first, int register, bool isX64)
    {
        var low = register & 7;
        var room = first - at;
        var prefix = at > section.FileOffset ? bytes[at - 1] : (byte)0;
        var extended = register < 8 || (isX64 && (prefix & 0xF1) == 0x41); // REX.B

        // mov r, imm32
        if (bytes[at] == 0xB8 + low && room >= 5 && extended)
        {
            return UnitSign(Little.U32(bytes, at + 1));
        }

        // mov r/m, imm32
        if (bytes[at] == 0xC7 && room >= 6 && bytes[at + 1] == 0xC0 + low && extended)
        {
            return UnitSign(Little.U32(bytes, at + 2));
        }

        // or r, -1
        if (bytes[at] == 0x83 && room >= 3 && bytes[at + 1] == 0xC8 + low && bytes[at + 2] == 0xFF && extended)
        {
            return -1;
        }

        // push imm8, pop r
        var pop = isX64 && register >= 8 ? at + 3 : at + 2;
        if (bytes[at] == 0x6A && pop < first && bytes[pop] == 0x58 + low && (register < 8 || bytes[pop - 1] == 0x41))
        {
            return bytes[at + 1] == 1 ? 1 : bytes[at + 1] == 0xFF ? -1 : 0;
        }

        // lea r, [zero register + 1] or - 1
        if (bytes[at] == 0x8D && room >= 3 && (bytes[at + 1] & 0xF8) == (0x40 | (low << 3)) && (bytes[at + 1] & 7) != 4
            && (register < 8 || (isX64 && (prefix & 0xF4) == 0x44)))
        {
            return bytes[at + 2] == 1 ? 1 : bytes[at + 2] == 0xFF ? -1 : 0;
        }

        // xor r, r; then inc or dec: at once, after one instruction of five bytes, or just before the lock prefix
        if (bytes[at] is 0x33 or 0x31 or 0x2B && room >= 3 && bytes[at + 1] == (0xC0 | (low << 3) | low))
        {
            var step = StepAt(bytes, at + 2, first, register, isX64);
            step = step != 0 ? step : StepAt(bytes, at + 7, first, register, isX64);
            return step != 0 ? step : StepAt(bytes, first - (isX64 ? 2 : 1), first, register, isX64);
        }

        return 0;
    }

    /// <summary>
    /// inc r or dec r at this place: <c>40+r</c>, <c>48+r</c> on x86; <c>FF C0+r</c>, <c>FF C8+r</c> on both.
    /// </summary>
    private static int StepAt(byte[] bytes, int at, int limit, int register, bool isX64)
    {
        var low = register & 7;
        if (at < 0 || at >= limit)
        {
            return 0;
        }

        if (!isX64 && (bytes[at] == 0x40 + low || bytes[at] == 0x48 + low))
        {
            return bytes[at] == 0x40 + low ? 1 : -1;
        }

        if (isX64 && register >= 8)
        {
            if (bytes[at] != 0x41)
            {
                return 0;
            }

            at++;
        }

        return at + 1 >= limit || bytes[at] != 0xFF ? 0 : bytes[at + 1] == 0xC0 + low ? 1 : bytes[at + 1] == 0xC8 + low ? -1 : 0;
    }

    private static int UnitSign(uint value) => value == 1 ? 1 : value == uint.MaxValue ? -1 : 0;
}
