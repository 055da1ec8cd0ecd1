using HalfOpen.Windows.Files;
using HalfOpen.Xp.Copies;
using HalfOpen.Xp.Files;
using HalfOpen.Xp.Machine;
using HalfOpen.Xp.Texts;

namespace HalfOpen.Xp.Lifting;

/// <summary>One Windows folder with what this user may do in it: what window and console have in common.</summary>
internal sealed class Workplace
{
    private readonly IMachine _machine;

    private Workplace(IDiskSteps disk, IMachine machine, string folder, bool isRunning)
    {
        Disk = disk;
        _machine = machine;
        Folder = folder;
        IsRunning = isRunning;
    }

    public IDiskSteps Disk { get; }

    public string Folder { get; }

    /// <summary>The Windows that this program runs on; else another installation's folder, or a copy of one.</summary>
    public bool IsRunning { get; }

    /// <summary>Why nothing may be written here, or null.</summary>
    public Phrase? Obstacle => IsRunning && _machine.IsRedirected ? new Phrase(TextKey.Redirected)
        : IsRunning && !_machine.IsAdministrator ? new Phrase(TextKey.AdministratorsOnly)
        : null;

    /// <param name="folder">Null: the running Windows.</param>
    /// <exception cref="DiskProblemException">There is no such folder, or it holds no Windows.</exception>
    public static Workplace Open(IDiskSteps disk, IMachine machine, string? folder)
    {
        var running = machine.WindowsFolder == null ? null : Clean(machine.WindowsFolder);
        var chosen = folder == null ? running : Clean(folder);
        if (chosen == null)
        {
            throw new DiskProblemException("Windows", new Phrase(TextKey.NotOnWindows));
        }

        if (disk.KindOf(chosen) != DiskEntry.Folder)
        {
            throw new DiskProblemException(chosen, new Phrase(TextKey.NoSuchFolder));
        }

        if (!disk.List(chosen).Exists(name => string.Equals(name, "system32", StringComparison.OrdinalIgnoreCase)))
        {
            throw new DiskProblemException(chosen, new Phrase(TextKey.NoWindowsFolder));
        }

        return new Workplace(disk, machine, chosen, string.Equals(chosen, running, StringComparison.OrdinalIgnoreCase));
    }

    public List<DriverCopy> ReadCopies()
    {
        if (IsRunning && _machine.IsRedirected)
        {
            throw new DiskProblemException(Folder, new Phrase(TextKey.Redirected)); // what we would see is not what Windows loads
        }

        var product = IsRunning ? _machine.Product : SoldAs.Unknown;
        var obstacle = FindSleepingWindows();
        return CopyPlace.Find(Disk, Folder).ConvertAll(place => DriverCopy.Read(Disk, place, product, obstacle));
    }

    /// <summary>
    /// What Windows File Protection may do about a patch: the window that it may show, and where it may find another
    /// original. Nothing for a Windows that is not running.
    /// </summary>
    public List<Phrase> FileProtection()
    {
        var notes = new List<Phrase>();
        if (IsRunning)
        {
            notes.Add(new Phrase(TextKey.FileProtectionPrompt));
            foreach (var cabinet in DriverCache.CabinetsWithDriver(Disk, Folder))
            {
                notes.Add(new Phrase(TextKey.DriverCacheHolds, cabinet));
            }
        }

        return notes;
    }

    /// <summary>
    /// Another Windows that sleeps on the volume of this folder wakes with the volume as it remembers it. The Windows
    /// that runs is awake, and keeps its own hiberfil.sys for itself.
    /// </summary>
    private Phrase? FindSleepingWindows()
    {
        var ownRoot = _machine.WindowsFolder == null ? null : Path.GetPathRoot(_machine.WindowsFolder);
        foreach (var path in HibernationFile.PlacesAbove(Path.Combine(Folder, "any")))
        {
            if (IsRunning || string.Equals(Path.GetDirectoryName(path), ownRoot, StringComparison.OrdinalIgnoreCase) || !IsFile(path))
            {
                continue;
            }

            try
            {
                switch (HibernationFile.StateOf(Disk.ReadStart(path, HibernationFile.SignatureSize)))
                {
                    case WindowsSleep.Hibernated:
                        return new Phrase(TextKey.WindowsSleeps);
                    case WindowsSleep.Waking:
                        return new Phrase(TextKey.WindowsWakes);
                }
            }
            catch (DiskProblemException e)
            {
                return new Phrase(TextKey.SleepUnreadable, path, e.Problem); // it may hold a Windows
            }
        }

        return null;
    }

    /// <summary>A folder above that may not be looked into is somebody else's.</summary>
    private bool IsFile(string path)
    {
        try
        {
            return Disk.KindOf(path) == DiskEntry.File;
        }
        catch (DiskProblemException)
        {
            return false;
        }
    }

    private static string Clean(string folder)
    {
        try
        {
            var full = Path.GetFullPath(folder);
            return full.Length > 3 ? full.TrimEnd('/', '\\') : full;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException or IOException or System.Security.SecurityException)
        {
            throw new DiskProblemException(folder, new Phrase(TextKey.NoSuchFolder), e);
        }
    }
}
