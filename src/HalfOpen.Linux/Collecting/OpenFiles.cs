using System.Globalization;
using HalfOpen.Diagnosis.Facts;
using HalfOpen.Diagnosis.Gathering;

namespace HalfOpen.Linux.Collecting;

/// <summary>How many files each process has open, and how many it may.</summary>
internal static class OpenFiles
{
    private const int Most = 8;

    /// <summary>The processes nearest to their limits; only those that we may look into.</summary>
    public static IReadOnlyList<DescriptorFacts> Look(ProgramNames names, FactsBuilder builder)
    {
        var found = new List<(uint Process, long Open, long Limit)>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!uint.TryParse(Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var process))
            {
                continue;
            }

            try
            {
                var open = Directory.EnumerateFileSystemEntries(folder + "/fd").LongCount();
                if (open > 0 && Limit(File.ReadLines(folder + "/limits").Take(64)) is { } limit)
                {
                    found.Add((process, open, limit));
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Ended meanwhile, or not ours to see.
            }
        }

        return [.. found.OrderByDescending(f => f.Limit > 0 ? (double)f.Open / f.Limit : 0).ThenByDescending(f => f.Open).Take(Most)
            .Select(f => new DescriptorFacts(builder.Program(names.OfProcess(f.Process) ?? names.OfUser(0)), f.Open, f.Limit))];
    }

    /// <summary>The soft limit in "Max open files            1024                 524288               files"; 0:
    /// none.</summary>
    internal static long? Limit(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            if (line.StartsWith("Max open files", StringComparison.Ordinal))
            {
                var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                return fields.Length < 4 ? null : long.TryParse(fields[3], NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
                    ? limit : 0;
            }
        }

        return null;
    }
}
