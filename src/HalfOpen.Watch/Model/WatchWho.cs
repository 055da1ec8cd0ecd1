namespace HalfOpen.Watch.Model;

/// <summary>
/// Who tries. Owner and full name together are what rows are told apart by. Immutable.
/// </summary>
/// <param name="Owner">User or container; empty where it is not known.</param>
/// <param name="FullName">As the guard calls it among its owner's programs.</param>
/// <param name="Name">Short, for people.</param>
/// <param name="Unit">Unit or container; empty: none.</param>
/// <param name="FlatName">As the guard calls it where owners do not matter.</param>
public sealed record WatchWho(string Owner, string FullName, string Name, string Unit = "", string FlatName = "");

/// <summary>How much a <see cref="WatchModel"/> remembers, whatever happens. Immutable.</summary>
public sealed record WatchLimits
{
    /// <summary>Programs. Default 1,024; beyond, those that were idle longest are folded into the others.</summary>
    public int Programs { get; init; } = 1_024;

    /// <summary>Rows in a frame. Default 1,000.</summary>
    public int Rows { get; init; } = 1_000;

    /// <summary>Destinations of one program. Default 64; beyond, those that matter least are folded.</summary>
    public int DestinationsOfOne { get; init; } = 64;

    /// <summary>Destinations of all programs. Default 16,384.</summary>
    public int Destinations { get; init; } = 16_384;

    /// <summary>Destinations of one row in a frame. Default 10.</summary>
    public int DestinationsShown { get; init; } = 10;

    /// <summary>Attempts that are out. Default 131,072; the outcome of those beyond is not seen.</summary>
    public int Attempts { get; init; } = 131_072;
}
