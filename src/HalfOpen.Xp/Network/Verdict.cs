using HalfOpen.Xp.Copies;
using HalfOpen.Xp.Texts;

namespace HalfOpen.Xp.Network;

/// <summary>Whether the limit is what makes the network stand still.</summary>
internal enum Blame
{
    /// <summary>The limit is not the cause, as far as can be seen.</summary>
    No,

    /// <summary>It has been since Windows was started, but it is not at this moment.</summary>
    Earlier,

    /// <summary>Every slot is taken now.</summary>
    Now,

    /// <summary>The system did not tell.</summary>
    Unknown,
}

/// <summary>One sentence on why the network is frozen. Immutable.</summary>
internal sealed class Verdict
{
    private Verdict(Blame blame, Phrase sentence)
    {
        Blame = blame;
        Sentence = sentence;
    }

    public Blame Blame { get; }

    public Phrase Sentence { get; }

    /// <param name="log">Null: the System log could not be read.</param>
    public static Verdict Of(LimitNow limit, SocketList sockets, LimitEvents? log)
    {
        if (sockets.Problem != null)
        {
            return new Verdict(Blame.Unknown, new Phrase(TextKey.VerdictUnreadable, sockets.Problem));
        }

        if (limit.InForce == null)
        {
            return limit.IsKnownNone ? new Verdict(Blame.No, new Phrase(TextKey.VerdictNoLimit, sockets.Total))
                : new Verdict(Blame.Unknown, new Phrase(TextKey.VerdictUnknownLimit, sockets.Total));
        }

        var slots = limit.InForce.Value;
        if (sockets.Total > 0 && sockets.Total >= slots)
        {
            var first = sockets.Programs[0];
            return new Verdict(Blame.Now, new Phrase(TextKey.VerdictNow, sockets.Total, slots, first.Count, first.Name));
        }

        if (log == null)
        {
            return new Verdict(Blame.No, new Phrase(TextKey.VerdictNotNowNoLog, sockets.Total, slots));
        }

        return log.SinceStart > 0
            ? new Verdict(Blame.Earlier,
                new Phrase(TextKey.VerdictEarlier, log.SinceStart, log.LastUtc!.Value.ToLocalTime(), sockets.Total, slots))
            : new Verdict(Blame.No, new Phrase(TextKey.VerdictNo, sockets.Total, slots));
    }
}
