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

    /// <summary>One give-up is paid for.</summary>
    /// <returns>False: the attempt waits until it is, see <see cref="TakePaid"/>.</returns>
    public bool TryPay(int program, int attempt)
    {
        ref var account = ref AccountOf(program);
        if (account.Balance > 0)
        {
            account.Balance--;
            return true;
        }

        slab[attempt].List = FairList.Unpaid;
        account.Unpaid.AddLast(slab, attempt);
        return false;
    }

    /// <summary>A success. Saved is at most twice the limit, or 64: an old success is no licence.</summary>
    public void Earn(int program, int limit)
    {
        ref var account = ref AccountOf(program);
        account.Balance = Math.Min(account.Balance + perSuccess, Math.Max(LeastMost, 2 * limit));
    }

    /// <summary>The next attempt that waited and is paid for now; -1: none.</summary>
    public int TakePaid(int program)
    {
        ref var account = ref AccountOf(program);
        if (account.Balance == 0 || account.Unpaid.IsEmpty)
        {
            return -1;
        }

        account.Balance--;
        var attempt = account.Unpaid.RemoveFirst(slab);
        slab[attempt].List = FairList.None;
        return attempt;
    }

    /// <summary>An attempt that waited has ended by itself.</summary>
    public void Leave(int program, int attempt) => AccountOf(program).Unpaid.Remove(slab, attempt);

    /// <summary>The program is forgotten; another takes its index.</summary>
    public void Forget(int program)
    {
        if (program < _accounts.Length)
        {
            _accounts[program] = default;
        }
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
