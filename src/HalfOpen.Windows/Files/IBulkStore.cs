using HalfOpen.Images;

namespace HalfOpen.Windows.Files;

/// <summary>A store whose files can be read piece by piece, whatever their size.</summary>
public interface IByteStore : IFileStore
{
    /// <summary>Opens a plain file of any size. A link is not followed. What is given back may have to be
    /// disposed.</summary>
    ByteSource Open(string path);
}

/// <summary>A store whose files may be too large for memory: they are read and written piece by piece.</summary>
public interface IBulkStore : IByteStore
{
    /// <summary>As the other overload, for content of any size, which is read several times.</summary>
    IStagedFile Stage(string path, ByteSource content, string? like);

    /// <summary>Makes a folder for the user alone; one that is there already is kept.</summary>
    void CreateFolder(string path);

    /// <summary>Removes a folder if it is there and empty.</summary>
    void RemoveEmptyFolder(string path);

    /// <summary>Says that this folder is where the user wants things to be: links on the way to it are followed, links
    /// below it are not.</summary>
    void Trust(string named);
}
