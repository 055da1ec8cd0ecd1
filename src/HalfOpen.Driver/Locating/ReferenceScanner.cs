using System.Collections.Generic;
using HalfOpen.Driver.Pe;

namespace HalfOpen.Driver.Locating;

/// <summary>
/// One pass over the executable sections that lists every instruction naming a global in a writable section by a bare
/// 32-bit address. It tries every byte as a ModRM byte instead of decoding from the start of a function, so that data
/// between code cannot put it out of step; a chance hit needs four right bytes.
/// </summary>
internal static class ReferenceScanner
{
    /// <summary>The references in ascending order of their operand.</summary>
    public static List<CodeReference> Scan(PeImage image)
    {
        var references = new List<CodeReference>();
        foreach (var section in InFileOrder(image.Sections))
        {
            if (section.IsExecutable)
            {
                ScanSection(image, section, references);
            }
        }

        return references;
    }

    private static List<PeSection> InFileOrder(PeSection[] sections)
    {
        var ordered = new List<PeSection>(sections);
        ordered.Sort((a, b) => a.FileOffset.CompareTo(b.FileOffset));
        return ordered;
    }

    private static void ScanSection(PeImage image, PeSection section, List<CodeReference> references)
    {
        var bytes = image.Bytes;
        var isX86 = image.Architecture == DriverArchitecture.X86;
        var writable = new WritableRange(image);
        var last = section.FileEnd - 5; // the byte in question and four of operand
        for (var i = section.FileOffset; i <= last; i++)
        {
            var b = bytes[i];
            if ((b & 0xC7) == 0x05)
            {
                if (i > section.FileOffset)
                {
                    AddModRm(image, section, i, isX86, writable, references);
                }
            }
            else if (isX86 && (b is 0xA1 or 0xA2 or 0xA3 || (b & 0xF8) == 0xB8))
            {
                var target = unchecked(Little.U32(bytes, i + 1) - (uint)image.ImageBase);
                if (writable.Covers(target))
                {
                    var access = b == 0xA1 ? Access.Load : b is 0xA2 or 0xA3 ? Access.Write : Access.LoadAddress;
                    var register = access == Access.LoadAddress ? b & 7 : 0;
                    references.Add(new CodeReference(access, (byte)register, false, i, i + 1, i + 5, target, section));
                }
            }
        }
    }

    private static void AddModRm(PeImage image, PeSection section, int modRm, bool isX86, WritableRange writable,
        List<CodeReference> references)
    {
        var bytes = image.Bytes;
        var opcode = bytes[modRm - 1];
        var reg = (bytes[modRm] >> 3) & 7;
        var afterEscape = modRm - 2 >= section.FileOffset && bytes[modRm - 2] == 0x0F;
        var access = OpcodeTable.Classify(opcode, afterEscape, reg, out var immediateSize);
        if (access == Access.None && afterEscape)
        {
            // 0F may also be the last byte of the instruction before.
            afterEscape = false;
            access = OpcodeTable.Classify(opcode, false, reg, out immediateSize);
        }

        var end = modRm + 5 + immediateSize;
        if (access == Access.None || end > section.FileEnd)
        {
            return;
        }

        var operand = Little.U32(bytes, modRm + 1);
        var target = unchecked(isX86 ? operand - (uint)image.ImageBase : section.RvaOf(end) + operand);
        if (!writable.Covers(target))
        {
            return;
        }

        var start = afterEscape ? modRm - 2 : modRm - 1;
        references.Add(
            new CodeReference(access, (byte)reg, IsLocked(bytes, section, start, isX86), start, modRm + 1, end, target, section));
    }

    /// <summary>
    /// F0 before the opcode, on x64 perhaps with a REX prefix of a 32-bit operation (40..47) between.
    /// </summary>
    private static bool IsLocked(byte[] bytes, PeSection section, int start, bool isX86)
    {
        if (start <= section.FileOffset)
        {
            return false;
        }

        return bytes[start - 1] == 0xF0
            || (!isX86 && (bytes[start - 1] & 0xF8) == 0x40 && start - 2 >= section.FileOffset && bytes[start - 2] == 0xF0);
    }

    /// <summary>
    /// The writable sections, with their hull in front as the test that nearly every chance hit fails.
    /// </summary>
    private sealed class WritableRange
    {
        private readonly List<PeSection> _sections = new List<PeSection>();
        private readonly uint _low = uint.MaxValue;
        private readonly uint _high;

        public WritableRange(PeImage image)
        {
            foreach (var section in image.Sections)
            {
                if (section.IsWritable)
                {
                    _sections.Add(section);
                    _low = System.Math.Min(_low, section.Rva);
                    _high = System.Math.Max(_high, section.Rva + section.VirtualSize);
                }
            }
        }

        public bool Covers(uint target)
        {
            if (target < _low || target >= _high)
            {
                return false;
            }

            foreach (var section in _sections)
            {
                if (section.Covers(target, 4))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
