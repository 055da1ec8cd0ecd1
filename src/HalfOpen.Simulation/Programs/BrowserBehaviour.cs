using HalfOpen.Core;
using HalfOpen.Simulation.Scenarios;
using HalfOpen.Simulation.Time;
using HalfOpen.Simulation.World;

namespace HalfOpen.Simulation.Programs;

/// <summary>
/// A person who reads pages: a page is so many connections to hosts that are new to the machine, all wished at once,
/// and is there when the last handshake is done; the next one is opened a while later. An attempt that times out is
/// made again, as browsers do.
/// </summary>
internal sealed class BrowserBehaviour(SimulatedWorld world, int index, ProgramSpec spec, string name) : Behaviour(world, index, spec, name)
{
    private const int Pause = 0;
    private readonly long _pause = Ticks.FromSeconds(spec.PauseSeconds);
    private int[] _hosts = [];
    private int _left;
    private long _asked;

    /// <summary>Page times in ticks, in order.</summary>
    public List<long> Pages { get; } = [];

    /// <summary>When each of <see cref="Pages"/> was asked for, in ticks.</summary>
    public List<long> Asked { get; } = [];

    /// <summary>Since when the person has been waiting for the page that is not there yet; null: not waiting.</summary>
    public long? WaitingSince => _left > 0 ? _asked : null;

    public override void OnWake(int word)
    {
        if (word == Pause)
        {
            NextPage();
        }
        else
        {
            World.Submit(this, _hosts[word - 1], word);
        }
    }

    public override void OnEstablished(int word) => Done();

    public override void OnFailed(int word, Outcome outcome)
    {
        if (outcome is Outcome.Refused or Outcome.Reset)
        {
            Done(); // the page shows without it
        }
        else
        {
            World.Submit(this, _hosts[word - 1], word);
        }
    }

    public override void OnRejected(int word, TimeSpan retryAfter) => World.WakeIn(PauseAfterRejection(retryAfter), Index, word);

    protected override void Begin()
    {
        _left = 0;
        NextPage();
    }

    private void NextPage()
    {
        foreach (var host in _hosts)
        {
            World.Hosts.Release(host);
        }

        _hosts = new int[Spec.Hosts];
        for (var h = 0; h < _hosts.Length; h++)
        {
            _hosts[h] = NewHost();
        }

        _asked = World.Now;
        _left = Spec.Hosts * Spec.PerHost;
        for (var h = 0; h < _hosts.Length; h++)
        {
            for (var i = 0; i < Spec.PerHost; i++)
            {
                World.Submit(this, _hosts[h], h + 1);
            }
        }
    }

    private void Done()
    {
        if (--_left == 0)
        {
            Pages.Add(World.Now - _asked);
            Asked.Add(_asked);
            World.WakeIn(_pause, Index, Pause);
        }
    }
}
