namespace HalfOpen.Watch.Model;

/// <summary>Several machines that are watched at once, side by side. Immutable.</summary>
/// <param name="Number">1 for the first, one more for each that follows.</param>
/// <param name="Time">By the machine's clock.</param>
/// <param name="Doing">What happens on them, for people.</param>
/// <param name="Share">Of the whole time that has passed, 0 to 1.</param>
/// <param name="IsOver">Nothing will change any more.</param>
public sealed record MachinesFrame(long Number, DateTimeOffset Time, string Doing, double Share, bool IsOver,
    IReadOnlyList<MachineState> Machines);

/// <summary>One of them. Immutable.</summary>
/// <param name="Name">For people.</param>
/// <param name="Pages">Web pages that were loaded on it so far.</param>
/// <param name="Frame">What is half-open there; null: not seen yet.</param>
public sealed record MachineState(string Name, int Pages, WatchFrame? Frame);
