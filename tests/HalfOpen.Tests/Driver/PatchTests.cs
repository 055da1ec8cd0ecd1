using FsCheck;
using FsCheck.Fluent;
using HalfOpen.Driver;
using HalfOpen.TestDrivers;
using Xunit;

namespace HalfOpen.Tests.Driver;

/// <summary>What a patch does to a driver's bytes, as laws over any layout and any limit.</summary>
public sealed class PatchTests
{
    private const int Cases = 300;

    private static readonly Gen<uint> Limits = Gen.OneOf(
        Gen.Elements(1u, 2u, 9u, 10u, 50u, 100u, 255u, 256u, 65_535u, 65_536u, 0x00FF_FFFFu, 0x7FFF_FFFEu, 0x7FFF_FFFFu),
        Gen.Choose(1, int.MaxValue).Select(n => (uint)n));

    private static readonly Gen<SyntheticDriver> Drivers =
        from seed in Gen.Choose(0, 1_000_000)
        from isX64 in Gen.Elements(false, true)
        from limit in Limits
        select SyntheticDriver.Build(new SyntheticDriverOptions
        {
            Seed = seed, Architecture = isX64 ? DriverArchitecture.X64 : DriverArchitecture.X86, CodeSize = 800, Limit = limit,
        });

    [Fact]
    public void Set_then_read_gives_the_limit() => Holds((driver, limit, _) =>
    {
        var report = DriverExaminer.Examine(Set(driver.Bytes, limit));
        return report.Status == DriverStatus.Found && report.Limit == limit && report.Location!.FileOffset.Value == driver.LimitOffset
            && report.Checksum!.IsValid;
    });

    [Fact]
    public void Only_the_limit_and_the_checksum_differ() => Holds((driver, limit, _) =>
    {
        var patched = Set(driver.Bytes, limit);
        var field = DriverExaminer.Examine(driver.Bytes).Checksum!.Field.Value;
        var differing = Enumerable.Range(0, patched.Length).Where(i => patched[i] != driver.Bytes[i]);
        return patched.Length == driver.Bytes.Length
            && differing.All(i => (i >= driver.LimitOffset && i < driver.LimitOffset + 4) || (i >= field && i < field + 4));
    });

    [Fact]
    public void The_last_limit_set_is_the_one_that_counts() =>
        Holds((driver, a, b) => Set(Set(driver.Bytes, a), b).SequenceEqual(Set(driver.Bytes, b)));

    [Fact]
    public void Setting_the_old_limit_again_gives_the_old_file() =>
        Holds((driver, a, _) => Set(Set(driver.Bytes, a), driver.Options.Limit).SequenceEqual(driver.Bytes));

    [Fact]
    public void Undoing_the_edits_gives_the_old_file() => Holds((driver, a, _) =>
    {
        var plan = LimitPatch.Plan(driver.Bytes, a);
        var patched = plan.Apply(driver.Bytes);
        foreach (var edit in plan.Edits)
        {
            Assert.Equal(edit.After, patched.AsSpan(edit.Offset.Value, edit.Length).ToArray());
            edit.Before.CopyTo(patched, edit.Offset.Value);
        }

        return patched.SequenceEqual(driver.Bytes);
    });

    [Fact]
    public void A_patch_leaves_its_input_alone() => Holds((driver, limit, _) =>
    {
        var copy = driver.Bytes.ToArray();
        Set(copy, limit);
        return copy.SequenceEqual(driver.Bytes);
    });

    [Fact]
    public void What_is_found_does_not_depend_on_the_present_limit()
    {
        var cases = from driver in Drivers from value in Gen.OneOf(Gen.Choose(int.MinValue, int.MaxValue),
            Gen.Elements(0, -1, int.MinValue)) select (driver, unchecked((uint)value));
        Check.One(Seeded.Config(Cases), Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var (driver, value) = c;
            var bytes = driver.Bytes.ToArray();
            BitConverter.TryWriteBytes(bytes.AsSpan(driver.LimitOffset), value);
            var report = DriverExaminer.Examine(bytes);
            return report.Status == DriverStatus.Found && report.Limit == value && report.Location!.FileOffset.Value == driver.LimitOffset
                && report.LimitBlocksEverything == (value is 0 or >= 0x8000_0000);
        }));
    }

    [Fact]
    public void The_same_limit_again_changes_nothing()
    {
        var driver = SyntheticDriver.Build(new SyntheticDriverOptions { Seed = 5, Limit = 77 });
        var plan = LimitPatch.Plan(driver.Bytes, 77);
        Assert.True(plan.ChangesNothing);
        Assert.Equal(driver.Bytes, plan.Apply(driver.Bytes));
        Assert.False(LimitPatch.Plan(driver.Bytes, 78).ChangesNothing);
    }

    [Fact]
    public void A_plan_fits_only_the_bytes_it_was_made_for()
    {
        var bytes = SyntheticDriver.Build(1, DriverArchitecture.X86);
        var plan = LimitPatch.Plan(bytes, 100);
        Assert.Throws<ArgumentException>(() => plan.Apply([.. bytes, 0]));
        Assert.Throws<ArgumentException>(() => plan.Apply(plan.Apply(bytes)));
        var other = bytes.ToArray();
        other[0x20] ^= 1;
        Assert.Throws<ArgumentException>(() => plan.Apply(other));
        Assert.Throws<ArgumentNullException>(() => plan.Apply(null!));
    }

    private static byte[] Set(byte[] bytes, uint limit)
    {
        var plan = LimitPatch.Plan(bytes, limit);
        Assert.Null(plan.Refusal);
        return plan.Apply(bytes);
    }

    private static void Holds(Func<SyntheticDriver, uint, uint, bool> law)
    {
        var cases = from driver in Drivers from a in Limits from b in Limits select (driver, a, b);
        Check.One(Seeded.Config(Cases), Prop.ForAll(cases.ToArbitrary(), c => law(c.driver, c.a, c.b)));
    }
}
