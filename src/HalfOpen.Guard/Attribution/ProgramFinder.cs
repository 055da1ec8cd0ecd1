using HalfOpen.Hosting;

namespace HalfOpen.Guard.Attribution;

/// <summary>Whose an attempt is, as the guard would call it. Immutable.</summary>
/// <param name="Owner">User, container or host.</param>
/// <param name="FullName">Executable with folders, what it interprets, unit: its name among its owner's
/// programs.</param>
/// <param name="FlatName">Its name where owners do not matter.</param>
/// <param name="Name">Short: without folders and unit.</param>
/// <param name="Unit">Empty: none that says anything.</param>
/// <param name="ProcessId">0: none was found, and the name says so.</param>
public sealed record FoundProgram(string Owner, string FullName, string FlatName, string Name, string Unit, uint ProcessId);

/// <summary>
/// The guard's way to find who connects, for others who show the same programs and must call them the same. Answers are
/// kept for two seconds. Not thread-safe.
/// </summary>
public sealed class ProgramFinder
{
    private const int MaxCached = 4096;
    private readonly ProcessOrigins _origins = new();
    private readonly Dictionary<AttemptOrigin, FoundProgram> _found = new(ReferenceEqualityComparer.Instance);

    /// <summary>By process; by its user where the process is gone.</summary>
    public FoundProgram OfProcess(uint process, uint user) => Of(_origins.OfProcess(process, user, Now()));

    /// <summary>By what inet_diag says of a socket.</summary>
    public FoundProgram OfSocket(uint inode, ulong cgroup, uint user) => Of(_origins.OfSocket(inode, cgroup, user, Now()));

    private static long Now() => HostClock.System.Now.Ticks;

    /// <summary>The same object for the same origin, so that nothing is made anew for each attempt.</summary>
    private FoundProgram Of(AttemptOrigin origin)
    {
        if (!_found.TryGetValue(origin, out var found))
        {
            if (_found.Count >= MaxCached)
            {
                _found.Clear();
            }

            var unit = ProgramName.UnitOf(origin.Cgroup);
            found = new FoundProgram(origin.Owner, origin.Program, origin.FlatName, ProgramName.Short(origin.Program, origin.Executable),
                ProgramName.Of(unit, "", ""), origin.ProcessId);
            _found.Add(origin, found);
        }

        return found;
    }
}
