using System.Collections.Generic;
using HalfOpen.Driver.Pe;

namespace HalfOpen.Driver.Locating;

/// <summary>The conditional branch after a comparison.</summary>
internal enum Branch
{
    /// <summary>No conditional jump, or one on equality.</summary>
    Other,

    /// <summary>jl, jge, jle, jg.</summary>
    Signed,

    /// <summary>jb, jae, jbe, ja.</summary>
    Unsigned,
}

/// <summary>
/// One place that loads a global into a register and at once compares the register with another: <c>A1 C; 3B 05 T; 0F
/// 8D</c> or
/// <c>44 8B 1D T; 44 39 1D C; 7D</c>. Offsets are positions in the file.
/// </summary>
internal sealed class Comparison
{
    private Comparison(CodeReference load, CodeReference compare, Branch branch, int end)
    {
        Load = load;
        Compare = compare;
        Branch = branch;
        End = end;
    }

    public CodeReference Load { get; }

    public CodeReference Compare { get; }

    public Branch Branch { get; }

    /// <summary>The byte after the branch, or after the compare when no branch follows.</summary>
    public int End { get; }

    public PeSection Section => Compare.Section;

    /// <summary>The global that is compared with this one, or null when this one is not part of it.</summary>
    public uint? PartnerOf(uint target) =>
        Load.Target == Compare.Target ? null
        : Load.Target == target ? Compare.Target
        : Compare.Target == target ? Load.Target
        : (uint?)null;

    /// <summary>Every comparison among the references, which stand in ascending order.</summary>
    public static List<Comparison> FindAll(PeImage image, List<CodeReference> references)
    {
        var found = new List<Comparison>();
        for (var i = 1; i < references.Count; i++)
        {
            if (references[i].Access != Access.Compare)
            {
                continue;
            }

            // A chance hit may stand between the two, so a few are looked at; a load ends at most one prefix before the
            // compare's opcode.
            for (var j = i - 1; j >= 0 && references[j].End >= references[i].Start - 1; j--)
            {
                if (references[j].Access == Access.Load && references[j].Section == references[i].Section
                    && AreOnePair(image, references[j], references[i]))
                {
                    var branch = ReadBranch(image.Bytes, references[i].End, references[i].Section.FileEnd, out var end);
                    found.Add(new Comparison(references[j], references[i], branch, end));
                    break;
                }
            }
        }

        return found;
    }

    /// <summary>Reads a conditional jump, short or near.</summary>
    public static Branch ReadBranch(byte[] bytes, int at, int limit, out int end)
    {
        var isNear = at + 6 <= limit && bytes[at] == 0x0F && (bytes[at + 1] & 0xF0) == 0x80;
        var isShort = at + 2 <= limit && (bytes[at] & 0xF0) == 0x70;
        end = isNear ? at + 6 : isShort ? at + 2 : at;
        if (!isNear && !isShort)
        {
            return Branch.Other;
        }

        switch (bytes[isNear ? at + 1 : at] & 0x0F)
        {
            case 0xC or 0xD or 0xE or 0xF:
                return Branch.Signed;
            case 0x2 or 0x3 or 0x6 or 0x7:
                return Branch.Unsigned;
            default:
                return Branch.Other;
        }
    }

    private static bool AreOnePair(PeImage image, CodeReference load, CodeReference compare)
    {
        if (load.Register != compare.Register)
        {
            return false;
        }

        if (load.End == compare.Start)
        {
            return true;
        }

        // A REX prefix of a 32-bit operation stands between; when it extends the register, the load's must too.
        var bytes = image.Bytes;
        if (image.Architecture != DriverArchitecture.X64 || load.End != compare.Start - 1 || (bytes[load.End] & 0xF8) != 0x40)
        {
            return false;
        }

        var extends = (bytes[load.End] & 4) != 0;
        return !extends || (load.Start > load.Section.FileOffset && (bytes[load.Start - 1] & 0xFC) == 0x44);
    }
}
