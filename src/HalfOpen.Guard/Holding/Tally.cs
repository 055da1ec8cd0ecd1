using HalfOpen.Core;

namespace HalfOpen.Guard.Holding;

/// <summary>Who holds how many waiting attempts, so that neither a program nor a user can fill the queue alone.</summary>
internal sealed class Tally
{
    private readonly Dictionary<uint, int> _byUser = [];
    private int[] _byProgram = new int[64];

    /// <summary>Counts one more; gives the larger of both counts. Forwarded attempts have no user.</summary>
    public int Add(ProgramId program, uint? user)
    {
        if (program.Index >= _byProgram.Length)
        {
            Array.Resize(ref _byProgram, Math.Max(_byProgram.Length * 2, program.Index + 1));
        }

        var count = ++_byProgram[program.Index];
        return user is { } id ? Math.Max(count, _byUser[id] = _byUser.GetValueOrDefault(id) + 1) : count;
    }

    public void Remove(ProgramId program, uint? user)
    {
        _byProgram[program.Index]--;
        if (user is { } id)
        {
            var left = _byUser[id] - 1;
            if (left == 0)
            {
                _byUser.Remove(id);
            }
            else
            {
                _byUser[id] = left;
            }
        }
    }
}
