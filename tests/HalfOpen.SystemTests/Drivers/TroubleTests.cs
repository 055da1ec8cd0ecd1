using Xunit;

namespace HalfOpen.SystemTests.Drivers;

/// <summary>
/// Disks and files as they are in real life: full, read-only, not ours, in use. Each is one line, and nothing is lost.
/// </summary>
public sealed class TroubleTests : IDisposable
{
    private readonly DriverTree _tree = new(3);

    public void Dispose() => _tree.Dispose();

    [Fact]
    public async Task A_full_disk_is_noticed_before_any_driver_changes()
    {
        NeedsRoot();

        // A private mount namespace: the little disk is gone with the shell. Filled up so that backups fit and staged
        // drivers do not.
        var (code, output, error) = await _tree.ShellAsync("""
            unshare -m bash -c 'set -e
            M=$(mktemp -d); trap "umount $M; rmdir $M" EXIT
            mount -t tmpfs -o size=128k none $M; cp -r $D/* $M/; (cd $M; find . -type f | sort | xargs sha256sum) >$D/before
            dd if=/dev/zero of=$M/fill bs=1k count=72 status=none
            rc=0; $H patch $M --recurse --yes >/dev/null 2>$D/error || rc=$?
            rm $M/fill; (cd $M; find . -type f | sort | xargs sha256sum) >$D/after
            $H patch $M --recurse --yes >/dev/null; $H restore $M --recurse --yes >/dev/null; (cd $M; find . -type f | sort | xargs sha256sum) >$D/restored
            cat $D/error >&2; exit $rc'
            """);
        Assert.True(code == 1, output + error);
        Assert.Contains("disk is full", error, StringComparison.Ordinal);
        Assert.Contains("Everything is as it was before.", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
        var before = File.ReadAllText(Path.Combine(_tree.Path, "before"));
        Assert.Equal(before, File.ReadAllText(Path.Combine(_tree.Path, "after")));
        Assert.Equal(before, File.ReadAllText(Path.Combine(_tree.Path, "restored")));
    }

    [Fact]
    public async Task A_read_only_disk_is_refused_in_one_line()
    {
        NeedsRoot();
        var (code, _, error) =
            await _tree.ShellAsync(
                "unshare -m bash -c 'mount --bind $D $D && mount -o remount,ro,bind $D && $H inspect $D --recurse >/dev/null && exec "
                + "$H patch $D --recurse --yes'");
        AssertRefused(code, error, "read-only");
    }

    /// <summary>What would end a patch is told before anybody relies on it.</summary>
    [Theory]
    [InlineData("--dry-run")]
    [InlineData("--yes")]
    public async Task A_file_or_folder_that_must_not_change_is_refused_and_the_flag_is_named(string flag)
    {
        NeedsRoot();
        foreach (var (what, attribute, remedy) in new[]
            { ("copy01/TCPIP.SYS", "i", "chattr -i"), ("copy01", "i", "chattr -i"), ("copy02/tcpip.sys", "a", "chattr -a") })
        {
            var (code, output, error) = await _tree.ShellAsync($"""
                chattr +{attribute} $D/{what} || exit 77
                $H patch $D --recurse {flag} >/dev/null; rc=$?; chattr -{attribute} $D/{what}; exit $rc
                """);
            Assert.SkipWhen(code == 77, "skipped: needs a file system that knows chattr +i: " + error);
            AssertRefused(code, error, $"'{remedy} {Path.Combine(_tree.Path, what)}' takes that away");
            Assert.Empty(output);
        }
    }

    [Fact]
    public async Task A_dry_run_tells_a_read_only_disk()
    {
        NeedsRoot();
        var (code, _, error) = await _tree.ShellAsync("""
            unshare -m bash -c 'mount --bind $D $D && mount -o remount,ro,bind $D && exec $H patch $D --recurse --dry-run >/dev/null'
            """);
        AssertRefused(code, error, "read-only");
    }

    [Fact]
    public async Task Missing_permission_is_refused_in_one_line()
    {
        NeedsRoot();

        // Root without its capabilities is somebody without rights here; the program itself stays readable to it.
        var (code, _, error) =
            await _tree.ShellAsync(
                "chown -R 65534:65534 $D && chmod -R a+rX,go-w $D && exec setpriv --inh-caps=-all --bounding-set=-all $H patch $D "
                + "--recurse --yes");
        AssertRefused(code, error, "permission denied");
    }

    [Fact]
    public async Task What_cannot_be_read_is_wrong_usage_in_one_line()
    {
        NeedsRoot();
        foreach (var words in new[] { "inspect $D", "patch $D --yes", "restore $D --yes", "inspect $D/copy01/TCPIP.SYS", "doctor $D" })
        {
            var (code, output, error) = await _tree.ShellAsync(
                "chown -R 65534:65534 $D && chmod 700 $D && exec setpriv --inh-caps=-all --bounding-set=-all $H " + words);
            Assert.Equal((2, ""), (code, output));
            Assert.True(error.Contains("not yours to read", StringComparison.Ordinal)
                || error.Contains("permission denied", StringComparison.Ordinal), error);
            Assert.Single(error.TrimEnd().Split('\n'));
        }
    }

    [Fact]
    public async Task A_file_in_use_is_refused_in_one_line()
    {
        var (code, _, error) = await _tree.ShellAsync("flock -x $D/copy01/TCPIP.SYS $H patch $D --recurse --yes");
        AssertRefused(code, error, "in use");
    }

    [Fact]
    public async Task Another_halfopen_in_the_folder_is_waited_for()
    {
        var (code, _, error) = await _tree.ShellAsync("flock -x $D/copy01 $H patch $D --recurse --yes");
        AssertRefused(code, error, "another halfopen");
    }

    [Fact]
    public async Task Owner_and_group_are_kept()
    {
        NeedsRoot();
        var (code, output, error) =
            await _tree.ShellAsync(
                "chown 1234:2345 $D/copy00/tcpip.sys && $H patch $D --recurse --yes >/dev/null && stat -c %u:%g $D/copy00/tcpip.sys* "
                + "&& $H restore $D --recurse --yes >/dev/null && stat -c %u:%g $D/copy00/*");
        Assert.True(code == 0, error);
        Assert.Equal(3, output.Split("1234:2345").Length - 1); // driver and backup, then the restored driver; the manifest is ours
    }

    /// <summary>
    /// Sixty sparse files of 16 MB and two thousand drivers: all that is looked at fits, one by one, into a heap of
    /// 64 MB, which the runtime is told not to exceed.
    /// </summary>
    [Theory]
    [InlineData("inspect", "--json")]
    [InlineData("patch", "--dry-run")]
    [InlineData("restore", "--dry-run")]
    public async Task Memory_is_bounded_however_many_files_there_are(string verb, string flag)
    {
        var (code, _, error) = await _tree.ShellAsync($$"""
            cd $D && for i in $(seq 2000); do mkdir d$i && ln copy00/tcpip.sys d$i/tcpip.sys; done
            for i in $(seq 60); do mkdir s$i && truncate -s 16M s$i/tcpip.sys; done
            DOTNET_GCHeapHardLimit=0x4000000 $H {{verb}} {{flag}} --recurse $D >/dev/null
            """);
        Assert.DoesNotContain("internal error", error, StringComparison.Ordinal);
        Assert.True(code == (verb == "inspect" ? 0 : 1), error);
    }

    private static void NeedsRoot()
    {
        if (Environment.UserName != "root")
        {
            Assert.Skip("skipped: needs root");
        }
    }

    private void AssertRefused(int code, string error, string reason)
    {
        Assert.True(code == 1, error);
        Assert.Contains(reason, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.All(_tree.Originals, o => Assert.Equal(o.Value, File.ReadAllBytes(o.Key)));
        Assert.Empty(_tree.FilesOfOurs);
    }
}
