using HalfOpen.Core;

namespace HalfOpen.SimulationTests.Checking;

/// <summary>Makes the ids that otherwise only an engine hands out.</summary>
internal static class Ids
{
    public static ProgramId Program(int i) => new(i, 1);

    public static AttemptId Attempt(int i) => new(i, 1);
}
