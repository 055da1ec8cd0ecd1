using System.Text.Json;
using HalfOpen.Driver;
using HalfOpen.TestDrivers;
using HalfOpen.Tests.Windows;
using Xunit;

namespace HalfOpen.Tests.Cli;

/// <summary><c>inspect</c> as its users and their scripts see it.</summary>
public sealed class InspectTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task One_driver_is_described_with_its_limit_and_every_evidence()
    {
        var path = _folder.WriteDriver("any-name.bin", seed: 5, limit: 10);
        var (code, output, error) = await CliRunner.RunAsync(["inspect", path]);
        Assert.Equal(0, code);
        Assert.Empty(error);
        Assert.Contains("10 half-open attempts, enforced", output, StringComparison.Ordinal);
        Assert.All(EvidenceNames.All, name => Assert.Contains("✓ " + name, output, StringComparison.Ordinal));
        Assert.Contains("halfopen patch", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_json_document_keeps_its_contract()
    {
        var driver = SyntheticDriver.Build(new SyntheticDriverOptions { Seed = 6, Architecture = DriverArchitecture.X64, Limit = 50 });
        var path = _folder.Write("tcpip.sys", driver.Bytes);
        var (code, output, error) = await CliRunner.RunAsync(["inspect", path, "--json"]);
        Assert.Equal(0, code);
        Assert.Empty(error);
        var json = JsonDocument.Parse(output).RootElement.GetProperty("drivers")[0];
        Assert.Equal(path, json.GetProperty("path").GetString());
        Assert.Equal("tcpip", json.GetProperty("kind").GetString());
        Assert.Equal("5.2.3790.3959", json.GetProperty("fileVersion").GetString());
        Assert.Equal("x64", json.GetProperty("architecture").GetString());
        Assert.Equal(driver.Bytes.Length, json.GetProperty("size").GetInt32());
        Assert.Equal("found", json.GetProperty("status").GetString());
        Assert.Equal(50, json.GetProperty("limit").GetInt32());
        Assert.Equal(driver.LimitOffset, json.GetProperty("limitFileOffset").GetInt32());
        Assert.Equal(driver.ImageBase + driver.StoreRva + 6UL, json.GetProperty("limitVirtualAddress").GetUInt64());
        Assert.True(json.GetProperty("checksum").GetProperty("valid").GetBoolean());
        Assert.Equal(json.GetProperty("checksum").GetProperty("stored").GetUInt32(),
            json.GetProperty("checksum").GetProperty("computed").GetUInt32());
        Assert.Equal("none", json.GetProperty("signature").GetString());
        Assert.Equal("unknown", json.GetProperty("enforced").GetString());
        Assert.Equal("other", json.GetProperty("origin").GetString());
        Assert.Equal(EvidenceNames.All, json.GetProperty("evidence").EnumerateArray().Select(e => e.GetProperty("name").GetString()));
        Assert.All(json.GetProperty("evidence").EnumerateArray(), e => Assert.True(e.GetProperty("holds").GetBoolean()));
        Assert.NotEmpty(json.GetProperty("advice").GetString()!);
    }

    [Fact]
    public async Task All_copies_of_an_installation_are_found_in_any_case_of_letters()
    {
        _folder.WithXp();
        foreach (var place in new[] { _folder.Path, _folder.In("WINDOWS") })
        {
            var (code, output, _) = await CliRunner.RunAsync(["inspect", place, "--json"]);
            Assert.Equal(0, code);
            var paths = JsonDocument.Parse(output).RootElement.GetProperty("drivers").EnumerateArray()
                .Select(d => Path.GetRelativePath(_folder.Path, d.GetProperty("path").GetString()!));
            Assert.Equal(
                ["WINDOWS/system32/drivers/tcpip.sys", "WINDOWS/system32/drivers/tcpip6.sys", "WINDOWS/system32/DllCache/TCPIP.SYS",
                    "WINDOWS/ServicePackFiles/i386/tcpip.sys"], paths);
        }
    }

    [Fact]
    public async Task Unreadable_bytes_are_reported_with_nulls_and_exit_code_1()
    {
        var path = _folder.Write("tcpip.sys", [1, 2, 3]);
        var (code, output, error) = await CliRunner.RunAsync(["inspect", path, "--json"]);
        Assert.Equal(1, code);
        Assert.Empty(error);
        var json = JsonDocument.Parse(output).RootElement.GetProperty("drivers")[0];
        Assert.Equal("unreadable", json.GetProperty("status").GetString());
        foreach (
            var unknown in new[]
                { "fileVersion", "system", "architecture", "limit", "limitFileOffset", "limitVirtualAddress", "signature" })
        {
            Assert.Equal(JsonValueKind.Null, json.GetProperty(unknown).ValueKind);
        }

        Assert.Equal(JsonValueKind.Null, json.GetProperty("checksum").GetProperty("stored").ValueKind);
        Assert.Equal("unknown", json.GetProperty("origin").GetString());
    }

    [Theory]
    [InlineData("no-such-thing")]
    [InlineData("")]
    public async Task No_such_path_is_wrong_usage_in_one_line(string name)
    {
        var (code, output, error) = await CliRunner.RunAsync(["inspect", name.Length == 0 ? "" : _folder.In(name)]);
        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task No_argument_is_wrong_usage()
    {
        var (code, _, error) = await CliRunner.RunAsync(["inspect"]);
        Assert.Equal(2, code);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task A_folder_with_none_says_so_and_is_exit_code_1()
    {
        Directory.CreateDirectory(_folder.In("none"));
        File.WriteAllText(_folder.In("none/readme.txt"), "no driver"); // an empty folder would be an empty mount point
        var (code, output, error) = await CliRunner.RunAsync(["inspect", _folder.In("none"), "--json"]);
        Assert.Equal(1, code);
        Assert.Empty(JsonDocument.Parse(output).RootElement.GetProperty("drivers").EnumerateArray());
        Assert.Contains("--recurse", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Recurse_finds_what_stands_anywhere_below()
    {
        _folder.WriteDriver("a/b/c/Tcpip.Sys", seed: 1);
        Assert.Equal(1, (await CliRunner.RunAsync(["inspect", _folder.Path])).Code);
        Assert.Equal(0, (await CliRunner.RunAsync(["inspect", _folder.Path, "--recurse"])).Code);
    }
}
