using System.Diagnostics;
using System.Runtime.Versioning;
using HalfOpen.Linux;
using HalfOpen.Tests.Windows;
using HalfOpen.Web;
using Xunit;

namespace HalfOpen.Tests.Web;

/// <summary>The secret of a link is kept where nobody else can read it, and taken from nowhere else.</summary>
[SupportedOSPlatform("linux")]
public sealed class TokenFileTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private static readonly string Fresh = WebToken.New().Reveal();
    private readonly TemporaryFolder _folder = new();

    private string File => Path.Combine(_folder.Path, "token");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void It_is_made_once_for_its_owner_only_and_read_from_then_on()
    {
        Assert.Equal(Fresh, SecretFile.ReadOrCreate(File, Fresh));
        Assert.Equal(OwnerOnly, System.IO.File.GetUnixFileMode(File));
        Assert.Equal(Fresh, SecretFile.ReadOrCreate(File, WebToken.New().Reveal()));
        Assert.Equal(Fresh + "\n", System.IO.File.ReadAllText(File));
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead, "other users")]
    [InlineData(UnixFileMode.OtherRead, "other users")]
    [InlineData(UnixFileMode.OtherWrite, "other users")]
    public void One_that_others_could_read_or_write_is_not_taken(UnixFileMode more, string says)
    {
        System.IO.File.WriteAllText(File, Fresh);
        System.IO.File.SetUnixFileMode(File, OwnerOnly | more);
        Refused(says);
    }

    [Fact]
    public void No_link_is_followed_not_even_one_that_leads_nowhere()
    {
        var other = Path.Combine(_folder.Path, "other");
        System.IO.File.CreateSymbolicLink(File, other);
        Refused("is a link");
        Assert.False(System.IO.File.Exists(other));
        System.IO.File.WriteAllText(other, Fresh);
        System.IO.File.SetUnixFileMode(other, OwnerOnly);
        Refused("is a link");
    }

    [Fact]
    public void What_is_no_file_is_not_waited_for()
    {
        using (var make = Process.Start("mkfifo", ["-m", "600", File]))
        {
            make.WaitForExit();
        }

        Refused("is no file");
        System.IO.File.Delete(File);
        Directory.CreateDirectory(File, OwnerOnly | UnixFileMode.UserExecute);
        Refused("is no file");
    }

    [Fact]
    public void One_of_another_user_is_not_taken()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "skipped: needs root");
        System.IO.File.WriteAllText(File, Fresh);
        System.IO.File.SetUnixFileMode(File, OwnerOnly);
        using (var give = Process.Start("chown", ["12345", File]))
        {
            give.WaitForExit();
        }

        Refused("belongs to another user");
    }

    [Fact]
    public void Whatever_its_bytes_it_is_a_token_or_none_and_never_read_without_bound()
    {
        var random = new Random(84);
        for (var i = 0; i < 500; i++)
        {
            var bytes = new byte[random.Next(300)];
            random.NextBytes(bytes);
            System.IO.File.WriteAllBytes(File, bytes);
            System.IO.File.SetUnixFileMode(File, OwnerOnly);
            try
            {
                Assert.False(WebToken.TryParse(SecretFile.ReadOrCreate(File, Fresh), out _));
                Assert.True(bytes.Length <= SecretFile.MaxLength);
            }
            catch (LinuxException)
            {
                Assert.True(bytes.Length > SecretFile.MaxLength);
            }

            Assert.Equal(bytes, System.IO.File.ReadAllBytes(File));
        }
    }

    private void Refused(string says) =>
        Assert.Contains(says, Assert.Throws<LinuxException>(() => SecretFile.ReadOrCreate(File, Fresh)).Message, StringComparison.Ordinal);
}
