using HalfOpen.Core;

namespace HalfOpen.SimulationTests.Checking;
internal static class Ids
{
    public static ProgramId Program(int i) => new(i);
    public static AttemptId Attempt(int i) => new(i, 1);
}
