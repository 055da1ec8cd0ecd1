namespace HalfOpen.Images;

/// <summary>
/// An expected failure with an image: what is wrong and, where something helps, what to do. The message is whole
/// sentences without the
/// image's path, and contains no bytes of the image as they are. Everything that a parser of this project throws is
/// this.
/// </summary>
public sealed class ImageProblemException : IOException
{
    public ImageProblemException(string problem, Exception? cause = null)
        : base(problem, cause)
    {
    }
}
