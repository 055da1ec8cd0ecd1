using HalfOpen.Driver;
using HalfOpen.SystemTests.Guard;
using HalfOpen.TestDrivers;
using HalfOpen.TestMedia;
using Xunit;

namespace HalfOpen.SystemTests.Windows;

/// <summary>The command line built for Windows, run by Wine. Each test has a folder of its own.</summary>
public sealed class WineTests(WindowsBuild build) : IClassFixture<WindowsBuild>
{
    private static readonly byte[] Driver = SyntheticDriver.Build(1, DriverArchitecture.X86);

    [Fact]
    public async Task A_Windows_on_another_drive_is_inspected_patched_and_restored_and_Linux_understands_it()
    {
        WriteXp("xps/xp");
        await DoneAsync("xps", """
            chmod 444 xp/WINDOWS/system32/dllcache/tcpip.sys; cp -a xp before
            $X inspect "$W\\xp" | grep -qF "$W\\xp\\WINDOWS\\system32\\drivers\\tcpip.sys" || exit 1
            $X inspect "$W\\xp" --json | grep -c '"limit": 10,' | grep -qx 2 || exit 2
            $X patch "$W\\xp" --yes >/dev/null && $H inspect xp --json | grep -c '"origin": "halfopen"' | grep -qx 2 || exit 3
            $H restore xp --yes >/dev/null && diff -r before xp || exit 4
            $H patch xp --yes --limit 50 >/dev/null && $X patch 'xp\WINDOWS' --yes >/dev/null && $H inspect xp | grep -c '100 half-open' | grep -qx 2 || exit 5
            $X restore "$W/xp/" --yes >/dev/null && diff -r before xp && [ "$(find xp -type f | wc -l)" = 2 ] || exit 6
            [ "$(stat -c %a xp/WINDOWS/system32/dllcache/tcpip.sys)" = 444 ] || exit 7
            """);
    }

    [Fact]
    public async Task A_drive_letter_leads_to_the_drive()
    {
        WriteXp("drives/drive");
        await DoneAsync("drives", """
            cp -r drive/WINDOWS/system32 "$WINEPREFIX/drive_c/old" && cd "$WINEPREFIX/drive_c"
            $X patch 'C:\old\drivers\tcpip.sys' --yes | grep -F 'C:\old\drivers\tcpip.sys' >/dev/null || exit 1
            cmp -s old/drivers/tcpip.sys old/dllcache/tcpip.sys && exit 2
            $X restore c:old --yes >/dev/null && cmp old/drivers/tcpip.sys old/dllcache/tcpip.sys || exit 3
            $X inspect 'C:\nothing' 2>error; [ $? = 2 ] && [ "$(tr -d '\r' <error)" = 'halfopen: C:\nothing: no such file or folder.' ] || exit 4
            """);
    }

    [Fact]
    public async Task A_file_that_another_program_has_open_is_refused_in_one_line()
    {
        WriteXp("locks/locked");
        await DoneAsync("locks", """
            cp -r locked before; mkfifo hold
            f=locked/WINDOWS/system32/dllcache/tcpip.sys
            wine cmd /c "set /p x= >> $(echo $f | tr / '\\')" <hold >/dev/null 2>&1 & p=$!
            exec 5>hold
            for n in $(seq 100); do $X inspect $f >out; grep -q 'another program has it open' out && break; sleep 0.1; done
            $X patch locked --yes >out 2>error; [ $? = 1 ] && [ "$(wc -l <error)" = 1 ] && grep -q 'nothing is written.*another program has it open' error || exit 1
            cmp before/WINDOWS/system32/drivers/tcpip.sys locked/WINDOWS/system32/drivers/tcpip.sys || exit 2
            exec 5>&-; wait $p; [ "$(find locked -type f | wc -l)" = 2 ]
            """);
    }

    [Fact]
    public async Task Long_paths_are_paths()
    {
        var name = new string('a', 90);
        WriteXp($"longs/long/{name}/{name}/{name}");
        await DoneAsync("longs", $"""
            cp -r long before; p="$W\\long\\{name}\\{name}\\{name}"; [ "$(echo $p | wc -c)" -gt 260 ] || exit 1
            $X patch "$p" --yes >/dev/null && $X inspect "$p" | grep -c '100 half-open' | grep -qx 2 || exit 2
            $X restore "$p" --yes >/dev/null && diff -r before long
            """);
    }

    [Fact]
    public async Task A_console_shows_colours_and_a_pipe_gets_none()
    {
        WriteXp("consoles/colours");
        await DoneAsync("consoles", """
            script -qec "$X inspect colours" /dev/null >screen && grep -qF $'\e[32m✓' screen || exit 1
            NO_COLOR=1 script -qec "$X inspect colours" /dev/null >screen && grep -qF '✓' screen && ! grep -qF $'\e[32m' screen || exit 2
            $X inspect colours >pipe && grep -qF '✓ ' pipe && ! grep -q $'\e' pipe
            """);
    }

    [Fact]
    public async Task Verbs_that_need_Linux_say_so_in_one_line() => await DoneAsync("verbs", """
        for verb in guard "guard --dry-run" status "limit 10" lab; do
          $X $verb >out 2>error; [ $? = 2 ] || exit 1
          [ -s out ] && exit 2; [ "$(wc -l <error)" = 1 ] && grep -q "^halfopen: 'halfopen ${verb%% *}' needs Linux" error || exit 3
        done
        $X guard --help | grep -q Usage && $X | grep -q 'halfopen simulate'
        """);

    [Fact]
    public async Task The_simulator_and_replay_say_the_same_as_on_Linux() => await DoneAsync("simulator", """
        for scenario in freeze worm; do
          $X simulate -s $scenario --json | tr -d '\r' >windows && $H simulate -s $scenario --json >linux && cmp windows linux || exit 1
        done
        printf '%s\n' '{"halfopen-replay":1}' >bad; $X replay bad >/dev/null 2>error; [ $? -gt 0 ] && [ "$(wc -l <error)" = 1 ] || exit 2
        $H simulate -s freeze --policy fair --limit 10 --record events.jsonl >/dev/null || exit 3
        $X replay --policy fair --limit 10 events.jsonl | tr -d '\r' >windows && $H replay --policy fair --limit 10 events.jsonl >linux && [ -s linux ] && cmp windows linux
        """);

    [Fact]
    public async Task Media_are_patched_as_on_Linux_and_expand_of_Wine_unpacks_them()
    {
        var i386 = Directory.CreateDirectory(Path.Combine(build.Folder, "media", "cd", "I386")).FullName;
        File.WriteAllText(Path.Combine(i386, "TXTSETUP.SIF"), "[SetupData]");
        File.WriteAllBytes(Path.Combine(i386, "TCPIP.SY_"), CabinetBuilder.Single("tcpip.sys", Driver));
        FolderShell.Needs("genisoimage", "genisoimage");
        await DoneAsync("media", """
            cp -r cd before && genisoimage -quiet -J -o xp.iso cd
            $X patch cd --yes >/dev/null && [ -e 'cd.halfopen-backup/I386!TCPIP.SY_.halfopen-backup' ] || exit 1
            wine expand 'cd\I386\TCPIP.SY_' one.sys >/dev/null 2>&1 && $H inspect one.sys | grep -q '100 half-open' || exit 2
            $X restore cd --yes >/dev/null && diff -r before cd || exit 3
            $X patch xp.iso --output windows.iso >/dev/null && $H patch xp.iso --output linux.iso >/dev/null && cmp windows.iso linux.iso || exit 4
            $X inspect 'windows.iso\I386\TCPIP.SY_' | grep -q '100 half-open'
            """);
    }

    /// <summary>
    /// A Windows in a network namespace of its own, whose program makes attempts that nobody answers. Wine has no event
    /// log, and says of no half-open socket whose it is.
    /// </summary>
    [Fact]
    public async Task Doctor_sees_the_sockets_of_the_Windows_that_runs()
    {
        Needs.Root();
        await DoneAsync("doctor", """
            n=halfopen-wine-$$; ip netns add $n; export WINEPREFIX=$PWD/prefix; inside="nsenter --net=/run/netns/$n"
            trap '$inside wineserver -k; $inside wineserver -w; ip netns del $n' EXIT
            ip -n $n link set lo up; ip -n $n link add veth0 type veth peer name veth1; ip -n $n addr add 31.0.0.1/24 dev veth0
            ip -n $n link set veth0 up arp off; ip -n $n link set veth1 up arp off; ip -n $n route add default dev veth0
            $inside wine wineboot -i >/dev/null 2>&1
            $inside $X doctor --watch-for 1s >quiet 2>error; [ $? = 0 ] && grep -q '^Nothing of the kind' quiet && [ ! -s error ] || exit 1
            $inside $X doctor --watch-for 0s --json --save facts.json >windows && $H doctor --from facts.json --json >linux || exit 2
            [ "$(tr -d '\r' <windows)" = "$(cat linux)" ] && grep -q '"source": "windows"' linux || exit 3
            probes=$(for i in $(seq 60); do echo --probe 20.$i.7.$((i * 3)):$((1000 + i * 7)); done)
            (for i in 1 2; do $inside $X doctor --from facts.json --quiet $probes >/dev/null; done) & p=$!
            $inside $X doctor --watch-for 7s --json >storm; code=$?; wait $p
            grep -A12 '"programs"' storm | grep -q '"deadPeers": 60' || { cat storm; exit 4; }
            """);
    }

    private void WriteXp(string folder)
    {
        foreach (var place in new[] { "drivers", "dllcache" })
        {
            var full = Directory.CreateDirectory(Path.Combine(build.Folder, folder, "WINDOWS", "system32", place)).FullName;
            File.WriteAllBytes(Path.Combine(full, "tcpip.sys"), Driver);
        }
    }

    private async Task DoneAsync(string name, string command)
    {
        Directory.CreateDirectory(Path.Combine(build.Folder, name));
        var (code, output, error) = await build.RunAsync(name, command);
        Assert.True(code == 0, $"{command}\n{code}: {output}{error}");
    }
}
