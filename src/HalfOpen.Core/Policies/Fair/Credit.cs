using HalfOpen.Core.Attempts;
using HalfOpen.Core.Queueing;

namespace HalfOpen.Core.Policies.Fair;

/// <summary>
/// Give-ups are paid for with successes (Schechter, Jung and Berger 2004), so that who only scans gains nothing. What
/// cannot be paid for waits here, the oldest first.
/// </summary>
/// <param name="slab">Where attempts live.</param>
/// <param name="perSuccess">Give-ups that one success pays for.</param>
internal sealed class Credit(AttemptSlab slab, int perSuccess)
{
    private const int LeastMost = 64;
    private Account[] _accounts = new Account[16];
    private int[] _savedByOwner = new int[16];

    /// <summary>One give-up is paid for.</summary>
    /// <returns>False: the attempt waits until it is, see <see cref="TakePaid"/>.</returns>
    public bool TryPay(int program, int owner, int attempt)
    {
        ref var account = ref AccountOf(program);
        if (account.Balance > 0)
        {
            account.Balance--;
            SavedBy(owner)--;
            return true;
        }

        slab[attempt].List = FairList.Unpaid;
        account.Unpaid.AddLast(slab, attempt);
        return false;
    }

    /// <summary>
    /// A success. Saved is at most twice the limit, or 64, by all programs of an owner together: an old success is no
    /// licence, and many programs are no purse.
    /// </summary>
    public void Earn(int program, int owner, int limit)
    {
        ref var saved = ref SavedBy(owner);
        var earned = Math.Clamp(Math.Max(LeastMost, 2 * limit) - saved, 0, perSuccess);
        AccountOf(program).Balance += earned;
        saved += earned;
    }

    /// <summary>The next attempt that waited and is paid for now; -1: none.</summary>
    public int TakePaid(int program, int owner)
    {
        ref var account = ref AccountOf(program);
        if (account.Balance == 0 || account.Unpaid.IsEmpty)
        {
            return -1;
        }

        account.Balance--;
        SavedBy(owner)--;
        var attempt = account.Unpaid.RemoveFirst(slab);
        slab[attempt].List = FairList.None;
        return attempt;
    }

    /// <summary>An attempt that waited has ended by itself.</summary>
    public void Leave(int program, int attempt) => AccountOf(program).Unpaid.Remove(slab, attempt);

    /// <summary>The program is forgotten; another takes its index.</summary>
    public void Forget(int program, int owner)
    {
        if (program < _accounts.Length)
        {
            SavedBy(owner) -= _accounts[program].Balance;
            _accounts[program] = default;
        }
    }

    private ref int SavedBy(int owner)
    {
        if (owner >= _savedByOwner.Length)
        {
            Array.Resize(ref _savedByOwner, Math.Max(owner + 1, _savedByOwner.Length * 2));
        }

        return ref _savedByOwner[owner];
    }

    private ref Account AccountOf(int program)
    {
        if (program >= _accounts.Length)
        {
            Array.Resize(ref _accounts, Math.Max(program + 1, _accounts.Length * 2));
        }

        return ref _accounts[program];
    }

    private struct Account
    {
        public int Balance;
        public AttemptList Unpaid;
    }
}
