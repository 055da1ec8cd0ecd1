using Xunit;

namespace HalfOpen.Tests.Windows;

/// <summary>A fault at every step of what is done to an installed Windows: see <see cref="FaultPlace"/>.</summary>
public sealed class TransactionFaultTests
{
    private readonly FaultPlace _windows = new(() => new TemporaryFolder().WithXp(), "", isPacked: false);

    public static TheoryData<object, bool> Faults() => new()
    {
        { Fault.Kill, true }, { Fault.FailOnce, true }, { Fault.FailForever, true },
        { Fault.Kill, false }, { Fault.FailOnce, false }, { Fault.FailForever, false }, // files with one name
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_first_patch_survives_a_fault_at_every_step(object fault, bool hasLinks) =>
        _windows.AtEveryStep((Fault)fault, hasLinks, _ => { }, (f, ops) => _windows.Patch(f, 100, ops), newLimit: 100);

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_second_patch_survives_a_fault_at_every_step(object fault, bool hasLinks) =>
        _windows.AtEveryStep((Fault)fault, hasLinks, f => _windows.Patch(f, 50), (f, ops) => _windows.Patch(f, 100, ops), newLimit: 100);

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_restore_survives_a_fault_at_every_step(object fault, bool hasLinks) =>
        _windows.AtEveryStep((Fault)fault, hasLinks, f => _windows.Patch(f, 50), _windows.Restore, newLimit: 10);

    [Theory]
    [MemberData(nameof(Faults))]
    public void Setting_an_old_backup_aside_survives_a_fault_at_every_step(object fault, bool hasLinks)
    {
        const string Driver = "WINDOWS/system32/drivers/tcpip.sys";
        _windows.SettingAsideAtEveryStep((Fault)fault, hasLinks, f => f.WriteDriver(Driver, seed: 5), Driver);
    }
}
