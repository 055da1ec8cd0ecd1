using HalfOpen.Images;

namespace HalfOpen.Windows.Files;

/// <summary>
/// The bytes of an open file of any size. It stays this very file until it is disposed, whatever its name leads to
/// meanwhile. Not thread-safe.
/// </summary>
public abstract class FileBytes : ByteSource, IDisposable
{
    public abstract void Dispose();
}
