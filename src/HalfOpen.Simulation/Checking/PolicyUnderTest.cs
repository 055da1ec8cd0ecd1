using HalfOpen.Core;
using HalfOpen.Hosting.Decisions;

namespace HalfOpen.Simulation.Checking;

/// <summary>What a run puts to the test.</summary>
/// <param name="Title">Policy, limit and options in a few words, for messages.</param>
/// <param name="NewLimiter">A fresh one, as after a restart of the machine.</param>
/// <param name="Promises">What the checkers hold it to.</param>
internal sealed record PolicyUnderTest(string Title, Func<ILimiter> NewLimiter, PolicyPromises Promises);
