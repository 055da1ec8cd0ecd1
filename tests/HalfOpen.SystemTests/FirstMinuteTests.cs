using HalfOpen.SystemTests.Guard;
using Xunit;

namespace HalfOpen.SystemTests;

/// <summary>
/// The first minute of somebody who is not alone on the machine: root and the checkout's owner in both orders, a
/// checkout that is not mine, a dotnet that sudo hides, no home. A stand-in for dotnet notes who built, where and with
/// which home; ids are of nobody on this machine, and a stand-in for getent knows them.
/// </summary>
public sealed class FirstMinuteTests : IDisposable
{
    private const string Owner = "23001";
    private const string Stranger = "23002";
    private readonly string _folder = Directory.CreateTempSubdirectory("halfopen-first-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Root_first_and_then_the_owner()
    {
        await MakeAsync(Owner);
        Assert.Equal("ran a\n", await RunAsync("0", "a"));
        Assert.Equal("ran b\n", await RunAsync(Owner, "b"));
        Assert.Equal($"{Owner} .build home\n", await BuildsAsync()); // once, and by the owner
        Assert.Equal("", await OutputAsync($"find $D/checkout -user 0"));
        await TouchAsync();
        Assert.Equal("ran c\n", await RunAsync(Owner, "c"));
        await TouchAsync();
        Assert.Equal("ran d\n", await RunAsync("0", "d"));
        Assert.Equal("", await OutputAsync($"find $D/checkout -user 0"));
    }

    [Fact]
    public async Task The_owner_first_and_then_root()
    {
        await MakeAsync(Owner);
        Assert.Equal("ran a\n", await RunAsync(Owner, "a"));
        Assert.Equal("ran b\n", await RunAsync("0", "b"));
        Assert.Equal($"{Owner} .build home\n", await BuildsAsync());
    }

    [Fact]
    public async Task What_root_left_there_before_does_not_keep_the_owner_out()
    {
        await MakeAsync(Owner);
        await OutputAsync("mkdir -p $D/checkout/.build $D/checkout/src/HalfOpen.Cli/obj && touch $D/checkout/.build/lock");
        Assert.Equal("ran a\n", await RunAsync(Owner, "a"));
        Assert.Equal("ran b\n", await RunAsync("0", "b"));
        Assert.StartsWith($"{Owner} cache home\n", await BuildsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_checkout_of_roots_serves_everybody_and_what_is_missing_everybody_builds_for_himself()
    {
        await MakeAsync("0");
        Assert.Equal("ran a\n", await RunAsync(Stranger, "a"));
        Assert.Equal("ran b\n", await RunAsync(Stranger, "b"));
        Assert.Equal("ran c\n", await RunAsync("0", "c"));
        Assert.Equal("ran d\n", await RunAsync(Stranger, "d"));
        Assert.Equal($"{Stranger} cache home\n0 .build home\n", await BuildsAsync());
    }

    [Theory]
    [InlineData("env -u HOME")]
    [InlineData("env HOME=/nonexistent")]
    [InlineData("env HOME=/")] // exists, and is not mine
    public async Task Without_a_home_of_ones_own_the_build_has_one_in_its_folder(string how)
    {
        await MakeAsync(Owner);
        Assert.Equal("ran a\n", await RunAsync(Owner, "a", how));
        Assert.Equal($"{Owner} .build .build/home\n", await BuildsAsync());
    }

    [Fact]
    public async Task Without_a_home_and_in_a_checkout_of_others_it_builds_in_a_folder_that_is_its_own()
    {
        await MakeAsync("0");
        await OutputAsync($"mkdir -p $D/tmp && chmod 1777 $D/tmp && ln -s $D/home {"$D/tmp/halfopen-" + Stranger}");
        var (code, _, error) = await TryAsync(Stranger, "a", "env -u HOME TMPDIR=$D/tmp");
        Assert.Equal(2, code); // a link that somebody laid is not followed
        Assert.Single(error.TrimEnd().Split('\n'));
        await OutputAsync($"rm $D/tmp/halfopen-{Stranger}");
        Assert.Equal("ran a\n", await RunAsync(Stranger, "a", "env -u HOME TMPDIR=$D/tmp"));
        Assert.Equal($"{Stranger} tmp tmp\n", await BuildsAsync());
    }

    [Fact]
    public async Task The_dotnet_at_home_is_found_where_sudo_hides_it()
    {
        await MakeAsync(Owner);
        await OutputAsync(
            $"mkdir -p $D/home-{Owner}/.dotnet && mv $D/tools/dotnet $D/home-{Owner}/.dotnet/ && chown -R {Owner} $D/home-{Owner}");
        Assert.Equal("ran a\n", await RunAsync("0", "a"));
        Assert.Equal("ran b\n", await RunAsync(Owner, "b"));
        Assert.Equal($"{Owner} .build home\n", await BuildsAsync());
    }

    [Fact]
    public async Task A_dotnet_that_only_root_has_builds_for_root_and_leaves_nothing_in_the_checkout()
    {
        await MakeAsync(Owner);
        await OutputAsync("mkdir -p $D/home-0/.dotnet && mv $D/tools/dotnet $D/home-0/.dotnet/ && chmod 700 $D/home-0");
        Assert.Equal("ran a\n", await RunAsync("0", "a"));
        Assert.Equal("0 cache home\n", await BuildsAsync());
        Assert.Equal("", await OutputAsync($"find $D/checkout -user 0"));
        var (code, _, error) = await TryAsync(Owner, "b");
        Assert.Equal(2, code);
        Assert.Contains(".NET SDK 10", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("error NU1301: no feed")]
    [InlineData("a.cs(1,1): error CS1002: ; expected")]
    public async Task What_a_build_failed_by_is_said_and_stays_in_its_log(string message)
    {
        await MakeAsync(Owner);
        await OutputAsync($"sed -i '/^mkdir -p/i echo \"{message}\"; exit 1' $D/tools/dotnet");
        var (code, output, error) = await TryAsync(Owner, "a");
        Assert.Equal((2, ""), (code, output));
        Assert.StartsWith(message + "\n", error, StringComparison.Ordinal);
        Assert.Equal(message + "\n", await OutputAsync("cat $D/checkout/.build/build.log"));
    }

    /// <summary>A checkout of somebody's, homes, and tools without any real dotnet.</summary>
    private async Task MakeAsync(string owner)
    {
        Needs.Root();
        await File.WriteAllTextAsync(Path.Combine(_folder, "dotnet"), """
            #!/usr/bin/env bash
            if [ "$1" = --list-sdks ]; then echo "10.0.100 [/sdk]"; exit; fi
            if [ "$1" != publish ]; then [ -f "$1" ] && echo "ran ${*:2}"; exit; fi
            place() { case $1 in */.build/home) echo .build/home ;; */.build*) echo .build ;; */.cache/*) echo cache ;; $D/tmp/*) echo tmp ;; *) echo home ;; esac; }
            echo "$(id -u) $(place "${@: -1}") $(place "$HOME")" >>"$D/builds"
            [ -w "$HOME" ] || exit 1
            mkdir -p "${@: -1}" && touch "${@: -1}/halfopen.dll"
            """);
        await File.WriteAllTextAsync(Path.Combine(_folder, "getent"), $"""
            #!/bin/bash
            echo "x:x:$2:$2::{_folder}/home-$2:/bin/sh"
            """);
        await OutputAsync($"""
            set -e; cd $D; chmod 755 .; mkdir -p checkout/src/HalfOpen.Cli tools; touch builds; chmod 666 builds
            touch checkout/src/HalfOpen.Cli/Program.cs checkout/Directory.Build.props checkout/Directory.Packages.props checkout/global.json
            cp $H checkout/halfopen; chmod 755 dotnet getent; mv dotnet getent tools/
            for tool in bash env dirname readlink mkdir flock find sort cksum cat id stat cut tr grep uname head tail rm mv touch setpriv test
              do ln -s "$(type -P $tool)" tools/$tool; done
            for user in 0 {Owner} {Stranger}; do mkdir home-$user; chown $user:$user home-$user; done
            chown -R {owner}:{owner} checkout
            """);
    }

    private async Task<string> RunAsync(string user, string words, string how = "")
    {
        var (code, output, error) = await TryAsync(user, words, how);
        Assert.True(code == 0, $"as {user}: {code}: {output}{error}");
        Assert.Empty(error);
        return output;
    }

    private Task<(int Code, string Out, string Error)> TryAsync(string user, string words, string how = "") => FolderShell.RunAsync(
        $"cd $D; umask 022; HOME=$D/home-{user} PATH=$D/tools HALFOPEN_BUILD=runtime HALFOPEN_DOTNET_FOLDERS= "
        + $"setpriv --reuid {user} --regid {user} --clear-groups {how} $D/checkout/halfopen {words}", _folder);

    private Task<string> BuildsAsync() => OutputAsync("cat $D/builds");

    private Task TouchAsync() =>
        OutputAsync("touch $D/checkout/src/HalfOpen.Cli/Program.cs; touch -c -d '-1 hour' $D/checkout/.build/stamp");

    private async Task<string> OutputAsync(string command)
    {
        var (code, output, error) = await FolderShell.RunAsync(command, _folder);
        Assert.True(code == 0, command + ": " + error);
        return output;
    }
}
