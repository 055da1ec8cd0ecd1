using System.Buffers.Binary;
using System.Text;
using HalfOpen.Guard.Attribution;
using HalfOpen.Hosting;
using HalfOpen.Watch.Model;

namespace HalfOpen.Watch.Collecting;

/// <summary>
/// Whose an attempt is, in the guard's words. A process that had ended is known by the short name that the kernel told
/// with the event. Bounded. The watch's thread only.
/// </summary>
internal sealed class WhoFinder
{
    private const int MaxCached = 4096;
    private readonly ProgramFinder _finder = new();
    private readonly Dictionary<FoundProgram, WatchWho> _who = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<(uint User, UInt128 Name), WatchWho> _ended = [];

    /// <param name="name">As the kernel has it (comm); zeros: not told.</param>
    /// <param name="isGone">The process could not be looked at any more.</param>
    public WatchWho OfProcess(uint process, uint user, ReadOnlySpan<byte> name, out bool isGone)
    {
        var found = _finder.OfProcess(process, user);
        isGone = found.ProcessId == 0;
        return isGone && name.Length > 0 && name[0] != 0 ? OfEnded(found, user, name) : Of(found);
    }

    /// <param name="process">That was found; 0: none.</param>
    public WatchWho OfSocket(uint inode, ulong cgroup, uint user, out uint process)
    {
        var found = _finder.OfSocket(inode, cgroup, user);
        process = found.ProcessId;
        return Of(found);
    }

    private WatchWho OfEnded(FoundProgram found, uint user, ReadOnlySpan<byte> name)
    {
        var key = (user, BinaryPrimitives.ReadUInt128LittleEndian(name));
        if (!_ended.TryGetValue(key, out var who))
        {
            Bound(_ended);
            var end = name.IndexOf((byte)0);
            var text = PlainText.Of(Encoding.UTF8.GetString(end < 0 ? name : name[..end]));
            _ended[key] = who = new WatchWho(found.Owner, text + " (its processes had ended)", text + " (ended)");
        }

        return who;
    }

    private WatchWho Of(FoundProgram found)
    {
        if (!_who.TryGetValue(found, out var who))
        {
            Bound(_who);
            _who[found] = who = new WatchWho(found.Owner, found.FullName, found.Name, found.Unit, found.FlatName);
        }

        return who;
    }

    private static void Bound<TKey>(Dictionary<TKey, WatchWho> cache)
        where TKey : notnull
    {
        if (cache.Count >= MaxCached)
        {
            cache.Clear();
        }
    }
}
