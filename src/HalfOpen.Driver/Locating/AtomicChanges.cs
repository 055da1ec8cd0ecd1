using System.Collections.Generic;
using HalfOpen.Driver.Pe;

namespace HalfOpen.Driver.Locating;

/// <summary>
/// The atomic changes of one counter: <c>F0 FF 05/0D</c>, <c>F0 [REX] 0F C1 /r</c>, and on x86 <c>B8+r &amp;C</c> ... <c>F0 0F C1 [r]</c>. The sign of an
/// exchange-add is that of the constant its register was given before.
/// </summary>
internal sealed class AtomicChanges
{
    /// <summary>How far after loading the counter's address the exchange-add may stand, in bytes.</summary>
    private const int AddressWindow = 64;

    private readonly Seen<int> _counted = new Seen<int>();

    private AtomicChanges()
    {
    }

    public int Increments { get; private set; }

    public int Decrements { get; private set; }

    /// <summary>Exchange-adds of something that is not plainly 1 or -1.</summary>
    public int Undetermined { get; private set; }

    /// <value>
    /// Both kinds are there. An exchange-add of unknown sign (its register may have been set far away) can stand for the kind that is missing, but not for both.
    /// </value>
    public bool CanBeBothWays => Increments > 0 ? Decrements > 0 || Undetermined > 0 : Decrements > 0 && Undetermined > 0;

    public int Total => Increments + Decrements + Undetermined;

    /// <summary>The operands of the instructions counted, as file offsets.</summary>
    public List<CodeReference> References { get; } = new List<CodeReference>();

    public static AtomicChanges Of(CodeView view, uint counter)
    {
        var changes = new AtomicChanges();
        foreach (var reference in view.ReferencesTo(counter))
        {
            switch (reference.Access)
            {
                case Access.Increment or Access.Decrement when reference.IsLocked:
                    changes.Add(reference, reference.Start, reference.Access == Access.Increment ? 1 : -1);
                    break;
                case Access.ExchangeAdd when reference.IsLocked:
                    var register = reference.Register + (Extends(view.Image, reference.Start) ? 8 : 0);
                    changes.Add(reference, reference.Start, ConstantBefore.SignOf(view.Image, reference.Section, reference.Start, reference.End, register));
                    break;
                case Access.LoadAddress:
                    changes.AddThroughRegister(view, reference);
                    break;
            }
        }

        return changes;
    }

    private static bool Extends(PeImage image, int start) =>
        image.Architecture == DriverArchitecture.X64 && start > 0 && (image.Bytes[start - 1] & 0xFC) == 0x44;

    private void AddThroughRegister(CodeView view, CodeReference load)
    {
        var bytes = view.Image.Bytes;
        if (load.Register is 4 or 5)
        {
            return; // [esp] and [ebp] take another form
        }

        var limit = System.Math.Min(load.End + AddressWindow, load.Section.FileEnd - 4);
        for (var at = load.End; at <= limit; at++)
        {
            if (bytes[at] == 0xF0 && bytes[at + 1] == 0x0F && bytes[at + 2] == 0xC1 && (bytes[at + 3] & 0xC7) == load.Register)
            {
                Add(load, at + 1, ConstantBefore.SignOf(view.Image, load.Section, at + 1, at + 4, (bytes[at + 3] >> 3) & 7));
            }
            else if (bytes[at] == 0xB8 + load.Register && IsAnotherLoad(view, at))
            {
                return;
            }
        }
    }

    private static bool IsAnotherLoad(CodeView view, int at)
    {
        for (var i = view.FirstReferenceFrom(at + 1); i < view.References.Count && view.References[i].Operand == at + 1; i++)
        {
            if (view.References[i].Access == Access.LoadAddress)
            {
                return true;
            }
        }

        return false;
    }

    private void Add(CodeReference reference, int at, int sign)
    {
        if (!_counted.Add(at))
        {
            return;
        }

        References.Add(reference);
        Increments += sign > 0 ? 1 : 0;
        Decrements += sign < 0 ? 1 : 0;
        Undetermined += sign == 0 ? 1 : 0;
    }
}
