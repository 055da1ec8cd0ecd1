using HalfOpen.Core;

namespace HalfOpen.Guard.Rules;

/// <summary>
/// Sees to it that the guard's rules are there: somebody's <c>nft flush ruleset</c> or <c>iptables-restore</c> removes
/// them without a word. Puts them back, and gives way to whoever removes them again and again. Told the time; not
/// thread-safe.
/// </summary>
/// <param name="rules">Already in.</param>
internal sealed class RuleKeeper(IGuardRules rules)
{
    /// <summary>More often than this within <see cref="Within"/>, and the guard gives way.</summary>
    public const int MostTimes = 5;

    public static readonly TimeSpan Within = TimeSpan.FromMinutes(1);

    /// <summary>Looked for at least this often, told or not.</summary>
    private static readonly long LookEvery = TimeSpan.TicksPerSecond;

    /// <summary>A storm of changes by others costs one look each this long.</summary>
    private static readonly long LookAtMostEvery = 20 * TimeSpan.TicksPerMillisecond;

    private readonly Queue<long> _times = [];
    private long _lastLook = long.MinValue;

    /// <summary>When <see cref="Look"/> must be called at the latest.</summary>
    public long NextLook { get; private set; }

    public int ChangeDescriptor => rules.ChangeDescriptor;

    public string Where => rules.Where;

    /// <summary>See <see cref="IGuardRules.Lacking"/>.</summary>
    public string Lacking => rules.Lacking;

    /// <summary>At the last look.</summary>
    public bool InPlace { get; private set; } = true;

    /// <summary>How often they were put back.</summary>
    public long PutBackTimes { get; private set; }

    /// <summary>It does not put them back any more, until <see cref="TakeHeart"/>.</summary>
    public bool HasGivenWay { get; private set; }

    /// <summary>Makes <see cref="ChangeDescriptor"/> silent until the next change.</summary>
    public void Hush() => rules.Hush();

    /// <summary>Somebody changed something in the packet filter, or a connection went past us: look soon.</summary>
    public void Hurry(Instant now) => NextLook = Math.Min(NextLook, Math.Max(now.Ticks, Saturated(_lastLook, LookAtMostEvery)));

    /// <summary>Looks whether the rules are there, and puts them back if need be.</summary>
    /// <returns>A line for the user where there is something to say, else null.</returns>
    public string? Look(Instant now)
    {
        _lastLook = now.Ticks;
        NextLook = now.Ticks + LookEvery;
        if (HasGivenWay)
        {
            return null;
        }

        if (rules.AreIntact())
        {
            InPlace = true;
            return null;
        }

        while (_times.TryPeek(out var first) && first <= now.Ticks - Within.Ticks)
        {
            _times.Dequeue();
        }

        if (_times.Count >= MostTimes)
        {
            InPlace = false;
            HasGivenWay = true;
            return $"somebody removed the guard's rules more than {MostTimes} times within a minute: giving way. CONNECTIONS PASS "
                + $"WITHOUT A LIMIT until the guard is restarted or told to reload";
        }

        _times.Enqueue(now.Ticks);
        if (rules.PutBack() is { } failure)
        {
            InPlace = false;
            return $"somebody removed the guard's rules, and they cannot be put back: {failure}. CONNECTIONS PASS WITHOUT A LIMIT; "
                + $"trying again";
        }

        InPlace = true;
        PutBackTimes++;
        return $"somebody removed or changed the guard's rules ({rules.Where}): put back";
    }

    /// <summary>After a reload: tries again at the next look.</summary>
    public void TakeHeart()
    {
        HasGivenWay = false;
        _times.Clear();
        NextLook = long.MinValue;
    }

    private static long Saturated(long from, long by) => from == long.MinValue ? from : from + by;
}
