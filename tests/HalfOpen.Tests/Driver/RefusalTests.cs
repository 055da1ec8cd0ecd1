using HalfOpen.Driver;
using HalfOpen.TestDrivers;
using Xunit;

namespace HalfOpen.Tests.Driver;

/// <summary>What is never patched, although the limit was found.</summary>
public sealed class RefusalTests
{
    [Theory]
    [InlineData(0u)]
    [InlineData(0x8000_0000u)]
    [InlineData(uint.MaxValue)]
    public void A_limit_that_would_block_everything(uint limit) =>
        AssertRefused(new SyntheticDriverOptions(), limit, RefusalReason.LimitOutOfRange);

    [Fact]
    public void A_file_with_a_signature_inside()
    {
        foreach (var architecture in new[] { DriverArchitecture.X86, DriverArchitecture.X64 })
        {
            AssertRefused(new SyntheticDriverOptions { Architecture = architecture, HasCertificate = true }, 100,
                RefusalReason.EmbeddedSignature);
        }
    }

    [Theory]
    [InlineData(6, 0, 6000)]
    [InlineData(6, 0, 6002)]
    [InlineData(6, 1, 7601)]
    [InlineData(10, 0, 19041)]
    [InlineData(11, 0, 1)]
    public void A_driver_of_Vista_or_later(int major, int minor, int build)
    {
        var options = new SyntheticDriverOptions { Version = new FileVersion(major, minor, build, 1) };
        AssertRefused(options, 100, RefusalReason.Nt6OrLater);
        Assert.Equal(DriverStatus.Found, DriverExaminer.Examine(SyntheticDriver.Build(options).Bytes).Status);
    }

    [Fact]
    public void A_checksum_that_does_not_match_unless_told_otherwise()
    {
        var options = new SyntheticDriverOptions { HasBadChecksum = true };
        AssertRefused(options, 100, RefusalReason.BadChecksum);

        var bytes = SyntheticDriver.Build(options).Bytes;
        var plan = LimitPatch.Plan(bytes, 100, new LimitPatchOptions { AllowBadChecksum = true });
        Assert.Null(plan.Refusal);
        Assert.Equal(SyntheticDriver.Build(options with { HasBadChecksum = false, Limit = 100 }).Bytes, plan.Apply(bytes));

        var same = LimitPatch.Plan(bytes, 10, new LimitPatchOptions { AllowBadChecksum = true });
        Assert.False(same.ChangesNothing);
        Assert.True(DriverExaminer.Examine(same.Apply(bytes)).Checksum!.IsValid);
    }

    [Fact]
    public void A_refused_plan_cannot_be_applied()
    {
        var bytes = SyntheticDriver.Build(3, DriverArchitecture.X86);
        Assert.Throws<InvalidOperationException>(() => LimitPatch.Plan(bytes, 0).Apply(bytes));
    }

    [Fact]
    public void A_driver_without_a_version_is_found_and_patched()
    {
        var bytes = SyntheticDriver.Build(new SyntheticDriverOptions { Seed = 8, InternalName = null }).Bytes;
        var report = DriverExaminer.Examine(bytes);
        Assert.Equal(DriverStatus.Found, report.Status);
        Assert.Null(report.FileVersion);
        Assert.Null(report.InternalName);
        Assert.Equal(DriverKind.Unknown, report.Kind);
        Assert.Same(SystemName.Unknown, report.System);
        Assert.Null(LimitPatch.Plan(bytes, 100).Refusal);
    }

    private static void AssertRefused(SyntheticDriverOptions options, uint limit, RefusalReason reason)
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var bytes = SyntheticDriver.Build(options with { Seed = seed }).Bytes;
            var plan = LimitPatch.Plan(bytes, limit);
            Assert.Equal(reason, plan.Refusal?.Reason);
            Assert.Empty(plan.Edits);
            Assert.EndsWith(".", plan.Refusal!.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', plan.Refusal.Message);
        }
    }
}
