using HalfOpen.Simulation.Experiments;
using HalfOpen.Simulation.Results;
using HalfOpen.Simulation.Scenarios;
using Xunit;

namespace HalfOpen.SimulationTests.Results;

/// <summary>A page that never came is not left out: it is the slowest of all.</summary>
public sealed class PageTimesTests
{
    [Fact]
    public void Without_missing_pages_it_is_the_sample()
    {
        var pages = PageTimes.Of([3, 1, 2, 4], []);
        Assert.Equal((2, 4, 4, 0), (pages.P50, pages.P99, pages.Count, pages.Unfinished));
        Assert.Null(pages.UnfinishedSeconds);
    }

    [Fact]
    public void A_page_that_was_asked_for_a_moment_ago_changes_nothing()
    {
        var pages = PageTimes.Of([3, 1, 2, 4], [0.5]);
        Assert.Equal((2, 4, 4, 1, 0.5), (pages.P50, pages.P99, pages.Count, pages.Unfinished, pages.UnfinishedSeconds));
    }

    [Fact]
    public void A_page_that_is_missing_for_longer_than_all_others_took_has_no_end()
    {
        var pages = PageTimes.Of([3, 1, 2, 4], [528]);
        Assert.Equal((3, double.PositiveInfinity, 528.0), (pages.P50, pages.P99, pages.UnfinishedSeconds));
    }

    [Fact]
    public void Pages_none_of_which_came_have_no_median()
    {
        var pages = PageTimes.Of([], [528, 3]);
        Assert.Equal((double.PositiveInfinity, double.PositiveInfinity, 0, 2), (pages.P50, pages.P99, pages.Count, pages.Unfinished));
        Assert.True(double.IsNaN(PageTimes.Of([], []).P50));
    }

    /// <summary>
    /// The weight of a value that ended early goes to all later ones alike: by hand for a small sample.
    /// </summary>
    [Theory]
    [InlineData(0.2, 1)]
    [InlineData(0.25, 2)]
    [InlineData(0.5, 4)] // 1 at 0.2; the one of 1.5 is gone, so each later one weighs 0.8 / 3
    [InlineData(0.8, 5)]
    [InlineData(1, 5)]
    public void An_early_end_is_shared_among_the_later_ones(double q, double expected) =>
        Assert.Equal(expected, Quantiles.Of([1, 2, 4, 5], [1.5], q));

    /// <summary>
    /// Found by a reader: a browser one of whose hosts is dead waits for ever, and nothing showed it.
    /// </summary>
    [Fact]
    public void A_browser_with_dead_hosts_shows_that_it_waits()
    {
        var scenario = ShippedScenarios.Find("freeze", ["browser.silent=0.2"])!;
        var run = Experiment.Run(scenario, [new RunRequest { Policy = Policies.Of("fair"), Limit = 10, Seed = 1 }], 1)[0];
        Assert.Equal(1, run.PageSeconds!.Unfinished);
        Assert.True(run.PageSeconds.UnfinishedSeconds > 300);
        Assert.True(double.IsInfinity(run.PageSeconds.P99));
        var table = ResultTable.Text(ResultTable.Rows(scenario, Summary.Of([run])));
        Assert.Matches(@"> \d+ s +\d+ +1 for \d+ s", table);
        Assert.Matches("1 page had still not come at the end with fair at 10, waited for up to [0-9]+ s",
            ClosingSentence.Of(scenario, Summary.Of([run])));
    }
}
