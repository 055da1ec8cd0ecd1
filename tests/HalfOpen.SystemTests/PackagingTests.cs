using Xunit;

namespace HalfOpen.SystemTests;

/// <summary>
/// What packaging/build says before it builds, and that its archives are the same bytes twice. The packages themselves:
/// <c>./test packages</c>.
/// </summary>
public sealed class PackagingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("halfopen-packaging-").FullName;

    private static string Build => Path.Combine(BuiltProgram.Root, "packaging", "build");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_dry_run_names_what_would_be_made_and_makes_nothing()
    {
        var (code, output, error) = await FolderShell.RunAsync($"'{Build}' --dry-run --output $D/out deb windows", _folder);
        Assert.Equal((0, ""), (code, error));
        var names = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Path.GetFileName).ToList();
        Assert.Equal(4, names.Count);
        Assert.EndsWith("_amd64.deb", names[0], StringComparison.Ordinal);
        Assert.EndsWith("-windows-x64.zip", names[1], StringComparison.Ordinal);
        Assert.Equal("SHA256SUMS", names[3]);
        Assert.False(Directory.Exists(Path.Combine(_folder, "out")));
    }

    [Theory]
    [InlineData("rpm")]
    [InlineData("--output")]
    [InlineData("--nothing")]
    public async Task What_is_no_part_is_wrong_usage_in_one_line(string words)
    {
        var (code, output, error) = await FolderShell.RunAsync($"'{Build}' {words}", _folder);
        Assert.Equal((2, ""), (code, output));
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task The_site_has_manual_pages_is_the_same_twice_and_takes_no_folder_of_others()
    {
        var site = Path.Combine(BuiltProgram.Root, "packaging", "site");
        var (code, output, error) = await FolderShell.RunAsync($"""
            set -e; cd $D; '{site}' a; '{site}' b; '{site}' b; diff -r a b
            grep -q -- --nat-budget a/docs/man/halfopen-guard.html; grep -q halfopen-guard.html a/index.html
            mkdir c; echo mine >c/file
            """, _folder);
        Assert.True(code == 0, error);
        Assert.StartsWith(Path.Combine(_folder, "a", "index.html") + " (", output, StringComparison.Ordinal);

        (code, output, error) = await FolderShell.RunAsync($"cd $D; '{site}' c; rc=$?; cat c/file; ls; exit $rc", _folder);
        Assert.Equal((2, "mine\na\nb\nc\n"), (code, output));
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task An_archive_depends_on_content_alone()
    {
        FolderShell.Needs("python3", "python3");
        var zip = Path.Combine(BuiltProgram.Root, "packaging", "same-zip");
        var (code, _, error) = await FolderShell.RunAsync($"""
            set -e; cd $D; export SOURCE_DATE_EPOCH=1700000000
            mkdir a b; echo one >a/x; echo two >a/y; echo two >b/y; echo one >b/x; touch -d 2001-01-01 b/*; chmod 600 b/x
            (cd a && '{zip}' ../a.zip x y) && (cd b && TZ=Asia/Tokyo '{zip}' ../b.zip ./y ./x) && cmp a.zip b.zip
            """, _folder);
        Assert.True(code == 0, error);
    }
}
