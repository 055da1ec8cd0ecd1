namespace HalfOpen.Windows.Lifting;

/// <summary>How far a patch or restore of many drivers is: its steps, all counted alike. Not thread-safe.</summary>
/// <param name="total">How many there will be.</param>
/// <param name="onShare">Told the share done, 0 to 1, after each. Null: nobody is told.</param>
internal sealed class WorkSteps(int total, Action<double>? onShare)
{
    private int _done;

    public void Next()
    {
        _done = Math.Min(_done + 1, total);
        onShare?.Invoke((double)_done / total);
    }
}
