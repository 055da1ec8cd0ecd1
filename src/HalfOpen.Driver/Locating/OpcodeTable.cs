namespace HalfOpen.Driver.Locating;

/// <summary>
/// What the opcodes before a ModRM byte with a bare 32-bit address (mod 00, r/m 101) do with that address. Intel SDM
/// volume 2, appendix A.
/// </summary>
internal static class OpcodeTable
{
    private static readonly Access[] OneByte = BuildOneByte();
    private static readonly Access[] TwoByte = BuildTwoByte();

    /// <summary>Classifies an instruction, and says how many bytes of immediate follow its displacement.</summary>
    public static Access Classify(byte opcode, bool afterEscape, int reg, out int immediateSize)
    {
        immediateSize = 0;
        if (afterEscape)
        {
            immediateSize = opcode is 0xBA or 0xA4 or 0xAC ? 1 : 0;
            return opcode switch
            {
                0xBA => reg >= 5 ? Access.Write : Access.None, // bts, btr, btc
                0xC7 => reg == 1 ? Access.Write : Access.None, // cmpxchg8b
                0xAE => reg is 0 or 3 or 4 or 6 ? Access.Write : Access.None, // fxsave, stmxcsr, xsave, xsaveopt
                0x00 => reg <= 1 ? Access.Write : Access.None, // sldt, str
                0x01 => reg is 0 or 1 or 4 ? Access.Write : Access.None, // sgdt, sidt, smsw
                _ => TwoByte[opcode],
            };
        }

        switch (opcode)
        {
            case 0x80 or 0x83: // group 1 with a byte
                immediateSize = 1;
                return reg != 7 ? Access.Write : opcode == 0x83 ? Access.CompareImmediate : Access.None;
            case 0x81:
                immediateSize = 4;
                return reg != 7 ? Access.Write : Access.CompareImmediate;
            case 0xC7:
                immediateSize = 4;
                return reg == 0 ? Access.StoreImmediate : Access.None;
            case 0xC6:
                immediateSize = 1;
                return reg == 0 ? Access.Write : Access.None;
            case 0xC0 or 0xC1: // shifts and rotations by an immediate
                immediateSize = 1;
                return Access.Write;
            case 0xFF:
                return reg == 0 ? Access.Increment : reg == 1 ? Access.Decrement : Access.None;
            case 0xFE:
                return reg <= 1 ? Access.Write : Access.None;
            case 0xF6 or 0xF7: // not, neg; the others of this group read
                return reg is 2 or 3 ? Access.Write : Access.None;
            case 0xD9: // fst, fstp, fnstenv, fnstcw
                return reg is 2 or 3 or 6 or 7 ? Access.Write : Access.None;
            case 0xDB or 0xDD or 0xDF: // fisttp, fist, fistp, fst, fstp, fnsave, fbstp, fnstsw
                return reg is 1 or 2 or 3 or 6 or 7 ? Access.Write : Access.None;
            case 0x8F:
                return reg == 0 ? Access.Write : Access.None;
            default:
                return OneByte[opcode];
        }
    }

    private static Access[] BuildOneByte()
    {
        var table = new Access[256];
        foreach (var arithmetic in new byte[] { 0x00, 0x08, 0x10, 0x18, 0x20, 0x28, 0x30 })
        {
            table[arithmetic] = Access.Write;
            table[arithmetic + 1] = Access.Write;
        }

        table[0x88] = table[0x89] = table[0x8C] = Access.Write;
        table[0xD0] = table[0xD1] = table[0xD2] = table[0xD3] = Access.Write;
        table[0x86] = table[0x87] = Access.Exchange;
        table[0x39] = table[0x3B] = Access.Compare;
        table[0x8B] = Access.Load;
        return table;
    }

    private static Access[] BuildTwoByte()
    {
        var table = new Access[256];
        table[0xC1] = Access.ExchangeAdd;
        for (var setcc = 0x90; setcc <= 0x9F; setcc++)
        {
            table[setcc] = Access.Write;
        }

        // xadd r/m8, cmpxchg, bit set/reset/complement, double shifts, movnti, then the vector stores
        foreach (
            var write in new byte[]
                { 0xC0, 0xB0, 0xB1, 0xAB, 0xB3, 0xBB, 0xA4, 0xA5, 0xAC, 0xAD, 0xC3, 0x11, 0x13, 0x17, 0x29, 0x2B, 0x7E, 0x7F, 0xD6, 0xE7 })
        {
            table[write] = Access.Write;
        }

        return table;
    }
}
