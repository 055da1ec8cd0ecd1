namespace HalfOpen.Simulation.Results;

/// <summary>Quantiles of a sample: the smallest value that at least a share q of the sample does not exceed.</summary>
public static class Quantiles
{
    private const double Rounding = 1e-9;

    /// <returns>0 for an empty sample.</returns>
    public static double Of(IReadOnlyList<double> sample, double q)
    {
        if (sample.Count == 0)
        {
            return 0;
        }

        var sorted = sample.Order().ToArray();
        return sorted[Math.Clamp((int)Math.Ceiling(q * sorted.Length) - 1, 0, sorted.Length - 1)];
    }

    /// <summary>
    /// The quantile of a sample of which some values are only known to be larger than they were when the observation
    /// ended (Kaplan and Meier 1958). Who waited a moment only says next to nothing; who waited longer than all others
    /// may still wait for ever.
    /// </summary>
    /// <param name="finished">Values that are known.</param>
    /// <param name="unfinished">Values so far; the real ones are larger.</param>
    /// <param name="q">0 to 1.</param>
    /// <returns>NaN for an empty sample; infinite where the sample does not reach so far: then all that is known is
    /// that the quantile is more than the largest of <paramref name="unfinished"/>.</returns>
    public static double Of(IReadOnlyList<double> finished, IReadOnlyList<double> unfinished, double q)
    {
        if (finished.Count + unfinished.Count == 0)
        {
            return double.NaN;
        }

        if (unfinished.Count == 0)
        {
            return Of(finished, q);
        }

        var (ended, open) = (finished.Order().ToArray(), unfinished.Order().ToArray());
        var left = ended.Length + open.Length;
        var (longer, seen) = (1.0, 0); // the share that takes longer; how many of the unfinished are shorter
        foreach (var value in ended)
        {
            while (seen < open.Length && open[seen] < value)
            {
                seen++;
                left--;
            }

            longer *= 1 - (1.0 / left--);
            if (1 - longer >= q - Rounding)
            {
                return value;
            }
        }

        return double.PositiveInfinity;
    }

    /// <summary>
    /// Jain, Chiu and Hawe 1984: (sum x)^2 / (n sum x^2); 1 when all are equal, 1/n when one has all.
    /// </summary>
    public static double Jain(IReadOnlyList<double> shares)
    {
        var sum = shares.Sum();
        var squares = shares.Sum(x => x * x);
        return squares == 0 ? 1 : sum * sum / (shares.Count * squares);
    }
}
