namespace HalfOpen.Guard;

/// <summary>When slots are on lease to the kernel, and when they are not.</summary>
internal sealed partial class GuardLoop
{
    private bool _rulesPass;

    /// <summary>Why the kernel gives out no slots, in words; empty where it does.</summary>
    public string LeaseProblem => !_options.Lease ? "switched off"
        : _options.RecordFile is not null ? "every event is recorded"
        : _local.SlotsProblem is { Length: > 0 } problem ? problem
        : !_holder.Engine.Leases ? "the policy must see each attempt before it starts"
        : !_rulesPass ? "the rules cannot tell such SYNs (they need nf_tables)"
        : "";

    private bool CanLease => _options is { Lease: true, RecordFile: null } && _local.Slots is not null;

    /// <summary>Once the rules stand.</summary>
    public void BeginLeasing(IGuardRules rules)
    {
        _rulesPass = CanLease && rules.LeasedPass;
        if (_rulesPass && _local.Slots is { } slots)
        {
            slots.Exempt(_options);
            _holder.LeaseTo(slots);
        }
    }

    /// <summary>
    /// Before the engine decides: nothing starts unasked any more, all that has happened is known, and all slots that
    /// are free are the engine's.
    /// </summary>
    private void MakeReady()
    {
        _holder.CloseLease();
        Learn();
        _holder.TakeLeaseBack();
    }
}
