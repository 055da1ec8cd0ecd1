namespace HalfOpen.Images;

/// <summary>Commands that help, for messages. A name that a shell or a terminal could take for more than a name is not
/// repeated.</summary>
internal static class Remedies
{
    /// <summary>The file's name where it is plain, else a word in its place.</summary>
    public static string Shown(string name) =>
        name.Length is > 0 and <= 80 && name[0] != '-' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')
            ? name : "IMAGE";

    /// <summary>The command that makes one whole, plain image of what is read.</summary>
    public static string Convert(string name, string format)
    {
        var shown = Shown(name);
        var dot = shown.LastIndexOf('.');
        return $"'qemu-img convert -O {format} {shown} {(dot > 0 ? shown[..dot] : shown)}-flat.{Extension(format)}'";
    }

    private static string Extension(string format) => format switch { "vpc" => "vhd", "raw" => "img", _ => format };
}
