using HalfOpen.Xp.Texts;

namespace HalfOpen.Xp.Network;

/// <summary>Gives the name of a process, or null when it is gone or not ours to ask.</summary>
internal delegate string? ProcessNames(int processId);

/// <summary>A program with attempts that nobody has answered yet.</summary>
internal sealed class Waiting
{
    public Waiting(string name, int processId, int count)
    {
        Name = name;
        ProcessId = processId;
        Count = count;
    }

    public string Name { get; }

    public int ProcessId { get; }

    public int Count { get; }
}

/// <summary>The sockets in SYN-SENT by process, most first; or why they could not be read. Immutable.</summary>
internal sealed class SocketList
{
    private SocketList(List<Waiting> programs, int total, Phrase? problem)
    {
        Programs = programs;
        Total = total;
        Problem = problem;
    }

    public List<Waiting> Programs { get; }

    public int Total { get; }

    /// <summary>Null when the list is right.</summary>
    public Phrase? Problem { get; }

    public static SocketList Unreadable(Phrase problem) => new SocketList(new List<Waiting>(), 0, problem);

    public static SocketList Of(List<HalfOpenSocket> sockets, ProcessNames names)
    {
        var counts = new Dictionary<int, int>();
        foreach (var socket in sockets)
        {
            counts.TryGetValue(socket.ProcessId, out var count);
            counts[socket.ProcessId] = count + 1;
        }

        var programs = new List<Waiting>();
        foreach (var pair in counts)
        {
            programs.Add(new Waiting(names(pair.Key) ?? "?", pair.Key, pair.Value));
        }

        programs.Sort((a, b) => a.Count != b.Count ? b.Count.CompareTo(a.Count) : a.ProcessId.CompareTo(b.ProcessId));
        return new SocketList(programs, sockets.Count, null);
    }
}
