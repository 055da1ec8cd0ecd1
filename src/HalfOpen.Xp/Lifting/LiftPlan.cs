using HalfOpen.Driver;
using HalfOpen.Xp.Copies;
using HalfOpen.Xp.Files;
using HalfOpen.Xp.Texts;

namespace HalfOpen.Xp.Lifting;

/// <summary>What is done with one copy.</summary>
internal enum LiftAction
{
    /// <summary>A new content goes over the file.</summary>
    Write,

    /// <summary>Restore only: the file is the original already; backup and manifest go away.</summary>
    CleanUp,

    /// <summary>There is nothing to do.</summary>
    Nothing,

    /// <summary>It has no limit and need not have one; the other copies are done without it.</summary>
    LeaveOut,

    /// <summary>It must not be touched, and so no copy is.</summary>
    Refuse,
}

/// <summary>One copy in a patch or a restore.</summary>
internal sealed class LiftItem
{
    public LiftItem(DriverCopy copy, LiftAction action, Phrase? reason = null, byte[]? newBytes = null, LimitPatch? patch = null)
    {
        Copy = copy;
        Action = action;
        Reason = reason;
        NewBytes = newBytes;
        Patch = patch;
    }

    public DriverCopy Copy { get; }

    public LiftAction Action { get; private set; }

    /// <summary>Why it is left out or refused; null otherwise.</summary>
    public Phrase? Reason { get; }

    /// <summary>The file's content afterwards, proven; null when it is not written.</summary>
    public byte[]? NewBytes { get; }

    public LimitPatch? Patch { get; }

    /// <summary>
    /// A patch, and the backup is of a build that Windows has replaced: it stays under another name, and a new one is
    /// taken.
    /// </summary>
    public bool SetsAside => Action == LiftAction.Write && Patch != null && Copy.HasStaleBackup;

    public void LeaveOut() => Action = LiftAction.LeaveOut;
}

/// <summary>All copies of one Windows folder, to be changed together or not at all.</summary>
internal abstract class LiftPlan
{
    protected LiftPlan(IDiskSteps disk, string windowsFolder, List<LiftItem> items)
    {
        Disk = disk;
        WindowsFolder = windowsFolder;
        Items = items;
    }

    /// <summary>In the order in which they were found: what is in use first.</summary>
    public List<LiftItem> Items { get; }

    public bool IsRefused => Count(LiftAction.Refuse) > 0;

    /// <summary>The first copy that must not be touched, or null.</summary>
    public LiftItem? FirstRefused => Items.Find(i => i.Action == LiftAction.Refuse);

    protected IDiskSteps Disk { get; }

    protected string WindowsFolder { get; }

    public int Count(LiftAction action) => Items.FindAll(i => i.Action == action).Count;

    /// <summary>
    /// Those with this action, in the order of writing: what Windows File Protection restores from comes first.
    /// </summary>
    protected List<LiftItem> InOrder(params LiftAction[] actions)
    {
        var chosen = Items.FindAll(i => Array.IndexOf(actions, i.Action) >= 0);
        var ordered = new List<LiftItem>();
        foreach (var role in new[] { CopyRole.Cache, CopyRole.ServicePack, CopyRole.InUse })
        {
            ordered.AddRange(chosen.FindAll(i => i.Copy.Place.Role == role));
        }

        return ordered;
    }
}
