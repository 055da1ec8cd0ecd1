using Xunit;

namespace HalfOpen.SystemTests.Drivers;

/// <summary>
/// File systems in user space, as a Windows disk is often mounted: without permissions, times or hard links, and with
/// attributes of Windows.
/// </summary>
public sealed class FileSystemTests : IDisposable
{
    private readonly DriverTree _tree = new(1);

    public void Dispose() => _tree.Dispose();

    /// <summary>
    /// fusefat has neither chmod nor chown nor utimes (ENOSYS), no hard links, and tells a file's size only after it
    /// was closed.
    /// </summary>
    [Fact]
    public async Task A_FAT_disk_that_keeps_no_permissions_is_patched_and_restored() => await PatchAndRestoreAsync(
        ["fusefat", "mkfs.fat"],
        "truncate -s 24M v; mkfs.fat -F 16 v >/dev/null; fusefat -o rw+ v m",
        remount: "true",
        attributes: "true");

    [Theory]
    [InlineData("true")]
    [InlineData("umount m; ntfs-3g -o no_def_opts v m")] // then chmod and chown are EOPNOTSUPP
    public async Task On_NTFS_the_attributes_of_Windows_survive(string remount) => await PatchAndRestoreAsync(
        ["ntfs-3g", "mkntfs", "getfattr"],
        "truncate -s 24M v; mkntfs -F -q v 2>/dev/null; ntfs-3g v m",
        remount,
        attributes: "for a in attrib_be crtime_be; do getfattr -e hex -n system.ntfs_$a \"$1\" 2>/dev/null | grep =; done"
            + " | sed 's/=0x0000002/=0x0000000/'"); // but for the archive attribute

    /// <summary>
    /// ntfs-3g falls back to read-only here; "remount it for writing" was the advice, and led nowhere.
    /// </summary>
    [Fact]
    public async Task A_hibernated_NTFS_volume_is_told_as_such()
    {
        Need(["ntfs-3g", "mkntfs"]);
        var (_, output, error) = await _tree.ShellAsync($$"""
            unshare -m bash -c 'cd $D; mkdir m; truncate -s 24M v; mkntfs -F -q v 2>/dev/null; ntfs-3g v m
            mkdir -p m/WINDOWS/system32/drivers; cp copy00/tcpip.sys m/WINDOWS/system32/drivers/
            (printf hibr; head -c 8192 /dev/zero) >m/hiberfil.sys; umount m
            ntfs-3g v m 2>/dev/null; $H patch m --dry-run; echo $?; rm -f m/hiberfil.sys 2>/dev/null && echo writable; umount m' 2>&1
            """);
        Assert.Contains("Windows is hibernated", output + error, StringComparison.Ordinal);
        Assert.DoesNotContain("writable", output, StringComparison.Ordinal);
        Assert.Contains("\n1\n", output, StringComparison.Ordinal);
    }

    private static void Need(string[] programs)
    {
        Assert.SkipUnless(Environment.UserName == "root" && File.Exists("/dev/fuse"), "skipped: needs root and /dev/fuse");
        foreach (var program in programs)
        {
            Assert.SkipUnless(new[] { "/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/" }.Any(d => File.Exists(d + program)),
                "skipped: needs " + program);
        }
    }

    private async Task PatchAndRestoreAsync(string[] programs, string mount, string remount, string attributes)
    {
        Need(programs);

        // A private mount namespace: the disk is gone with the shell.
        var (code, output, error) = await _tree.ShellAsync($$"""
            unshare -m bash -c 'set -e
            exec 3>&1; cd $D; mkdir m; attributes() { {{attributes}}; }
            { {{mount}}; } >/dev/null; trap "umount m" EXIT
            mkdir -p m/WINDOWS/system32/drivers; f=m/WINDOWS/system32/drivers/tcpip.sys; cp copy00/tcpip.sys $f
            if [ -x /usr/bin/setfattr ] && setfattr -n system.ntfs_attrib_be -v 0x00000007 $f 2>/dev/null; then
              setfattr -n system.ntfs_crtime_be -v 0x01c89e12ab000000 $f
            fi
            {{remount}}
            attributes $f >before
            $H patch m --yes >out 2>&1 || { cat out >&2; exit 1; }
            attributes $f >patched; ls m/WINDOWS/system32/drivers | wc -l; $H inspect $f --json | grep \"limit\":
            $H restore m --yes >out 2>&1 || { cat out >&2; exit 1; }
            attributes $f >restored; ls m/WINDOWS/system32/drivers; cmp $f copy00/tcpip.sys'
            cmp $D/before $D/patched && cmp $D/before $D/restored && wc -l <$D/before
            """);
        Assert.True(code == 0, output + error);
        Assert.Equal(["3", "\"limit\": 100,", "tcpip.sys", attributes == "true" ? "0" : "2"],
            output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
    }
}
