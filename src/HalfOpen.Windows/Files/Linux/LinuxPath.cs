namespace HalfOpen.Windows.Files.Linux;

/// <summary>
/// Full paths. As <see cref="Path.GetFullPath(string)"/>, but the folder that the process stands in keeps its bytes.
/// </summary>
internal static class LinuxPath
{
    private static readonly Lazy<string> CurrentFolder = new(ReadCurrentFolder);

    public static string Full(string path) =>
        !OperatingSystem.IsLinux() || path.StartsWith('/') ? Path.GetFullPath(path) : Path.GetFullPath(path, CurrentFolder.Value);

    private static string ReadCurrentFolder()
    {
        Span<byte> buffer = new byte[64 * 1024];
        return Libc.GetCurrentFolder(buffer, (nuint)buffer.Length) == 0 || buffer.IndexOf((byte)0) is not (> 0 and var length)
            ? Environment.CurrentDirectory
            : LinuxName.Decode(buffer[..length]);
    }
}
