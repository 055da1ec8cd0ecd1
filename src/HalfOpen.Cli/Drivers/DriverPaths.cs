using System.CommandLine;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Hosting;
using HalfOpen.Windows.Files;
using HalfOpen.Windows.Lifting;
using HalfOpen.Windows.Search;

namespace HalfOpen.Cli.Drivers;

/// <summary>The PATH and --recurse of the driver verbs.</summary>
internal static class DriverPaths
{
    public static Argument<string> Argument()
    {
        return new Argument<string>("path")
        {
            Description = "A driver, packed or not (TCPIP.SY_); a folder (a Windows directory, a mounted drive, an installation CD, plain "
                + "files); a disk image (xp.vdi, or inside: xp.vdi!1:/WINDOWS); a cabinet (SP3.CAB) or the image of a CD (xp.iso, or "
                + "inside: xp.iso/I386).",
        };
    }

    public static Option<bool> Recurse() =>
        new("--recurse", "-r") { Description = "Look everywhere below the folder, not only where Windows keeps its drivers." };

    public static Option<string?> Backup() => new("--backup")
    {
        Description = "For a disk image or installation media: keep the backup in this folder, not beside the image or the medium.",
        HelpName = "DIR",
    };

    /// <summary>
    /// The local file system, with this path as the one that the user named: links in it are followed, links below it
    /// are not.
    /// </summary>
    public static LocalFileStore Open(string path)
    {
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
        {
            throw CliException.Usage("the path is empty: name a driver or a folder.");
        }

        var store = new LocalFileStore();
        try
        {
            store.Trust(path);
        }
        catch (FileProblemException e)
        {
            throw CliException.Usage(e.Message);
        }

        return store;
    }

    /// <summary>What stands at the path that the user named; null: nothing.</summary>
    /// <exception cref="CliException">It is there, and not ours to read: nothing that follows could be.</exception>
    public static FileEntry? FindReadable(LocalFileStore store, string path)
    {
        FileEntry? entry;
        try
        {
            entry = store.Find(path);
        }
        catch (FileProblemException e)
        {
            throw CliException.Usage(e.Message);
        }

        try
        {
            switch (entry?.Kind)
            {
                case null: // a folder above it may be closed to us
                case EntryKind.File:
                    File.OpenHandle(path).Dispose();
                    break;
                case EntryKind.Folder:
                    _ = Directory.EnumerateFileSystemEntries(path).Any();
                    break;
            }
        }
        catch (UnauthorizedAccessException)
        {
            throw CliException.Usage($"{Shown(path)} is not yours to read: be its owner, or root (sudo).");
        }
        catch (IOException)
        {
            // In use, or gone again: whoever reads it tells better.
        }

        return entry;
    }

    /// <summary>
    /// The drivers at a path, as the search comes by them. No such path is wrong usage; a folder that cannot be read is
    /// a failure, or below a search a warning. A
    /// long search shows its progress.
    /// </summary>
    public static IEnumerable<string> Find(Terminal terminal, IFileStore store, string path, bool recurse, bool quiet,
        CancellationToken cancellation)
    {
        var progress = new SearchProgress(terminal, quiet, TimeProvider.System);
        IEnumerable<string> found;
        try
        {
            found = new DriverSearch(store).Find(path, recurse, visited => progress.OnFolder(visited, cancellation), progress.OnPassedOver);
        }
        catch (FileProblemException e) when (store.Find(path) is null)
        {
            throw CliException.Usage(e.Message);
        }

        return progress.Watch(found);
    }

    /// <summary>
    /// A word of warning where a registry beside a driver says that its Windows is running, or fell over: what is
    /// written to a volume that another system has mounted can be lost or can damage it.
    /// </summary>
    public static void WarnOfLiveWindows(Terminal terminal, Inspector inspector)
    {
        if (inspector.Registries.FirstOrDefault(r => r.IsDirty) is { } live)
        {
            terminal.Error.WriteLine(
                $"halfopen: warning: {Shown(live.Path)} is dirty: this Windows is running, hibernated or crashed. Shut it down "
                + $"properly before you write to its disk.");
        }
    }

    /// <summary>
    /// A path, or a sentence with one, as it may be shown on a terminal: names on somebody's disk may carry escape
    /// sequences, turn the direction of writing, or be no UTF-8.
    /// </summary>
    public static string Shown(string path) => PlainText.Of(path);

    public static string NothingFound(string path, bool recurse) =>
        $"no tcpip.sys or tcpip6.sys in {path}"
            + (recurse ? "." : " where Windows keeps its drivers; --recurse searches everywhere below.");
}
