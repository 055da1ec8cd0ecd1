using HalfOpen.Guard.Holding;

namespace HalfOpen.Guard.Leases;

/// <summary>
/// Finds leased slots that nobody returned: somebody else's BPF program may have told the kernel not to call ours any
/// more. A dump may miss a socket while others come and go, so a slot is taken only when two dumps in a row do not show
/// its holder.
/// </summary>
internal sealed class LeaseSweep(Holder holder, ILeasedSlots slots)
{
    private readonly HashSet<ulong> _connecting = [];
    private readonly List<ulong> _holders = [];
    private HashSet<ulong> _missing = [];
    private HashSet<ulong> _missingBefore = [];

    /// <summary>A dump of the sockets in SYN-SENT begins.</summary>
    public void Begin()
    {
        _connecting.Clear();
        _holders.Clear();
        slots.CopyHolders(_holders); // before the dump: who takes a slot later need not be in it
    }

    public void See(ulong cookie) => _connecting.Add(cookie);

    public void End()
    {
        (_missing, _missingBefore) = (_missingBefore, _missing);
        _missing.Clear();
        foreach (var cookie in _holders)
        {
            if (_connecting.Contains(cookie))
            {
                continue;
            }

            if (!_missingBefore.Contains(cookie))
            {
                _missing.Add(cookie);
            }
            else if (slots.TakeOut(cookie))
            {
                holder.FoundLeased(cookie);
            }
        }
    }
}
