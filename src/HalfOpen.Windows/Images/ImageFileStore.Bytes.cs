using HalfOpen.Images;
using HalfOpen.Windows.Files;

namespace HalfOpen.Windows.Images;

/// <summary>Large files inside an image, read piece by piece: cabinets and packed drivers on its disk.</summary>
public sealed partial class ImageFileStore : IByteStore
{
    ByteSource IByteStore.Open(string path) => Try(path, () => (ByteSource)Open(path).File);
}
