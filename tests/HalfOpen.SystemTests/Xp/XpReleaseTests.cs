using HalfOpen.SystemTests.Guard;
using Xunit;

namespace HalfOpen.SystemTests.Xp;

/// <summary>packaging/xp: what is carried over to the Windows XP machine.</summary>
public sealed class XpReleaseTests
{
    [Fact]
    public void The_archive_holds_a_program_that_runs_and_is_the_same_every_time()
    {
        MonoProgram.Need();
        Needs.Program("/usr/bin/7z", "p7zip-full");
        var folder = Directory.CreateTempSubdirectory("halfopen-release-").FullName;
        try
        {
            var script = Path.Combine(BuiltProgram.Root, "packaging", "xp");
            var output = Shell.Run($"""
                cd {folder}
                '{script}' {folder}/a; '{script}' {folder}/b
                cmp a/*.zip b/*.zip
                cd a && sha256sum -c *.sha256 && 7z x -bd *.zip
                ls
                mono HalfOpen.exe /version
                grep -c "$(printf '\r')" README.txt
                """);
            Assert.Contains("windows-xp.zip: OK", output, StringComparison.Ordinal);
            Assert.Equal(["HalfOpen.exe", "HalfOpen.exe.config", "LICENSE.txt", "README.txt"],
                Directory.GetFiles(Path.Combine(folder, "a")).Select(f => Path.GetFileName(f)!)
                    .Where(f => !f.StartsWith("halfopen-", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
            Assert.Contains("\n0.", output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
