using HalfOpen.Core;

namespace HalfOpen.Guard.Holding;

/// <summary>
/// Who holds how many waiting attempts, so that neither a program nor a user can fill the queue alone.
/// </summary>
internal sealed class Tally
{
    private readonly Dictionary<uint, int> _byUser = [];
    private int[] _byProgram = new int[64];

    /// <summary>Counts one more; gives the program's and the user's number. Forwarded attempts have no user.</summary>
    public (int Program, int User) Add(ProgramId program, uint? user)
    {
        if (program.Index >= _byProgram.Length)
        {
            Array.Resize(ref _byProgram, Math.Max(_byProgram.Length * 2, program.Index + 1));
        }

        var count = ++_byProgram[program.Index];
        return (count, user is { } id ? _byUser[id] = _byUser.GetValueOrDefault(id) + 1 : 0);
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
