using System.Globalization;
using System.Net;
using FsCheck;
using FsCheck.Fluent;
using HalfOpen.Core;
using Xunit;

namespace HalfOpen.Tests.Core;

/// <summary>What people type means one thing, or it is refused.</summary>
public sealed class StrictTextTests
{
    public static TheoryData<string> NoNumbers() =>
        ["", " ", "2,1", "400,0", "1e3", "+5", "-5", " 5", "5 ", "0x10", "NaN", "Infinity", "1_000", "1 000", "1'000", "007", "٣", "５",
            "5\0",
            new string('9', 400)];

    [Theory]
    [MemberData(nameof(NoNumbers))]
    public void No_number_is_read_as_one(string text)
    {
        Assert.Null(NumberText.Whole(text));
        Assert.Null(NumberText.Int(text));
        Assert.Null(NumberText.Unsigned(text));
        Assert.Null(NumberText.Real(text));
        Assert.Null(NumberText.Duration(text + "s"));
    }

    [Fact]
    public void Whole_numbers_have_no_point_and_decimal_ones_have_digits_on_both_sides()
    {
        Assert.Equal(0.25, NumberText.Real("0.25"));
        Assert.All(["2.0", ".5", "5.", "1.2.3", "1.-2", "1.+2"], t => Assert.Null(NumberText.Whole(t)));
        Assert.All([".5", "5.", "1.2.3", "1.-2", "1.+2", "1. 2", "00.5"], t => Assert.Null(NumberText.Real(t)));
    }

    [Fact]
    public void Every_number_that_we_write_is_read_back_and_the_range_holds()
    {
        Prop.ForAll<ulong>(n => NumberText.Unsigned(n.ToString(CultureInfo.InvariantCulture)) == n).QuickCheckThrowOnFailure();
        Prop.ForAll<uint, uint>((n, most) => NumberText.Whole(n.ToString(CultureInfo.InvariantCulture), 0, most) == (n <= most ? n : null))
            .QuickCheckThrowOnFailure();
        Assert.Equal(int.MaxValue, NumberText.Int("2147483647"));
        Assert.Null(NumberText.Int("2147483648"));
        Assert.Null(NumberText.Whole("9223372036854775808"));
        Assert.Null(NumberText.Unsigned("18446744073709551616"));
    }

    [Theory]
    [InlineData("250ms", 250)]
    [InlineData("0s", 0)]
    [InlineData("0.5s", 500)]
    [InlineData("2m", 120_000)]
    [InlineData("2min", 120_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("24h", 86_400_000)]
    public void A_duration_has_a_unit(string text, double ms) => Assert.Equal(ms, NumberText.Duration(text)!.Value.TotalMilliseconds);

    [Fact]
    public void Durations_without_a_unit_or_beyond_a_day_are_refused() =>
        Assert.All(["30", "0", "s", "ms", "30 s", "30S", "30sec", "1d", "24.1h", "86401s", "-1s", "1e9h", "1h30m"],
            t => Assert.Null(NumberText.Duration(t)));

    [Theory]
    [InlineData("1.2.3")]
    [InlineData("1")]
    [InlineData("01.02.03.04")]
    [InlineData("1.2.3.4.5")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("127.1")]
    [InlineData("1.2.3.256")]
    [InlineData("1.2.3.")]
    [InlineData(" 1.2.3.4")]
    [InlineData("1.2.3.4 ")]
    [InlineData("+1.2.3.4")]
    [InlineData("fe80::1%eth0")]
    [InlineData("fe80::1%1")]
    [InlineData("[::1]")]
    [InlineData("::1/64")]
    [InlineData("::ffff:01.2.3.4")]
    [InlineData("::ffff:1.2.3")]
    [InlineData("1::2::3")]
    [InlineData(":::")]
    [InlineData("12345::")]
    [InlineData("")]
    public void No_address_is_read_as_one(string text)
    {
        Assert.Null(AddressText.Address(text));
        if (!text.StartsWith('['))
        {
            Assert.Null(AddressText.EndPoint(text + ":80"));
            Assert.False(Destination.TryParse(text + ":80", out _));
        }

        if (!text.Contains('/'))
        {
            Assert.Null(AddressText.Prefix(text));
            Assert.Null(AddressText.Prefix(text + "/8"));
        }
    }

    [Theory]
    [InlineData("10.0.0.0/8", "10.0.0.0/8")]
    [InlineData("10.1.2.3", "10.1.2.3/32")]
    [InlineData("fd00::/8", "fd00::/8")]
    [InlineData("::1", "::1/128")]
    [InlineData("0.0.0.0/0", "0.0.0.0/0")]
    [InlineData("::ffff:10.0.0.0/104", "10.0.0.0/8")] // the same hosts, as sockets of both families see them
    [InlineData("10.0.0.1/8", null)]
    [InlineData("10.0.0.0/08", null)]
    [InlineData("10.0.0.0/33", null)]
    [InlineData("10.0.0.0/-1", null)]
    [InlineData("10.0.0.0/", null)]
    [InlineData("10.0.0.0/8/8", null)]
    [InlineData("10.0.0.0/255.0.0.0", null)]
    [InlineData("10/8", null)]
    public void Prefixes_have_zeros_after_the_prefix(string text, string? expected) =>
        Assert.Equal(expected, AddressText.Prefix(text)?.ToString());

    [Fact]
    public void Every_address_that_the_framework_writes_is_read_back()
    {
        Prop.ForAll<byte[]>(bytes =>
        {
            var four = new IPAddress([.. bytes.Concat(new byte[4]).Take(4)]);
            var six = new IPAddress([.. bytes.Concat(new byte[16]).Take(16)]);
            return AddressText.Address(four.ToString())!.Equals(four) && AddressText.Address(six.ToString())!.Equals(six)
                && AddressText.EndPoint(new IPEndPoint(six, 443).ToString())!.Port == 443;
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("example.com:443", true)]
    [InlineData("localhost:1", true)]
    [InlineData("xn--mller-kva.example:443", true)]
    [InlineData("192.0.2.1:443", true)]
    [InlineData("[2001:db8::1]:443", true)]
    [InlineData("2001:db8::1:443", false)]
    [InlineData("[192.0.2.1]:443", false)]
    [InlineData("[fe80::1%eth0]:443", false)]
    [InlineData("192.0.2:443", false)]
    [InlineData("1:443", false)]
    [InlineData("example.com", false)]
    [InlineData("example.com:", false)]
    [InlineData("example.com:0", false)]
    [InlineData("example.com:+5", false)]
    [InlineData("example.com: 5", false)]
    [InlineData("example.com:65536", false)]
    [InlineData("exa mple.com:80", false)]
    [InlineData("http://example.com:80", false)]
    [InlineData("-x:80", false)]
    [InlineData("a..b:80", false)]
    [InlineData(":80", false)]
    public void Hosts_with_a_port(string text, bool isOne) => Assert.Equal(isOne, AddressText.HostAndPort(text) is not null);

    [Fact]
    public void No_text_makes_any_of_them_throw()
    {
        var random = new Random(12);
        const string Alphabet = "0123456789.:/%[]+-,exabfmsh \0\u202E٣";
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(24)).Select(_ => Alphabet[random.Next(Alphabet.Length)]));
            _ = (NumberText.Whole(text), NumberText.Real(text), NumberText.Duration(text), AddressText.Address(text));
            _ = (AddressText.Prefix(text), AddressText.EndPoint(text), AddressText.HostAndPort(text), Destination.TryParse(text, out _));
            if (AddressText.Address(text) is { } address)
            {
                Assert.True(IPAddress.TryParse(text, out var framework));
                Assert.Equal(framework, address); // never another one than the framework's: only fewer
            }
        }
    }

    [Theory]
    [InlineData("simulat", "simulate")]
    [InlineData("SIMULATE", "simulate")]
    [InlineData("gaurd", "guard")]
    [InlineData("sim", "simulate")]
    [InlineData("xyz", null)]
    [InlineData("", null)]
    [InlineData("g", null)]
    [InlineData("re", null)]
    public void What_was_meant(string typed, string? expected) =>
        Assert.Equal(expected, Resemblance.Nearest(typed, ["guard", "simulate", "status", "reload", "restore", "replay"]));
}
