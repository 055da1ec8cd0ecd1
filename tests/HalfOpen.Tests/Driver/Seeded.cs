using FsCheck;

namespace HalfOpen.Tests.Driver;

/// <summary>
/// FsCheck with a fixed seed, so that a failure is the same on every machine; a failing case is printed.
/// </summary>
internal static class Seeded
{
    public static Config Config(int tests) =>
        FsCheck.Config.QuickThrowOnFailure.WithMaxTest(tests).WithReplay(20_261_123, 4_226_001).WithQuietOnSuccess(true);
}
