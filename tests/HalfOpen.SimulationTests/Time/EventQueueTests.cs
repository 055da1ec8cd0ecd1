using FsCheck;
using FsCheck.Fluent;
using HalfOpen.Simulation.Time;
using Xunit;

namespace HalfOpen.SimulationTests.Time;

public sealed class EventQueueTests
{
    /// <summary>Any mixture of adding and taking gives what a stable sort would.</summary>
    [Fact]
    public void It_is_a_stable_sort()
    {
        var property = Prop.ForAll(ArbMap.Default.ArbFor<(byte Time, bool Take)[]>(), steps =>
        {
            var queue = new EventQueue<int>(1);
            var model = new List<(long Time, int Order)>();
            for (var i = 0; i < steps.Length; i++)
            {
                if (steps[i].Take && model.Count > 0)
                {
                    var expected = model.OrderBy(e => e.Time).ThenBy(e => e.Order).First();
                    model.Remove(expected);
                    var order = queue.Take(out var time);
                    if ((time, order) != (expected.Time, expected.Order))
                    {
                        return false;
                    }
                }
                else
                {
                    queue.Add(steps[i].Time, i);
                    model.Add((steps[i].Time, i));
                }
            }

            return queue.Count == model.Count && queue.NextTime == (model.Count == 0 ? long.MaxValue : model.Min(e => e.Time));
        });
        property.Check(Config.QuickThrowOnFailure.WithMaxTest(500).WithEndSize(200));
    }

    [Fact]
    public void Taking_from_an_empty_queue_is_refused() =>
        Assert.Throws<InvalidOperationException>(() => new EventQueue<int>().Take(out _));
}
