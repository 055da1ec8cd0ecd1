using System.Net;
using HalfOpen.Guard.Rules;

namespace HalfOpen.Guard.Service;

/// <summary>
/// Whom a guard's process tells how it goes: a terminal, a log, a program that reads JSON. Called from several threads,
/// also at the same time; implementations must not throw.
/// </summary>
public interface IGuardReport
{
    /// <summary>Whether there is anybody to look at <see cref="Live"/>.</summary>
    bool IsLive { get; }

    /// <summary>Time between two <see cref="Live"/>.</summary>
    TimeSpan Every { get; }

    /// <summary>Guarding began.</summary>
    /// <param name="metrics">Where metrics can be had, or null.</param>
    /// <returns>The same in a line, for a service manager.</returns>
    string Ready(GuardOptions options, GuardRules rules, GuardStatus status, IPEndPoint? metrics);

    /// <summary>How things stand.</summary>
    void Live(GuardStatus status);

    /// <summary>The limit was reached while attempts wait; at most once a minute.</summary>
    void LimitReached(GuardWarning warning);
}

/// <summary>Why a guard's process came to its end.</summary>
public enum GuardEndReason
{
    /// <summary>A signal asked for it. Rules are removed, everything held is let go.</summary>
    Stopped,

    /// <summary>It could not be set up, or the kernel took something away. Nothing is left behind.</summary>
    Failed,

    /// <summary>
    /// Its thread did not answer any more. Rules are removed unless it is fail-closed; the thread still runs, so the
    /// process has to end now.
    /// </summary>
    Hung,
}

/// <summary>How a guard's process ended. Immutable.</summary>
/// <param name="Problem">In a line for a user, without a full stop; empty when it was stopped.</param>
/// <param name="Status">What it did last; null when it never ran.</param>
public sealed record GuardEnd(GuardEndReason Reason, string Problem, GuardStatus? Status);
