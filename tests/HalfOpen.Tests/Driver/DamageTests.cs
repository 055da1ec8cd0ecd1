using HalfOpen.Driver;
using HalfOpen.TestDrivers;
using Xunit;

namespace HalfOpen.Tests.Driver;

/// <summary>Damaged drivers: no exception, nothing written, and nothing found whose evidence is not there.</summary>
public sealed class DamageTests
{
    private const int Groups = 10;
    private const int MutationsPerGroup = 10_000;

    /// <summary>Values that break size and offset arithmetic.</summary>
    private static readonly uint[] Awkward =
        [0, 1, 3, 7, 0x7F, 0x80, 0xFF, 0x200, 0xFFF, 0x1000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_F000, 0xFFFF_FFFC, 0xFFFF_FFFF];

    public static TheoryData<int> GroupNumbers() => [.. Enumerable.Range(0, Groups)];

    [Theory]
    [MemberData(nameof(GroupNumbers))]
    public void A_hundred_thousand_mutations(int group)
    {
        var random = new Random(4226 + group);
        int found = 0, refused = 0;
        for (var i = 0; i < MutationsPerGroup; i++)
        {
            var driver = i % 20 == 0 || Last is null ? Last = NewDriver(random) : Last;
            var bytes = Mutate(driver, random);
            var copy = bytes.ToArray();
            var report = DriverExaminer.Examine(bytes);
            var plan = LimitPatch.Plan(bytes, 100);
            Assert.True(copy.AsSpan().SequenceEqual(bytes), "the input was written to");
            if (report.Status == DriverStatus.Found)
            {
                found++;
                var fault = EvidenceOracle.FindFault(bytes, report);
                Assert.True(fault is null, $"group {group}, mutation {i} of {driver}: {fault}\n{string.Join('\n', report.Evidence)}");
            }

            refused += plan.Refusal is null ? 0 : 1;
            AssertConsistent(report, plan);
        }

        // The mutations are worth something only when many leave the limiter whole and many do not. A stale checksum
        // refuses nearly all of them.
        Assert.InRange(found, MutationsPerGroup / 10, MutationsPerGroup * 9 / 10);
        Assert.InRange(refused, MutationsPerGroup * 9 / 10, MutationsPerGroup);
    }

    [Theory]
    [InlineData(DriverArchitecture.X86)]
    [InlineData(DriverArchitecture.X64)]
    public void Truncation_at_every_byte_is_refused(DriverArchitecture architecture)
    {
        for (var seed = 0; seed < 3; seed++)
        {
            var whole = Small(seed, architecture).Bytes;
            for (var length = 0; length < whole.Length; length++)
            {
                var bytes = whole[..length];
                var report = DriverExaminer.Examine(bytes);
                Assert.NotEqual(DriverStatus.Found, report.Status);
                Assert.NotNull(LimitPatch.Plan(bytes, 100).Refusal);
                AssertConsistent(report, null);
            }
        }
    }

    [Fact]
    public void Any_single_byte_changed_never_escapes_the_checksum()
    {
        var whole = Small(1, DriverArchitecture.X86).Bytes;
        var random = new Random(1);
        for (var at = 0; at < whole.Length; at++)
        {
            var bytes = whole.ToArray();
            bytes[at] ^= (byte)random.Next(1, 256);
            Assert.NotNull(LimitPatch.Plan(bytes, 100).Refusal);
        }
    }

    [Fact]
    public void Random_bytes_behind_a_header_are_not_found()
    {
        var random = new Random(7);
        for (var i = 0; i < 2000; i++)
        {
            var bytes = new byte[random.Next(4096)];
            random.NextBytes(bytes);
            if (i % 2 == 0 && bytes.Length > 0x200)
            {
                Small(i, DriverArchitecture.X64).Bytes.AsSpan(0, 0x200).CopyTo(bytes);
            }

            Assert.NotEqual(DriverStatus.Found, DriverExaminer.Examine(bytes).Status);
        }
    }

    [Fact]
    public void The_oracle_accepts_sound_drivers_and_rejects_false_findings()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var driver = Small(seed, seed % 2 == 0 ? DriverArchitecture.X86 : DriverArchitecture.X64);
            var report = DriverExaminer.Examine(driver.Bytes);
            Assert.Null(EvidenceOracle.FindFault(driver.Bytes, report));
            var bytes = driver.Bytes.ToArray();
            bytes[driver.LimitOffset - 6] = 0x90;
            Assert.NotNull(EvidenceOracle.FindFault(bytes, report));
        }
    }

    [ThreadStatic]
    private static SyntheticDriver? _last;

    private static SyntheticDriver? Last { get => _last; set => _last = value; }

    private static SyntheticDriver Small(int seed, DriverArchitecture architecture) =>
        SyntheticDriver.Build(new SyntheticDriverOptions { Seed = seed, Architecture = architecture, CodeSize = 500 });

    private static SyntheticDriver NewDriver(Random random) => SyntheticDriver.Build(new SyntheticDriverOptions
    {
        Seed = random.Next(),
        Architecture = random.Next(2) == 0 ? DriverArchitecture.X86 : DriverArchitecture.X64,
        CodeSize = 500,
        Decoy = random.Next(5) == 0 ? (Decoy)random.Next(Enum.GetValues<Decoy>().Length) : Decoy.None,
    });

    private static byte[] Mutate(SyntheticDriver driver, Random random)
    {
        var bytes = driver.Bytes.ToArray();
        for (var edits = random.Next(1, 4); edits > 0 && bytes.Length > 8; edits--)
        {
            // A third in the headers, a third around the store, the rest anywhere.
            var at = random.Next(3) switch
            {
                0 => random.Next(Math.Min(0x300, bytes.Length)),
                1 => Math.Clamp(driver.LimitOffset + random.Next(-40, 40), 0, bytes.Length - 1),
                _ => random.Next(bytes.Length),
            };
            switch (random.Next(8))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2 or 3:
                    BitConverter.TryWriteBytes(bytes.AsSpan(Math.Min(at & ~3, bytes.Length - 4)), Awkward[random.Next(Awkward.Length)]);
                    break;
                case 4: // one piece copied over another
                    var length = random.Next(1, Math.Min(64, bytes.Length - at) + 1);
                    bytes.AsSpan(random.Next(bytes.Length - length + 1), length).ToArray().CopyTo(bytes, at);
                    break;
                case 5 when random.Next(4) == 0:
                    bytes = bytes[..random.Next(bytes.Length)];
                    break;
                case 6 when random.Next(4) == 0: // bytes inserted: everything behind moves
                    bytes = [.. bytes[..at], .. new byte[random.Next(1, 9)], .. bytes[at..]];
                    break;
                default:
                    BitConverter.TryWriteBytes(bytes.AsSpan(Math.Min(at, bytes.Length - 4)),
                        unchecked(BitConverter.ToInt32(bytes, Math.Min(at, bytes.Length - 4)) + random.Next(-9, 10)));
                    break;
            }
        }

        return bytes;
    }

    /// <summary>What every report owes its reader.</summary>
    private static void AssertConsistent(DriverReport report, LimitPatch? plan)
    {
        Assert.Equal(report.Status == DriverStatus.Unreadable, report.Problem is not null);
        Assert.Equal(report.Status == DriverStatus.Unreadable ? 0 : 9, report.Evidence.Count);
        Assert.Equal(report.Status == DriverStatus.Found, report.Limit is not null);
        Assert.Equal(report.Status == DriverStatus.Found, report.Location is not null);
        if (report.Status == DriverStatus.NotFound)
        {
            Assert.NotEmpty(report.MissingEvidence);
        }

        if (report.Status == DriverStatus.Found)
        {
            Assert.All(report.Evidence, e => Assert.True(e.Holds));
        }

        if (plan is { Refusal: null })
        {
            Assert.Equal(DriverStatus.Found, report.Status);
            Assert.True(report.Checksum!.IsValid);
        }
    }
}
