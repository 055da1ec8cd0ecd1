using HalfOpen.Core;
using HalfOpen.Simulation.Randomness;
using HalfOpen.Simulation.Results;
using Xunit;

namespace HalfOpen.SimulationTests.Results;

public sealed class HistogramTests
{
    [Theory]
    [InlineData(1, 6)]
    [InlineData(2, 6)]
    [InlineData(3, 3)]
    [InlineData(4, 1)]
    [InlineData(5, 8)]
    public void A_quantile_is_never_below_the_truth_and_at_most_a_bucket_above(ulong seed, int bits)
    {
        var random = new Prng(seed);
        var histogram = new DurationHistogram(bits);
        var all = new List<long>();
        for (var i = 0; i < 5000; i++)
        {
            var value = random.NextBetween(0, 1L << random.NextBelow(50));
            all.Add(value);
            histogram.Record(value);
        }

        all.Sort();
        foreach (var q in new[] { 0.01, 0.5, 0.9, 0.99, 1 })
        {
            var truth = all[(int)Math.Ceiling(q * all.Count) - 1];
            Assert.InRange(histogram.Quantile(q).Ticks, truth, truth + (truth / ((1 << bits) - 1)) + 1);
        }

        Assert.Equal(all[^1], histogram.Max.Ticks);
        Assert.Equal(5000, histogram.Count);
    }

    [Fact]
    public void An_empty_histogram_says_zero() => Assert.Equal(TimeSpan.Zero, new DurationHistogram().Quantile(0.99));

    [Fact]
    public void Quantiles_and_Jains_index_are_the_textbook_ones()
    {
        double[] sample = [5, 1, 4, 2, 3];
        Assert.Equal(3, Quantiles.Of(sample, 0.5));
        Assert.Equal(5, Quantiles.Of(sample, 0.99));
        Assert.Equal(1, Quantiles.Jain([2, 2, 2, 2]));
        Assert.Equal(0.25, Quantiles.Jain([8, 0, 0, 0]));
    }
}
