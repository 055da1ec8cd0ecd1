using HalfOpen.Tests.Windows;
using HalfOpen.Xp.Files;
using HalfOpen.Xp.Texts;

namespace HalfOpen.Tests.Xp;

/// <summary>
/// The real steps of HalfOpen.exe with one fault at a chosen one, or with a file that Windows has in use.
/// </summary>
internal sealed class FaultyDisk : IDiskSteps
{
    private readonly IDiskSteps _real = DiskSteps.OfThisSystem();
    private readonly List<(string From, string To)> _atRestart = [];
    private int _faultAt = int.MaxValue;
    private Fault _fault;

    public int Steps { get; private set; }

    public bool Happened => Steps > _faultAt;

    /// <value>A file that is replaced only at the restart, or null.</value>
    public string? InUse { get; init; }

    /// <value>In the order in which they were replaced.</value>
    public List<string> Replaced { get; } = [];

    private bool IsDead => _fault == Fault.Kill && Happened;

    public void Arm(int faultAt, Fault fault) => (Steps, _faultAt, _fault) = (0, faultAt, fault);

    /// <summary>Windows starts anew: what is on record happens, and what is gone does not.</summary>
    public void Restart()
    {
        foreach (var (from, to) in _atRestart.Where(r => File.Exists(r.From)))
        {
            File.Move(from, to, overwrite: true);
        }

        _atRestart.Clear();
    }

    public DiskEntry KindOf(string path) => IsDead ? throw new ProcessEndedException() : _real.KindOf(path);

    public List<string> List(string folder) => IsDead ? throw new ProcessEndedException() : _real.List(folder);

    public byte[] Read(string path, int maxBytes)
    {
        Step(path, isChange: false);
        return _real.Read(path, maxBytes);
    }

    public byte[] ReadStart(string path, int count) => _real.ReadStart(path, count);

    public void CreateSynced(string path, byte[] bytes)
    {
        if (Steps == _faultAt)
        {
            File.WriteAllBytes(path, bytes[..(bytes.Length / 2)]);
        }

        Step(path, isChange: true);
        _real.CreateSynced(path, bytes);
    }

    public void CopyMetadata(string from, string to)
    {
        Step(to, isChange: true);
        _real.CopyMetadata(from, to);
    }

    public Replacement Replace(string from, string to)
    {
        Step(to, isChange: true);
        if (to == InUse)
        {
            return Replacement.InUse;
        }

        Replaced.Add(to);
        return _real.Replace(from, to);
    }

    public void ReplaceAtRestart(string from, string to)
    {
        Step(to, isChange: true);
        _atRestart.Add((from, to));
    }

    public bool IsReplacedAtRestart(string from) => _atRestart.Exists(r => r.From == from);

    public void Delete(string path)
    {
        Step(path, isChange: true);
        _real.Delete(path);
    }

    public IDisposable Lock(string folder)
    {
        Step(folder, isChange: false);
        return _real.Lock(folder);
    }

    private void Step(string path, bool isChange)
    {
        var now = Steps++;
        if (now == _faultAt || (now > _faultAt && (_fault == Fault.Kill || (_fault == Fault.FailForever && isChange))))
        {
            throw _fault == Fault.Kill ? new ProcessEndedException() : new DiskProblemException(path, new Phrase(TextKey.DiskFull));
        }
    }
}
