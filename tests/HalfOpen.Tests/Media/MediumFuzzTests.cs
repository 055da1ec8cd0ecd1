using HalfOpen.Media.Sources;
using HalfOpen.Tests.Windows;
using HalfOpen.Windows.Files;
using HalfOpen.Windows.Lifting;
using HalfOpen.Windows.Media;
using HalfOpen.Windows.Search;
using Xunit;

namespace HalfOpen.Tests.Media;

/// <summary>Media with damaged bytes, through everything that a verb does with them: search, evidence, plan, new
/// content.</summary>
public sealed class MediumFuzzTests
{
    [Fact]
    public void Damaged_images_of_CDs_never_escape()
    {
        var random = new Random(20260101);
        byte[][] samples = [SampleMedium.Iso(), SampleMedium.Iso(joliet: false)];
        var patched = 0;
        for (var i = 0; i < 300; i++)
        {
            var bytes = Mutation.Of(samples[i % samples.Length], random, within: random.Next(2) == 0 ? int.MaxValue : 100_000);
            try
            {
                using var iso = IsoFileStore.TryOpen("/x.iso", new MemorySource(bytes));
                if (iso is null)
                {
                    continue;
                }

                using var store = new PackedFileStore(iso);
                var unit = Plan(store, iso.Path, beside: false);
                if (!unit.IsRefused && unit.Writes.Any())
                {
                    var edit = IsoPatch.Build(iso, store, unit);
                    Assert.InRange(edit.Length, bytes.Length, bytes.Length + 4_000_000);
                    patched++;
                }
            }
            catch (FileProblemException)
            {
                // One line for the user.
            }
        }

        Assert.True(patched > 30, $"only {patched} were patched: the damage is so great that little is tested");
    }

    [Fact]
    public void Damaged_files_of_a_medium_never_escape_and_are_not_changed_by_a_plan()
    {
        var random = new Random(20260102);
        using var folder = new TemporaryFolder().WithMedium();
        var files = SampleMedium.Files().Where(f => f.Value.Length > 100).ToList();
        var written = 0;
        for (var i = 0; i < 150; i++)
        {
            var (name, good) = files[i % files.Count];
            var bytes = Mutation.Of(good, random, within: random.Next(2) == 0 ? int.MaxValue : 250);
            folder.Write("cd/" + name, bytes);
            try
            {
                using var store = new PackedFileStore(new LocalFileStore());
                var unit = Plan(store, folder.In("cd"), beside: true);
                foreach (var write in unit.Writes)
                {
                    unit.ContentOf(write);
                    written++;
                }
            }
            catch (FileProblemException)
            {
                // One line for the user.
            }

            Assert.Equal(bytes, File.ReadAllBytes(folder.In(["cd", .. name.Split('/')])));
            folder.Write("cd/" + name, good);
        }

        Assert.True(written > 300, $"only {written} drivers were planned");
    }

    private static PatchUnit Plan(PackedFileStore store, string path, bool beside)
    {
        var inspector = new Inspector(store);
        return PatchUnit.Plan(
            store, new DriverSearch(store).Find(path, recurse: false).Select(inspector.Inspect), 100, allowBadChecksum: true, beside);
    }
}
