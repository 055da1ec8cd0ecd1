namespace HalfOpen.TestDrivers;

/// <summary>Valid code that has nothing to do with the limiter, some of it resembling it.</summary>
internal static class FillerCode
{
    /// <summary>Appends instructions that touch no memory, at most <paramref name="maxBytes"/> in all.</summary>
    /// <param name="keep">A register whose value must survive, or -1.</param>
    public static void Harmless(CodeBuffer code, Random random, int maxBytes, int keep = -1)
    {
        var end = code.Length + maxBytes;
        while (true)
        {
            var register = random.Next(8);
            if (register is 4 or 5 || register == (keep & 7))
            {
                register = (keep & 7) == 3 ? 1 : 3;
            }

            byte[] instruction = random.Next(6) switch
            {
                0 => [0x90],
                1 => [0x8B, (byte)(0xC0 | (register << 3) | random.Next(8))],
                2 => [0x83, (byte)(0xC0 | register), (byte)random.Next(2, 100)],
                3 => [0x85, (byte)(0xC0 | (register << 3) | register)],
                4 => [(byte)(0xB8 + register), (byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(256), 0x55],
                _ => [0x33, (byte)(0xC0 | (register << 3) | random.Next(8))],
            };
            if (code.Length + instruction.Length > end)
            {
                return;
            }

            code.Emit(instruction);
        }
    }

    /// <summary>
    /// A function over globals of its own: loads, stores, counters without a lock, comparisons of two globals, also
    /// with a signed jump.
    /// </summary>
    public static CodeBuffer Function(HalfOpen.Driver.DriverArchitecture architecture, Random random, IReadOnlyList<Global> globals)
    {
        var code = new CodeBuffer(architecture);
        code.Emit(0x55).Emit(code.IsX64 ? [0x48, 0x8B, 0xEC] : [0x8B, 0xEC]);
        var end = new Label();
        for (var i = random.Next(1, 8); i > 0; i--)
        {
            Global a = globals[random.Next(globals.Count)], b = globals[random.Next(globals.Count)];
            switch (random.Next(8))
            {
                case 0:
                    code.Emit(0x8B, 0x0D).Address(a);
                    break;
                case 1:
                    code.Emit(0x89, 0x15).Address(a);
                    break;
                case 2:
                    code.Emit(0xFF, 0x05).Address(a);
                    break;
                case 3:
                    code.Emit(0xF0, 0xFF, 0x0D).Address(a);
                    break;
                case 4:
                    code.Emit(0x8B, 0x0D).Address(a).Emit(0x3B, 0x0D).Address(b).Jump((byte)random.Next(2, 16), end, true);
                    break;
                case 5:
                    code.Emit(0xC7, 0x05).Address(a, 4).Emit32((uint)random.Next(100));
                    break;
                case 6:
                    code.Emit(0x83, 0x3D).Address(a, 1).Emit(0).Jump((byte)random.Next(4, 6), end, true);
                    break;
                default:
                    Harmless(code, random, random.Next(40));
                    break;
            }
        }

        return code.Mark(end).Emit(0x5D, 0xC3).Emit(Enumerable.Repeat((byte)0xCC, random.Next(8)).ToArray());
    }
}
