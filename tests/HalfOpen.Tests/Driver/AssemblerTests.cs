using System.Reflection.PortableExecutable;
using HalfOpen.Driver;
using HalfOpen.TestDrivers;
using Iced.Intel;
using Xunit;

namespace HalfOpen.Tests.Driver;

/// <summary>
/// The assembled drivers are what they claim: PE files that another reader accepts, with code that a decoder accepts
/// from the first byte to the last.
/// </summary>
public sealed class AssemblerTests
{
    [Theory]
    [InlineData(DriverArchitecture.X86)]
    [InlineData(DriverArchitecture.X64)]
    public void The_code_is_real(DriverArchitecture architecture)
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var driver = SyntheticDriver.Build(new SyntheticDriverOptions { Seed = seed, Architecture = architecture });
            using var pe = new PEReader(new MemoryStream(driver.Bytes));
            Assert.Equal(Subsystem.Native, pe.PEHeaders.PEHeader!.Subsystem);
            Assert.Equal(architecture == DriverArchitecture.X64 ? Machine.Amd64 : Machine.I386, pe.PEHeaders.CoffHeader.Machine);
            foreach (
                var section in pe.PEHeaders.SectionHeaders.Where(s => s.SectionCharacteristics.HasFlag(SectionCharacteristics.MemExecute)))
            {
                var decoder = Decoder.Create(architecture == DriverArchitecture.X64 ? 64 : 32,
                    driver.Bytes.AsSpan(section.PointerToRawData, section.VirtualSize).ToArray());
                while (decoder.IP < (ulong)section.VirtualSize)
                {
                    Assert.False(decoder.Decode().IsInvalid, $"{driver}: {section.Name}+{decoder.IP:X}");
                }
            }
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_driver_and_another_another()
    {
        Assert.Equal(SyntheticDriver.Build(7, DriverArchitecture.X86), SyntheticDriver.Build(7, DriverArchitecture.X86));
        Assert.NotEqual(SyntheticDriver.Build(7, DriverArchitecture.X86), SyntheticDriver.Build(8, DriverArchitecture.X86));
    }
}
