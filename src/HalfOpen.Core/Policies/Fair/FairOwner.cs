namespace HalfOpen.Core.Policies.Fair;

/// <summary>
/// What is known of an owner over all its programs. Its newcomers are its programs of which nothing is known yet: what
/// they turn out to be says what the next one will be, so that who starts ten thousand programs gets no more trust than
/// who starts one. A single silent one proves nothing. Mutable struct: never copy.
/// </summary>
internal struct FairOwner
{
    /// <summary>So many samples' worth of good will: one silent newcomer of one is forgiven, two are not.</summary>
    private const int GoodWill = 4;
    private static readonly long FirstPause = TimeSpan.FromSeconds(2).Ticks, LongestPause = TimeSpan.FromSeconds(16).Ticks;
    private static readonly long ForgottenAfter = TimeSpan.FromMinutes(1).Ticks;

    /// <summary>Slots held by its programs, and what they owe (see <see cref="FairProgram.Owed"/>).</summary>
    public int Held;

    /// <summary>Half-open attempts of its programs that hold no slot.</summary>
    public int Beyond;

    /// <summary>Of these, those that were trusted, stayed silent, and made way.</summary>
    public int MadeWay;

    /// <summary>
    /// Its programs that have attempts out and no outcome yet: how many, and the first of them; + 1, 0: none.
    /// </summary>
    public int NewcomersOut;
    public int FirstNewcomer;

    /// <summary>When one of its attempts may use the headroom on probation.</summary>
    public long ProbationAt;

    private SilentShare _newcomers;
    private long _silentAt;
    private long _pause;

    private bool _distrusts;

    /// <summary>A newcomer of this owner may be taken for one that gives slots back soon.</summary>
    public readonly bool TrustsNewcomers => !_distrusts;

    /// <summary>A program begins; what its owner's did a minute ago no longer matters.</summary>
    /// <returns>True: from now on newcomers are not trusted, those that are out included.</returns>
    public bool NewcomerStarted(int trial, long now)
    {
        if (now - _silentAt > ForgottenAfter)
        {
            _newcomers = default;
        }

        NewcomersOut++;
        return LosesTrust(trial);
    }

    /// <summary>The first outcome of a program.</summary>
    /// <param name="silent">Null: it says nothing.</param>
    /// <inheritdoc cref="NewcomerStarted"/>
    public bool NewcomerEnded(bool? silent, int trial, long now)
    {
        NewcomersOut--;
        if (silent is { } wasSilent)
        {
            _newcomers.Learn(wasSilent);
            _silentAt = wasSilent ? now : _silentAt;
        }

        return LosesTrust(trial);
    }

    /// <summary>Its attempt on probation ended, was silent, or had to make way.</summary>
    public void ProbationEnded(bool answered, long now)
    {
        _pause = answered ? 0 : Math.Clamp(2 * _pause, FirstPause, LongestPause);
        ProbationAt = now + _pause;
    }

    private bool LosesTrust(int trial)
    {
        var trusted = !_distrusts;
        _distrusts = !_newcomers.IsBrief(NewcomersOut, trial - 1, prior: 0, GoodWill);
        return trusted && _distrusts;
    }
}
