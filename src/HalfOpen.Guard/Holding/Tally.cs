using HalfOpen.Core;

namespace HalfOpen.Guard.Holding;

/// <summary>
/// Who holds how many waiting attempts, so that neither a program nor an owner can fill the queue alone.
/// </summary>
internal sealed class Tally
{
    private const long Nobody = -1;
    private const long OwnerBit = 1L << 32;
    private readonly Dictionary<long, int> _byKey = [];
    private int[] _byProgram = new int[64];

    /// <summary>Of an owner of the engine, for as long as a program of it is known.</summary>
    public static long KeyOf(OwnerId owner) => OwnerBit | (uint)owner.Index;

    /// <summary>Of a user, where slots are not shared by owner. Forwarded attempts have none.</summary>
    public static long KeyOf(uint? user) => user ?? Nobody;

    /// <summary>Counts one more; gives the program's and the owner's or user's number.</summary>
    public (int Program, int Owner) Add(ProgramId program, long key)
    {
        if (program.Index >= _byProgram.Length)
        {
            Array.Resize(ref _byProgram, Math.Max(_byProgram.Length * 2, program.Index + 1));
        }

        var count = ++_byProgram[program.Index];
        return (count, key == Nobody ? 0 : _byKey[key] = _byKey.GetValueOrDefault(key) + 1);
    }

    public void Remove(ProgramId program, long key)
    {
        _byProgram[program.Index]--;
        if (key == Nobody)
        {
            return;
        }

        var left = _byKey[key] - 1;
        if (left == 0)
        {
            _byKey.Remove(key);
        }
        else
        {
            _byKey[key] = left;
        }
    }
}
