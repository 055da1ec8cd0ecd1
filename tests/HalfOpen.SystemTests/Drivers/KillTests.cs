using System.Diagnostics;
using HalfOpen.Driver;
using HalfOpen.Windows.Files;
using Xunit;

namespace HalfOpen.SystemTests.Drivers;

/// <summary>
/// The real process, ended with SIGKILL at random moments while it writes: every file is whole, and both ways out work.
/// </summary>
public sealed class KillTests
{
    private const int Copies = 10;

    [Theory]
    [InlineData("patch", 24)]
    [InlineData("restore", 16)]
    public async Task Killed_at_any_moment_every_file_is_whole_and_the_job_can_be_finished(string verb, int kills)
    {
        var random = new Random(20261123);
        var amidst = 0;
        for (var i = 0; i < kills; i++)
        {
            using var tree = new DriverTree(Copies);
            if (verb == "restore")
            {
                tree.Patch(100);
            }

            var filesBefore = tree.FilesOfOurs.Count();
            using (var process = BuiltProgram.Start([verb, tree.Path, "--recurse", "--yes", "--json"]))
            {
                process.StandardInput.Close();
                await KillWhileWritingAsync(process, () => tree.FilesOfOurs.Count() != filesBefore, random);
            }

            var changed = 0;
            foreach (var (path, original) in tree.Originals)
            {
                var now = File.ReadAllBytes(path);
                var isOriginal = now.AsSpan().SequenceEqual(original);
                Assert.True(isOriginal || now.AsSpan().SequenceEqual(LimitPatch.Plan(original, 100).Apply(original)),
                    path + " is neither old nor new");
                changed += isOriginal ? 0 : 1;
            }

            var left = tree.FilesOfOurs.Count();
            amidst += left is > 0 and < 2 * Copies || changed is > 0 and < Copies
                || tree.FilesOfOurs.Any(f => f.Contains(FileNames.TemporaryInfix, StringComparison.Ordinal)) ? 1 : 0;

            // A second patch finishes the job in one half of the runs; in all of them restore takes everything back.
            if (i % 2 == 0)
            {
                tree.Patch(100);
                Assert.All(tree.Inspect(), d => Assert.Equal(100u, d.Report!.Limit));
            }

            tree.Restore();
            Assert.All(tree.Originals, o => Assert.Equal(o.Value, File.ReadAllBytes(o.Key)));
            Assert.Empty(tree.FilesOfOurs);
        }

        Assert.True(amidst > 0, "no kill hit the program amidst its work");
    }

    /// <summary>Waits for the first change in the folder, then up to some milliseconds more.</summary>
    private static async Task KillWhileWritingAsync(Process process, Func<bool> hasBegun, Random random)
    {
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        while (!process.HasExited && !hasBegun())
        {
            Thread.Yield();
        }

        var until = Stopwatch.GetTimestamp() + (long)(random.NextDouble() * 0.04 * Stopwatch.Frequency);
        while (Stopwatch.GetTimestamp() < until && !process.HasExited)
        {
            Thread.SpinWait(100);
        }

        process.Kill();
        await process.WaitForExitAsync();
        await output;
        Assert.DoesNotContain("at HalfOpen", await error, StringComparison.Ordinal);
    }
}
