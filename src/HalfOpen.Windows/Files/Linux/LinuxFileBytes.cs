using HalfOpen.Images;

namespace HalfOpen.Windows.Files.Linux;

/// <summary>The bytes of an open file, as long as it was when it was opened.</summary>
internal sealed class LinuxFileBytes(OpenFile file, long length) : FileBytes
{
    public override long Length => length;

    public override void Dispose() => file.Dispose();

    protected override void ReadCore(long offset, Span<byte> into)
    {
        while (into.Length > 0)
        {
            var read = Libc.ReadAt(file.Number, into, (nuint)into.Length, offset);
            if (read <= 0)
            {
                throw new ImageProblemException(read < 0 ? Errno.Describe(Errno.Last)
                    : "The file became shorter while it was being read: try again.");
            }

            into = into[(int)read..];
            offset += read;
        }
    }
}
