namespace HalfOpen.Images;

/// <summary>The files that an image may consist of. The host opens them: this project touches no file system.</summary>
public interface IImageFiles
{
    /// <value>Name of the file that the user named, without its folder.</value>
    string Name { get; }

    /// <value>Its bytes.</value>
    ByteSource Main { get; }

    /// <summary>Another file of the same folder, as a VMDK descriptor names it.</summary>
    /// <param name="name">A plain name: no separator, not <c>.</c> or <c>..</c>; the caller has checked it. A host
    /// follows no link.</param>
    /// <returns>Null when there is no such plain file.</returns>
    ByteSource? Open(string name);
}
