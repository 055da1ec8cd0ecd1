namespace HalfOpen.Simulation.Scenarios;

/// <summary>
/// A scenario that cannot be run. The message is one line: the file, the line, the field, what it says and what is
/// allowed.
/// </summary>
public sealed class ScenarioException(string message) : Exception(message);
