namespace HalfOpen.Core.Policies.Fair;

/// <summary>
/// How many attempts may be out without a slot, because their destinations answered lately: a host that answered may
/// fall silent, and then so many are half-open beyond the limit. In all never more than twice the limit, or 64, and
/// that includes those that made way. Of what is left of that, an owner may have as much as it leaves, and a program
/// half of that (dynamic thresholds: Choudhury and Hahne 1998): one program alone has a third of the whole, and there
/// is always room for one more.
/// </summary>
internal sealed class BeyondSlots
{
    public const int AtLeast = 64;
    public const int PerSlot = 2;
    private int _most;

    public BeyondSlots(int limit) => SetLimit(limit);

    /// <summary>
    /// Attempts that are out without a slot: their destinations answered lately, or they made way.
    /// </summary>
    public int Count { get; private set; }

    /// <summary>Those that were out already when the limit came. They take nothing from the others' room.</summary>
    public int Excess { get; private set; }

    /// <summary>
    /// The bound of <see cref="Count"/> at a limit; after the limit was lowered it may be above for a while.
    /// </summary>
    public static int Most(int limit) => Math.Max(AtLeast, PerSlot * limit);

    /// <summary>There is room for one more of anybody.</summary>
    public bool HasRoom => Count < _most;

    public void SetLimit(int limit) => _most = Most(limit);

    public void Enter(bool isExcess) => Add(isExcess, 1);

    public void Leave(bool isExcess) => Add(isExcess, -1);

    /// <summary>One more may go.</summary>
    /// <param name="program">Attempts of the program that are out without a slot.</param>
    /// <param name="owner">Those of its owner's programs; a program without one: its own.</param>
    public bool MayPass(int program, int owner)
    {
        var room = _most - Count;
        return 2 * program < room && owner < room;
    }

    private void Add(bool isExcess, int change)
    {
        if (isExcess)
        {
            Excess += change;
        }
        else
        {
            Count += change;
        }
    }
}
