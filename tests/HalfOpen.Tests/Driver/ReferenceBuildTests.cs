using HalfOpen.Driver;
using HalfOpen.TestDrivers;
using Xunit;

namespace HalfOpen.Tests.Driver;

/// <summary>
/// The published numbers of the two reference builds, on files that the tests assemble: same size, same addresses, same
/// checksum before; so the same offset and the same checksum after.
/// </summary>
public sealed class ReferenceBuildTests
{
    /// <summary>XP SP3 x86, 5.1.2600.5512.</summary>
    private static readonly SyntheticDriverOptions XpSp3 = new()
    {
        Architecture = DriverArchitecture.X86,
        IsFlat = true,
        OnlyReferenceForms = true,
        CodeSize = 0x30000,
        Pinned = new PinnedLayout
        {
            FileSize = 361_344,
            PeHeaderOffset = 0x130 - 0x58,
            DataRva = 0x40480,
            InitRva = 0x4F800,
            InitFileOffset = 0x4F800,
            StoreRva = 0x5FA40 - 0x10000,
            ThresholdRva = 0x5049C - 0x10000,
            CounterRva = 0x504A0 - 0x10000,
            PendingRva = 0x50498 - 0x10000,
            Checksum = 0x61C06,
        },
    };

    /// <summary>XP x64 and Server 2003 x64 SP2, 5.2.3790.3959.</summary>
    private static readonly SyntheticDriverOptions XpX64 = new()
    {
        Architecture = DriverArchitecture.X64,
        IsFlat = false,
        OnlyReferenceForms = true,
        CodeSize = 0x90000,
        Pinned = new PinnedLayout
        {
            FileSize = 768_000,
            PeHeaderOffset = 0x148 - 0x58,
            DataRva = 0xA0000,
            InitRva = 0xEF000,
            InitFileOffset = 0xB7800,
            StoreRva = 0xFFDC6 - 0x10000,
            ThresholdRva = 0xB0504 - 0x10000,
            CounterRva = 0xB0508 - 0x10000,
            PendingRva = 0xB0500 - 0x10000,
            Checksum = 0xC7D26,
        },
    };

    [Fact]
    public void Xp_sp3_x86_has_its_published_offset_and_checksums() =>
        AssertPublished(XpSp3, 0x4FA46, 0x5FA46, [0xC7, 0x05, 0x9C, 0x04, 0x05, 0x00], 0x130, 0x61C60, "Windows XP SP3");

    [Fact]
    public void Xp_x64_has_its_published_offset_and_checksums() =>
        AssertPublished(XpX64, 0xB85CC, 0xFFDCC, [0xC7, 0x05, 0x34, 0x07, 0xFB, 0xFF], 0x148, 0xC7D80,
            "Windows XP x64 / Server 2003 x64 SP2");

    /// <summary>The sequences that the facts quote, literally, wherever the operands' bytes stand.</summary>
    [Theory]
    [InlineData(DriverArchitecture.X86, "A1 T 3B 05 T 0F 8D T 39 35 T 0F 85")]
    [InlineData(DriverArchitecture.X86, "A1 T 3B 05 T 7D . 83 F8 14 73")]
    [InlineData(DriverArchitecture.X64, "44 8B 1D T 44 39 1D T 7D . 83 3D T 00 75")]
    [InlineData(DriverArchitecture.X64, "8B 0D T 39 0D T 0F 8D T 8B CF FF C7 83 F9 14 73")]
    public void The_quoted_sequences_are_in_the_files_that_are_found(DriverArchitecture architecture, string sequence)
    {
        var driver = SyntheticDriver.Build(architecture == DriverArchitecture.X64 ? XpX64 : XpSp3);
        LocatorTests.AssertFound(driver);
        var pattern = sequence.Split(' ')
            .SelectMany(s => s switch { "T" => new int[] { -1, -1, -1, -1 }, "." => [-1], _ => [Convert.ToInt32(s, 16)] }).ToArray();
        var isThere = false;
        for (var at = 0; at <= driver.Bytes.Length - pattern.Length && !isThere; at++)
        {
            var i = 0;
            while (i < pattern.Length && (pattern[i] < 0 || driver.Bytes[at + i] == pattern[i]))
            {
                i++;
            }

            isThere = i == pattern.Length;
        }

        Assert.True(isThere, sequence);
    }

    [Fact]
    public void Known_originals_only_name_what_is_on_record()
    {
        Assert.Equal("Windows XP SP3, 5.1.2600.5512",
            KnownOriginals.Find("013008E23F5F14E0C836C28524D1181759BAF84530C6331163882A772217F398")!.ToString());
        Assert.Equal("Windows Server 2003 SP2, 5.2.3790.3959, tcpip6.sys",
            KnownOriginals.Find("0ae05ae064df2afeed4000a542284bdd75bb1365e2dcdff542b7a685edc936a2")!.ToString());
        Assert.True(KnownOriginals.IsOriginal("01b150bda82c126ca63ea0659539b3db1fc39cb19b4d7a8de6eb66bdc1dec638"));
        Assert.False(KnownOriginals.IsOriginal("211e0c3ea38e1f3441ab359ec5eb734c82f726101f676339889c80ee4d3a1f08"));
        Assert.Null(KnownOriginals.Find("00"));
        Assert.Equal(9, KnownOriginals.All.Select(k => k.Sha256).Distinct().Count());
        Assert.All(KnownOriginals.All, k => Assert.Matches("^[0-9a-f]{64}$", k.Sha256));
    }

    [Fact]
    public void A_limit_is_set_back_to_what_the_original_was_to_the_byte()
    {
        var original = SyntheticDriver.Build(XpSp3).Bytes;
        var edited = LimitPatch.Plan(original, 500).Apply(original);
        Assert.Equal(original, KnownOriginals.SetBack(edited, DriverExaminer.Examine(edited)));
        edited[0x130]++; // a careless edit: the checksum is wrong too
        Assert.Equal(original, KnownOriginals.SetBack(edited, DriverExaminer.Examine(edited)));
        Assert.Equal(original, KnownOriginals.SetBack(original, DriverExaminer.Examine(original)));
        Assert.Null(KnownOriginals.SetBack([1, 2, 3], DriverExaminer.Examine([1, 2, 3])));
    }

    private static void AssertPublished(SyntheticDriverOptions options, int offset, ulong address, byte[] instruction, int field,
        uint checksumAt100, string system)
    {
        var driver = SyntheticDriver.Build(options);
        Assert.Equal(options.Pinned!.FileSize, driver.Bytes.Length);
        var report = LocatorTests.AssertFound(driver);
        Assert.Equal(offset, report.Location!.FileOffset.Value);
        Assert.Equal(address, report.Location.VirtualAddress.Value);
        Assert.Equal(instruction, driver.Bytes.AsSpan(offset - 6, 6).ToArray());
        Assert.Equal(field, report.Checksum!.Field.Value);
        Assert.Equal(options.Pinned.Checksum, report.Checksum.Stored);
        Assert.Equal(system, report.System.Text);

        var plan = LimitPatch.Plan(driver.Bytes, 100);
        Assert.Null(plan.Refusal);
        Assert.Equal([offset, field], plan.Edits.Select(e => e.Offset.Value));
        Assert.Equal([100, 0, 0, 0], plan.Edits[0].After);
        Assert.Equal(checksumAt100, BitConverter.ToUInt32(plan.Edits[1].After));
        Assert.Equal(checksumAt100, DriverExaminer.Examine(plan.Apply(driver.Bytes)).Checksum!.Stored);
    }
}
