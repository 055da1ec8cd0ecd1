namespace HalfOpen.Core.Policies.Fair;

/// <summary>
/// Which share of somebody's attempts stayed silent: a mean that remembers the last 32. Answers come early and silence
/// late, so that a mean over ends alone would call every swarm brief for its first second; attempts that are pending
/// count as silent, beyond a few on trial. Mutable struct: never copy.
/// </summary>
internal struct SilentShare
{
    /// <summary>Memory, in attempts.</summary>
    private const int Window = 32;

    /// <summary>
    /// It is brief (it gives slots back within a round trip) while no more than one attempt in so many is silent.
    /// </summary>
    private const int BriefUpToOneIn = 4;
    private double _share;
    private int _samples;

    /// <summary>
    /// So many attempts there must be for the silent ones to be one in four: compared at every event, computed at
    /// fewer.
    /// </summary>
    private int _needed;

    /// <summary>Enough was seen; what others were like no longer matters.</summary>
    public readonly bool IsSettled => _samples == Window;

    /// <summary>Nothing was seen yet.</summary>
    public readonly bool IsEmpty => _samples == 0;

    public void Learn(bool silent)
    {
        var difference = (silent ? 1.0 : 0.0) - _share;
        _share += IsSettled ? difference * (1.0 / Window) : difference / ++_samples;
        _needed = (int)Math.Ceiling(_share * _samples * BriefUpToOneIn);
    }

    /// <param name="pending">Attempts that are out and may still answer.</param>
    /// <param name="trial">So many of them are no cause for suspicion.</param>
    /// <param name="prior">As if so many had been silent already.</param>
    /// <param name="goodWill">As if so many had answered already.</param>
    public readonly bool IsBrief(int pending, int trial, int prior, int goodWill = 0) =>
        _needed + (BriefUpToOneIn * (Math.Max(0, pending - trial) + prior)) <= _samples + pending + prior + goodWill;
}
