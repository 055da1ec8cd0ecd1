using HalfOpen.Core;

namespace HalfOpen.SimulationTests;

/// <summary>Policies as people type them.</summary>
internal static class Policies
{
    public static PolicyOptions Of(string text) =>
        PolicyTable.Shipped.TryParse(text, out var policy, out var problem) ? policy : throw new ArgumentException(problem, nameof(text));
}
