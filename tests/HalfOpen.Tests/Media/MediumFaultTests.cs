using HalfOpen.Driver;
using HalfOpen.TestDrivers;
using HalfOpen.TestMedia;
using HalfOpen.Tests.Windows;
using Xunit;

namespace HalfOpen.Tests.Media;

/// <summary>
/// A fault at every single step of what is done to a medium, with packed drivers and a cabinet: see
/// <see cref="FaultPlace"/>.
/// </summary>
public sealed class MediumFaultTests
{
    private readonly FaultPlace _medium = new(() => new TemporaryFolder().WithMedium(), "cd", isPacked: true);

    public static TheoryData<object, bool> Faults() => new()
    {
        { Fault.Kill, true }, { Fault.FailOnce, true }, { Fault.FailForever, true },
        { Fault.Kill, false }, { Fault.FailOnce, false }, // where a file has one name only
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_first_patch_survives_a_fault_at_every_step(object fault, bool hasLinks) =>
        _medium.AtEveryStep((Fault)fault, hasLinks, _ => { }, (f, ops) => _medium.Patch(f, 100, ops), newLimit: 100);

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_restore_survives_a_fault_at_every_step(object fault, bool hasLinks) =>
        _medium.AtEveryStep((Fault)fault, hasLinks, f => _medium.Patch(f, 50), _medium.Restore, newLimit: 10);

    /// <summary>A service pack was slipstreamed over a patched medium; of the cabinet's drivers one was replaced, or
    /// both.</summary>
    [Theory]
    [InlineData(Fault.Kill, true)]
    [InlineData(Fault.Kill, false)]
    [InlineData(Fault.FailOnce, true)]
    public void Setting_old_backups_aside_survives_a_fault_at_every_step(object fault, bool both)
    {
        var tcpip = SyntheticDriver.Build(5, DriverArchitecture.X86);
        var tcpip6 = SyntheticDriver.Build(new SyntheticDriverOptions { Seed = 6, InternalName = "tcpip6.sys" }).Bytes;
        _medium.SettingAsideAtEveryStep((Fault)fault, hasLinks: true, f =>
        {
            f.Write("cd/I386/TCPIP.SY_", CabinetBuilder.Single("tcpip.sys", tcpip));
            f.Write("cd/I386/SP3.CAB", SampleMedium.Cabinet(tcpip, both ? tcpip6 : null));
        }, "cd/I386/TCPIP.SY_", "cd/I386/SP3.CAB");
    }
}
