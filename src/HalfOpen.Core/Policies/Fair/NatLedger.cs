namespace HalfOpen.Core.Policies.Fair;

/// <summary>
/// Entries a NAT device is believed to hold. Remains are kept as counts in a ring of quarter seconds, always rounded
/// up: bounded memory, one addition an event.
/// </summary>
internal sealed class NatLedger(int budget, TimeSpan silentHold, TimeSpan closedHold, long now)
{
    private const long StepTicks = TimeSpan.TicksPerMillisecond * 250;
    private const int Steps = 4096; // 1,024 s, more than the longest hold
    private readonly int[] _leaving = new int[Steps];
    private long _step = now / StepTicks;
    private int _remains;
    private int _live;
    private int _open;

    public int Entries => _live + _open + _remains;

    /// <summary>Room for anybody.</summary>
    public bool HasRoom => Entries < budget;

    /// <summary>Room beyond what is kept for newcomers: a fiftieth of the budget, at least one entry.</summary>
    public bool HasRoomForAll => Entries < budget - Math.Max(1, budget / 50);

    /// <summary>When the next remains leave, if any: asked only while somebody waits for room.</summary>
    public long NextDue => _remains == 0 ? long.MaxValue : (_step + 1) * StepTicks;

    public void Open() => _live++;

    public void Establish()
    {
        _live--;
        _open++;
    }

    /// <summary>A connection ended. One that began before this ledger is not in it.</summary>
    public void CloseConnection(long now)
    {
        if (_open > 0)
        {
            _open--;
            Remain(now + closedHold.Ticks, now);
        }
    }

    /// <summary>Nobody answered; <paramref name="lastSyn"/> is the last that could have gone out.</summary>
    public void LeaveSilent(long lastSyn, long now) => Leave(lastSyn + silentHold.Ticks, now);

    public void LeaveClosed(long now) => Leave(now + closedHold.Ticks, now);

    public void AdvanceTo(long now)
    {
        var step = now / StepTicks;
        if (_remains == 0)
        {
            _step = step;
            return;
        }

        for (; _step < step && _remains > 0; _step++)
        {
            ref var leaving = ref _leaving[(int)((_step + 1) % Steps)];
            _remains -= leaving;
            leaving = 0;
        }

        _step = step;
    }

    private void Leave(long at, long now)
    {
        _live--;
        Remain(at, now);
    }

    private void Remain(long at, long now)
    {
        AdvanceTo(now);
        var step = (at + StepTicks - 1) / StepTicks;
        if (step > _step)
        {
            _leaving[(int)(step % Steps)]++;
            _remains++;
        }
    }
}
