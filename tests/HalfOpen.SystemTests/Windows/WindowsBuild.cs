using Xunit;

namespace HalfOpen.SystemTests.Windows;

/// <summary>halfopen.exe, built once for all tests, and a Windows of Wine's to run it in. Its programs are ended with
/// it.</summary>
public sealed class WindowsBuild : IAsyncLifetime
{
    private string? _skip;

    public string Folder { get; } = Directory.CreateTempSubdirectory("halfopen-wine-").FullName;

    public async ValueTask InitializeAsync()
    {
        var wine = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(f => File.Exists(Path.Combine(f, "wine")));
        if (!wine || !File.Exists("/usr/lib/wine/wine64"))
        {
            _skip = "needs wine (Debian packages wine and wine64)";
            return;
        }

        var (code, output, error) = await FolderShell.RunAsync(
            $"'{BuiltProgram.Root}/packaging/windows' $D/bin && {Exports} wine wineboot -i >/dev/null 2>&1", Folder);
        if (code != 0)
        {
            throw new InvalidOperationException($"halfopen.exe was not built, or Wine does not start: {output}{error}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_skip is null)
        {
            await FolderShell.RunAsync($"{Exports} wineserver -k; {Exports} wineserver -w", Folder); // this prefix's only
        }

        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>A shell command in a folder, with the program as <c>$X</c> and the folder's path for Windows as
    /// <c>$W</c>.</summary>
    internal async Task<(int Code, string Out, string Error)> RunAsync(string name, string command)
    {
        Assert.SkipWhen(_skip is not null, _skip ?? "");
        var windows = "Z:" + Path.Combine(Folder, name).Replace('/', '\\');
        return await FolderShell.RunAsync(
            $"export {Exports} X='wine {Folder}/bin/halfopen.exe' W='{windows}'; set -o pipefail; cd $D/{name}; {command}", Folder);
    }

    private string Exports => $"WINEPREFIX={Folder}/prefix WINEDEBUG=-all DOTNET_EnableDiagnostics=0";
}
