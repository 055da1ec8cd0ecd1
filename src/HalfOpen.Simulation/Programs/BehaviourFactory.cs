using HalfOpen.Simulation.Scenarios;
using HalfOpen.Simulation.World;

namespace HalfOpen.Simulation.Programs;

internal static class BehaviourFactory
{
    public static Behaviour[] Create(SimulatedWorld world, Scenario scenario)
    {
        var all = new List<Behaviour>();
        foreach (var spec in scenario.Programs)
        {
            for (var i = 1; i <= spec.Count; i++)
            {
                var name = spec.Count == 1 ? spec.Name : $"{spec.Name}-{i}";
                all.Add(spec.Kind switch
                {
                    ProgramKind.Browser => new BrowserBehaviour(world, all.Count, spec, name),
                    ProgramKind.KeepOpen => new KeepOpenBehaviour(world, all.Count, spec, name),
                    _ => new StreamBehaviour(world, all.Count, spec, name),
                });
            }
        }

        return [.. all];
    }
}
