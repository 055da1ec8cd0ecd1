using System.Text;

namespace HalfOpen.Linux.Collecting;

/// <summary>What the kernel's log says of a full table (/dev/kmsg). Thread-safe: no state.</summary>
internal static class KernelLog
{
    private const int MaxRecords = 100_000;
    private const int RecordLength = 8192;

    /// <summary>
    /// Whether a table was full in a namespace that the message does not name. Newer kernels name it (by a number that
    /// may be another's meanwhile), and then that namespace's own counters say the same and more. Null: it may not be
    /// read.
    /// </summary>
    public static bool? SaysTableFull()
    {
        var number = Native.Open("/dev/kmsg", Native.CloseOnExec | Native.NonBlocking, 0);
        if (number < 0)
        {
            return null;
        }

        using var log = new Descriptor(number);
        var record = new byte[RecordLength];
        for (var i = 0; i < MaxRecords; i++)
        {
            // One record a call; an end, or one that was overwritten meanwhile, is an error.
            var length = Native.ReadSome(log.Number, record);
            if (length <= 0)
            {
                break;
            }

            var text = Encoding.UTF8.GetString(record, 0, length);
            if (IsTableFull(text))
            {
                return true;
            }
        }

        return false;
    }

    internal static bool IsTableFull(string record) => record.Contains("nf_conntrack", StringComparison.Ordinal)
        && record.Contains("table full", StringComparison.Ordinal) && !record.Contains(" in netns ", StringComparison.Ordinal);
}
