using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using HalfOpen.Tests.Driver;
using HalfOpen.Images;
using HalfOpen.Windows.Files;
using HalfOpen.Windows.Files.Linux;
using HalfOpen.Windows.Lifting;
using Xunit;

namespace HalfOpen.Tests.Windows;

/// <summary>
/// What somebody who owns a folder can do to the root that works in it: put links, pipes and other files in the place
/// of names, at any moment. The real attackers run in the system tests; here each of their moves is made at its moment.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class FoldersOfOthersTests : IDisposable
{
    private static readonly DateTime Past = new(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);

    private readonly TemporaryFolder _folder = new();

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public void Dispose()
    {
        _socket.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("link")]
    [InlineData("pipe")]
    [InlineData("hard link")]
    [InlineData("gone")]
    public void A_temporary_file_that_is_swapped_harms_nobody_and_nothing_is_written(string what)
    {
        var target = _folder.Write("elsewhere/target", [1, 2, 3]);
        File.SetUnixFileMode(target, UnixFileMode.UserRead);
        File.SetLastWriteTimeUtc(target, Past);
        var driver = _folder.WriteDriver("theirs/tcpip.sys", seed: 1);
        File.SetUnixFileMode(driver, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.SetUser | UnixFileMode.SetGroup);
        var before = File.ReadAllBytes(driver);

        var store = new LocalFileStore(new SwappingOperations { Swap = temporary => Swap(temporary, target, what) });
        var unit = PatchUnit.Plan(store, [new Inspector(store).Inspect(driver)], 100, allowBadChecksum: false);
        var problem = Assert.Throws<FileProblemException>(() => unit.Apply("test", Past, CancellationToken.None));
        Assert.Contains("somebody put another file", problem.Message, StringComparison.Ordinal);
        Assert.Contains("as it was before", problem.Message, StringComparison.Ordinal);

        Assert.Equal(before, File.ReadAllBytes(driver));
        Assert.Equal([1, 2, 3], File.ReadAllBytes(target));
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(target));
        Assert.Equal(Past, File.GetLastWriteTimeUtc(target));
    }

    [Fact]
    public void A_folder_that_becomes_a_link_is_not_entered()
    {
        var driver = _folder.WriteDriver("theirs/drivers/tcpip.sys", seed: 1);
        var elsewhere = _folder.WriteDriver("elsewhere/tcpip.sys", seed: 1);
        var before = File.ReadAllBytes(elsewhere);
        var store = new LocalFileStore();
        store.Trust(_folder.In("theirs"));
        var unit = PatchUnit.Plan(store, [new Inspector(store).Inspect(driver)], 100, allowBadChecksum: false);

        Directory.Move(_folder.In("theirs", "drivers"), _folder.In("theirs", "moved"));
        Directory.CreateSymbolicLink(_folder.In("theirs", "drivers"), _folder.In("elsewhere"));
        Assert.Throws<FileProblemException>(() => unit.Apply("test", Past, CancellationToken.None));
        Assert.Null(store.Find(driver));
        Assert.Empty(store.List(_folder.In("theirs", "drivers")));
        Assert.Equal([elsewhere], Directory.GetFiles(_folder.In("elsewhere")));
        Assert.Equal(before, File.ReadAllBytes(elsewhere));
    }

    [Fact]
    public void The_folder_that_was_named_stays_the_one_it_was()
    {
        // The link that the caller named is followed, once: leading it elsewhere afterwards changes nothing.
        var driver = _folder.WriteDriver("theirs/tcpip.sys", seed: 1);
        _folder.WriteDriver("elsewhere/tcpip.sys", seed: 2);
        Directory.CreateSymbolicLink(_folder.In("named"), _folder.In("theirs"));
        var store = new LocalFileStore();
        store.Trust(_folder.In("named"));
        Assert.Equal(EntryKind.Folder, store.Find(_folder.In("named"))!.Kind);
        Directory.Delete(_folder.In("named"));
        Directory.CreateSymbolicLink(_folder.In("named"), _folder.In("elsewhere"));
        Assert.Equal(File.ReadAllBytes(driver), store.Read(_folder.In("named", "tcpip.sys"), FileNames.MaxDriverSize));
    }

    [Theory]
    [InlineData("pipe", "a device or a pipe")]
    [InlineData("socket", "a device or a pipe")]
    [InlineData("link to a device", "a device or a pipe")]
    [InlineData("link to a pipe", "a device or a pipe")]
    [InlineData("folder", "a folder")]
    public async Task What_is_no_plain_file_is_never_waited_for(string what, string problem)
    {
        var path = _folder.In("tcpip.sys");
        switch (what)
        {
            case "folder":
                Directory.CreateDirectory(path);
                break;
            case "link to a device":
                File.CreateSymbolicLink(path, "/dev/zero");
                break;
            case "socket":
                _socket.Bind(new UnixDomainSocketEndPoint(path));
                break;
            default:
                using (var mkfifo = Process.Start("mkfifo", what == "pipe" ? path : _folder.In("pipe")))
                {
                    await mkfifo.WaitForExitAsync(TestContext.Current.CancellationToken);
                }

                if (what != "pipe")
                {
                    File.CreateSymbolicLink(path, _folder.In("pipe"));
                }

                break;
        }

        var store = new LocalFileStore();
        Assert.Contains(problem,
            Assert.Throws<FileProblemException>(() => store.Read(path, FileNames.MaxDriverSize, followLink: true)).Message,
                StringComparison.Ordinal);
        Assert.Throws<FileProblemException>(() => store.Read(path, FileNames.MaxDriverSize));
        Assert.Throws<FileProblemException>(() => store.ReadStart(path, 4));
    }

    [Fact]
    public void What_lends_rights_is_not_given_on()
    {
        var path = _folder.WriteDriver("tcpip.sys", seed: 1);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.GroupExecute | UnixFileMode.SetUser | UnixFileMode.SetGroup);
        var store = new LocalFileStore();
        using (var staged = store.Stage(path, [1], like: path))
        {
            staged.Commit();
        }

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.GroupExecute, File.GetUnixFileMode(path));
    }

    /// <summary>
    /// A backup that is no driver was not made by us: --force would else copy whatever is linked in its place into
    /// somebody's file.
    /// </summary>
    [Fact]
    public void A_backup_that_is_no_driver_is_never_given_back()
    {
        var path = _folder.WriteDriver("tcpip.sys", seed: 1);
        _folder.Write("tcpip.sys" + FileNames.BackupSuffix, "root:secret"u8.ToArray());
        var store = new LocalFileStore();
        var unit = RestoreUnit.Plan(store, [new Inspector(store).Inspect(path)], force: true);
        Assert.True(unit.IsRefused);
        Assert.Contains("no driver", unit.Items[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_commit_is_taken_back_in_every_respect()
    {
        var path = _folder.WriteDriver("tcpip.sys", seed: 1);
        File.SetLastWriteTimeUtc(path, Past);
        using var second = new Process { StartInfo = new ProcessStartInfo("ln", [path, _folder.In("other name")]) };
        second.Start();
        second.WaitForExit();
        var before = _folder.Snapshot();
        foreach (var hasLinks in new[] { true, false })
        {
            var store = new LocalFileStore(new FaultyOperations { HasLinks = hasLinks });
            using var staged = store.Stage(path, [1, 2, 3], like: path);
            staged.Commit();
            Assert.Equal([1, 2, 3], File.ReadAllBytes(path));
            staged.TakeBack();
            staged.TakeBack(); // once more does nothing
            staged.Dispose();
            _folder.AssertUnchanged(before);
            Assert.Equal(Past, File.GetLastWriteTimeUtc(path));
        }
    }

    [Fact]
    public void Any_bytes_have_a_string_of_their_own() =>
        Check.One(Seeded.Config(2_000), Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
        {
            var text = LinuxName.Decode(bytes);
            var back = LinuxName.Encode(text);
            return (bytes.Contains((byte)0) ? back is null : back.AsSpan().SequenceEqual((byte[])[.. bytes, 0]))
                && LinuxName.IsUtf8(text) == Encoding.UTF8.GetBytes(text).AsSpan().SequenceEqual(bytes);
        }));

    [Fact]
    public void Strings_that_no_name_has_are_no_file()
    {
        Assert.Null(LinuxName.Encode("a\0b"));
        Assert.Null(LinuxName.Encode("a\uD800b"));
        Assert.Null(new LocalFileStore().Find(_folder.In("a\uD800b")));
        Assert.Equal("ä\uDCFF\uDCE2\uDC82€", LinuxName.Decode([0xC3, 0xA4, 0xFF, 0xE2, 0x82, 0xE2, 0x82, 0xAC]));
    }

    [Fact]
    public void Paths_longer_than_the_system_takes_are_gone_step_by_step()
    {
        var deep = _folder.Path;
        var store = new LocalFileStore();
        store.Trust(_folder.Path);
        var levels = 0;
        using var shell =
            Process.Start(
                new ProcessStartInfo("bash",
                    ["-c", "cd \"$1\"; n=$(printf %0200d 7); for i in $(seq 30); do mkdir $n; cd -P ./$n 2>/dev/null; done; echo x >f", "-",
                        _folder.Path]))!;
        shell.WaitForExit();
        while (store.List(deep) is [{ Kind: EntryKind.Folder } next])
        {
            (deep, levels) = (next.Path, levels + 1);
        }

        Assert.Equal(30, levels);
        Assert.True(deep.Length > 4096);
        Assert.Equal("x\n"u8.ToArray(), store.Read(deep + "/f", 10));
        using var remove = Process.Start("rm", ["-r", _folder.In(new string('0', 199) + "7")]); // .NET cannot
        remove.WaitForExit();
    }

    /// <summary>
    /// A path longer than the system takes at once (4,096 bytes) does not end a search; what lies there is found,
    /// patched and given back too, down to the levels that a search goes.
    /// </summary>
    [Theory]
    [InlineData(30)]
    [InlineData(70)]
    public async Task An_overlong_path_does_not_end_a_search(int levels)
    {
        _folder.WriteDriver("a/tcpip.sys", seed: 1);
        _folder.WriteDriver("template", seed: 2);
        _folder.WriteDriver("z/tcpip.sys", seed: 3);
        var name = new string('n', 199);
        await ShellAsync($"cd \"$1\"; mkdir m; cd m; for i in $(seq {levels}); do mkdir {name}; cd -P ./{name} 2>/dev/null; done; "
            + "cp \"$1/template\" tcpip.sys; rm \"$1/template\"");
        try
        {
            var isReached = levels < 64;
            foreach (var (verb, limit) in new[] { ("inspect", 10), ("patch", 10), ("inspect", 100), ("restore", 100), ("inspect", 10) })
            {
                string[] args = verb == "inspect" ? ["--json"] : ["--yes"];
                var (code, output, error) = await Cli.CliRunner.RunAsync([verb, _folder.Path, "--recurse", .. args]);
                Assert.True(code == 0, error);
                Assert.Equal(!isReached, error.Contains("more than 64 levels", StringComparison.Ordinal));
                Assert.True(verb != "inspect"
                    || output.Split($"\"limit\": {limit},").Length - 1 == (isReached ? 3 : 2), $"{verb}: {output}{error}");
            }
        }
        finally
        {
            await ShellAsync("rm -rf \"$1/m\""); // .NET cannot
        }

        Assert.Equal(["a/tcpip.sys", "z/tcpip.sys"], _folder.Snapshot().Keys);
    }

    private async Task ShellAsync(string command)
    {
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-c", command, "-", _folder.Path]))!;
        await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    private static void Swap(string temporary, string target, string what)
    {
        File.Delete(temporary);
        switch (what)
        {
            case "link":
                File.CreateSymbolicLink(temporary, target);
                break;
            case "hard link":
                Assert.Equal(0, NativeLink(target, temporary));
                break;
            case "pipe":
                using (var mkfifo = Process.Start("mkfifo", temporary))
                {
                    mkfifo.WaitForExit();
                }

                break;
        }
    }

    [DllImport("libc", EntryPoint = "link")]
    private static extern int NativeLink([MarshalAs(UnmanagedType.LPUTF8Str)] string from, [MarshalAs(UnmanagedType.LPUTF8Str)] string to);

    /// <summary>The real operations, with somebody else's hand right after a driver was staged.</summary>
    private sealed class SwappingOperations : IFileOperations
    {
        private readonly LinuxFileOperations _real = new();

        public required Action<string> Swap { get; init; }

        public FileIdentity Create(string path, ByteSource content, string? like)
        {
            var identity = _real.Create(path, content, like);
            if (path.Contains("tcpip.sys" + FileNames.TemporaryInfix, StringComparison.Ordinal))
            {
                Swap(path);
            }

            return identity;
        }

        public void Trust(string named) => _real.Trust(named);

        public FileEntry? Find(string path) => _real.Find(path);

        public IReadOnlyList<FileEntry> List(string folder) => _real.List(folder);

        public byte[] Read(string path, int maxBytes, bool followLink) => _real.Read(path, maxBytes, followLink);

        public byte[] ReadStart(string path, int count) => _real.ReadStart(path, count);

        public FileBytes Open(string path) => _real.Open(path);

        public bool CreateFolder(string path) => _real.CreateFolder(path);

        public bool RemoveFolder(string path) => _real.RemoveFolder(path);

        public string? ObstacleTo(string path) => _real.ObstacleTo(path);

        public bool Link(string from, string to, out FileIdentity identity) => _real.Link(from, to, out identity);

        public void Rename(string from, string to, FileIdentity identity) => _real.Rename(from, to, identity);

        public void Delete(string path) => _real.Delete(path);

        public void SyncFolder(string folder) => _real.SyncFolder(folder);

        public IDisposable Lock(string folder) => _real.Lock(folder);
    }
}
