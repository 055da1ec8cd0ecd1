using HalfOpen.Core.Attempts;

namespace HalfOpen.Core.Policies;

/// <summary>One policy takes over from another while attempts are half-open and waiting.</summary>
internal static class PolicyChange
{
    public static void Carry(EngineState state, Policy from, Policy to)
    {
        from.Detach();
        var slab = state.Slab;
        List<int> waiting = [];
        from.Export(waiting);
        foreach (var index in waiting)
        {
            state.TakeOut(index);
        }

        List<int> started = [];
        for (var index = 0; index < slab.Used; index++)
        {
            if (slab[index].State == AttemptState.Started)
            {
                started.Add(index);
            }
        }

        foreach (var index in started.OrderBy(i => slab[i].Since))
        {
            state.TakeOut(index);
            to.Adopt(index);
        }

        // The sort is stable: what the old policy kept in order within a program stays so.
        foreach (var index in waiting.OrderBy(i => slab[i].Since))
        {
            to.Submit(index);
        }

        to.LimitChanged();
    }
}
