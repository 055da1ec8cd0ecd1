namespace HalfOpen.Watch.Model;

/// <summary>What a guard says of itself. Immutable.</summary>
/// <param name="Policy">Name of the rule in force.</param>
/// <param name="SlotsTaken">Of <paramref name="Limit"/>.</param>
/// <param name="Waiting">Attempts that wait for a slot.</param>
/// <param name="Owners">The biggest first; empty where slots are shared between programs alone.</param>
/// <param name="Programs">Those that hold a slot or wait, the biggest first.</param>
/// <param name="LeftOut">Programs and owners that it did not name.</param>
/// <param name="Problem">What is wrong, in words; empty: nothing.</param>
public sealed record WatchGuard(string Policy, int Limit, int SlotsTaken, int Waiting, IReadOnlyList<WatchGuardRow> Owners,
    IReadOnlyList<WatchGuardRow> Programs, int LeftOut = 0, string Problem = "");

/// <summary>Slots and waits of an owner, or of a program of an owner. Immutable.</summary>
/// <param name="Owner">Empty: it has none.</param>
/// <param name="Program">Empty: it is the sum of an owner's programs.</param>
/// <param name="Reason">Why it waits, in words; empty when nothing waits, or for an owner.</param>
public sealed record WatchGuardRow(string Owner, string Program, int Slots, int Waiting, TimeSpan LongestWait, string Reason);
