using HalfOpen.Core;
using HalfOpen.Simulation.Scenarios;
using HalfOpen.Simulation.Time;
using HalfOpen.Simulation.World;

namespace HalfOpen.Simulation.Programs;

/// <summary>
/// Mail or SSH: a few connections to hosts it always uses, each opened again at once when it ends, and 5 s after a
/// failure.
/// </summary>
internal sealed class KeepOpenBehaviour(SimulatedWorld world, int index, ProgramSpec spec, string name)
    : Behaviour(world, index, spec, name)
{
    private const long RetryPause = 5 * Ticks.PerSecond;
    private int[] _hosts = [];

    public override IReadOnlyList<int> Pool => _hosts;

    public override void OnWake(int word) => World.Submit(this, _hosts[word % _hosts.Length], word);

    public override void OnFailed(int word, Outcome outcome) => World.WakeIn(RetryPause, Index, word);

    public override void OnEstablished(int word)
    {
    }

    public override void OnRejected(int word, TimeSpan retryAfter) => World.WakeIn(PauseAfterRejection(retryAfter), Index, word);

    public override void OnClosed(int word) => OnWake(word);

    protected override void Begin()
    {
        if (_hosts.Length == 0)
        {
            _hosts = new int[Math.Max(1, Spec.Pool)];
            for (var i = 0; i < _hosts.Length; i++)
            {
                _hosts[i] = NewHost();
            }
        }

        for (var i = 0; i < Math.Max(1, Spec.Concurrent); i++)
        {
            OnWake(i);
        }
    }
}
