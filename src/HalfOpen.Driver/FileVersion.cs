using System;

namespace HalfOpen.Driver;

/// <summary>The four numbers of a file version (VS_FIXEDFILEINFO), 0..65535 each. Immutable and thread-safe.</summary>
public sealed class FileVersion : IEquatable<FileVersion>
{
    public FileVersion(int major, int minor, int build, int revision)
    {
        Major = major;
        Minor = minor;
        Build = build;
        Revision = revision;
    }

    public int Major { get; }

    public int Minor { get; }

    public int Build { get; }

    public int Revision { get; }

    /// <summary>Whether this is an earlier version than the other.</summary>
    public bool IsOlderThan(FileVersion other)
    {
        if (other is null)
        {
            throw new ArgumentNullException(nameof(other));
        }

        return Major != other.Major ? Major < other.Major
            : Minor != other.Minor ? Minor < other.Minor
            : Build != other.Build ? Build < other.Build
            : Revision < other.Revision;
    }

    public bool Equals(FileVersion? other) =>
        other is not null && Major == other.Major && Minor == other.Minor && Build == other.Build && Revision == other.Revision;

    public override bool Equals(object? obj) => Equals(obj as FileVersion);

    public override int GetHashCode() => unchecked((((((Major * 31) + Minor) * 31) + Build) * 31) + Revision);

    /// <summary>As Windows shows it: <c>5.1.2600.5512</c>.</summary>
    public override string ToString() => Major + "." + Minor + "." + Build + "." + Revision;
}
