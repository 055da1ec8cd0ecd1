using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using HalfOpen.Web;
using Xunit;

namespace HalfOpen.Tests.Web;

/// <summary>
/// The files of the page: other people's are as they came, ours set nothing as markup and ask nobody else.
/// </summary>
public sealed partial class AssetTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "src/HalfOpen.Web/wwwroot");

    [Fact]
    public void What_others_wrote_is_as_it_came_with_its_licence()
    {
        var vendor = Path.Combine(Folder, "vendor");
        var written = File.ReadLines(Path.Combine(vendor, "VERSION")).Select(l => HashLine().Match(l)).Where(m => m.Success)
            .ToDictionary(m => m.Groups[2].Value, m => m.Groups[1].Value);
        var files = Directory.GetFiles(vendor).Select(Path.GetFileName).Where(n => n != "VERSION").Order();
        Assert.Equal(files, written.Keys.Order());
        Assert.Contains("LICENSE", written.Keys);
        Assert.All(written,
            w => Assert.Equal(w.Value, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(vendor, w.Key))))));
    }

    [Fact]
    public void Every_file_is_served_and_no_other() =>
        Assert.Equal(Directory.GetFiles(Folder, "*", SearchOption.AllDirectories).Select(f => Path.GetFileName(f))
            .Where(n => n is not ("VERSION" or "LICENSE")).Order(StringComparer.Ordinal), Assets.Names.Order(StringComparer.Ordinal));

    [Fact]
    public void Nothing_is_set_as_markup_and_nothing_comes_from_elsewhere()
    {
        foreach (var name in Assets.Names.Where(n => !n.StartsWith("uPlot", StringComparison.Ordinal)))
        {
            var text = Encoding.UTF8.GetString(Assets.Find(name)!.Value.Content);
            Assert.DoesNotMatch(@"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser", text);
            Assert.DoesNotMatch(@"(?<!xmlns="")https?://|@import|url\(", text);
            Assert.DoesNotMatch(@"<[^>]*\son[a-z]+=|<[^>]*\sstyle=|<script>|<style", text);
        }
    }

    [GeneratedRegex("^([0-9a-f]{64})  (\\S+)$")]
    private static partial Regex HashLine();
}
