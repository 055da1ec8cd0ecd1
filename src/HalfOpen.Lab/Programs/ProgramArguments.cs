using System.Globalization;

namespace HalfOpen.Lab.Programs;

/// <summary>The settings of one program as words of its command line: <c>wished=200 open=0.7</c>. Immutable.</summary>
internal sealed class ProgramArguments
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <exception cref="LabException">A word is not NAME=VALUE.</exception>
    public ProgramArguments(IEnumerable<string> words)
    {
        foreach (var word in words)
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1)
            {
                throw new LabException($"'{word}' is no setting: write NAME=VALUE.");
            }

            _values[word[..equals]] = word[(equals + 1)..];
        }
    }

    public double Number(string name, double otherwise = 0) =>
        !_values.TryGetValue(name, out var text) ? otherwise
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value
        : throw new LabException($"'{name}={text}' is no number.");

    public ulong Seed =>
        ulong.TryParse(_values.GetValueOrDefault("seed", "1"), NumberStyles.None, CultureInfo.InvariantCulture, out var seed) ? seed : 1;

    public TimeSpan Seconds(string name) => TimeSpan.FromSeconds(Number(name));

    public int Count(string name, int otherwise = 0) => (int)Math.Clamp(Number(name, otherwise), 0, 1_000_000);

    public string Word(string name, string otherwise) => _values.GetValueOrDefault(name, otherwise);
}
