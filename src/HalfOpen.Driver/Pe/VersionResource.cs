using System;
using System.Text;

namespace HalfOpen.Driver.Pe;

/// <summary>
/// The version resource: file version, internal and original name. It informs and waives one evidence for
/// <c>tcpip6.sys</c>; nothing is found through it. An odd layout is therefore read leniently: when the directory leads
/// nowhere, the resource section, then the whole file is searched for the structure's own mark.
/// </summary>
internal sealed class VersionResource
{
    /// <summary>VS_FIXEDFILEINFO.dwSignature.</summary>
    private const uint FixedInfoMark = 0xFEEF04BD;

    private const int FixedInfoSize = 52;
    private const uint VersionType = 16;
    private const int MaxValueChars = 260;

    private VersionResource()
    {
    }

    public FileVersion? Version { get; private set; }

    public string? InternalName { get; private set; }

    public string? OriginalFilename { get; private set; }

    public static VersionResource Read(PeImage image)
    {
        var result = new VersionResource();
        if (FindThroughDirectory(image, out var start, out var end) && result.ReadBlock(image.Bytes, start, end))
        {
            return result;
        }

        image.GetDirectory(PeImage.ResourceDirectory, out var root, out _);
        foreach (var section in image.Sections)
        {
            if ((root != 0 && section.Covers(root, 1)) || section.Name == ".rsrc")
            {
                if (result.ReadBlock(image.Bytes, section.FileOffset, section.FileEnd))
                {
                    return result;
                }
            }
        }

        result.ReadBlock(image.Bytes, 0, image.Bytes.Length);
        return result;
    }

    /// <summary>
    /// Root directory, type 16, first name, first language, data entry: three levels, no recursion, so that a cycle
    /// cannot trap it.
    /// </summary>
    private static bool FindThroughDirectory(PeImage image, out int start, out int end)
    {
        start = end = 0;
        image.GetDirectory(PeImage.ResourceDirectory, out var root, out _);
        uint relative = 0;
        for (var level = 0; level < 3; level++)
        {
            if (root == 0 || !FirstEntry(image, root, relative, level == 0 ? VersionType : (uint?)null, out var next))
            {
                return false;
            }

            var isDirectory = (next & 0x8000_0000) != 0;
            if (isDirectory != level < 2)
            {
                return false;
            }

            relative = next & 0x7FFF_FFFF;
        }

        var entry = image.FileOffsetOf(unchecked(root + relative), 16);
        if (entry < 0)
        {
            return false;
        }

        var size = Little.U32(image.Bytes, entry + 4);
        start = image.FileOffsetOf(Little.U32(image.Bytes, entry), size);
        end = start + (int)Math.Min(size, (uint)image.Bytes.Length);
        return start >= 0;
    }

    private static bool FirstEntry(PeImage image, uint root, uint relative, uint? id, out uint next)
    {
        next = 0;
        var directory = image.FileOffsetOf(unchecked(root + relative), 16);
        if (directory < 0)
        {
            return false;
        }

        var count = Little.U16(image.Bytes, directory + 12) + Little.U16(image.Bytes, directory + 14);
        for (var i = 0; i < count && Little.Has(image.Bytes, directory + 16 + (i * 8L), 8); i++)
        {
            var entry = directory + 16 + (i * 8);
            if (id == null || Little.U32(image.Bytes, entry) == id)
            {
                next = Little.U32(image.Bytes, entry + 4);
                return true;
            }
        }

        return false;
    }

    private bool ReadBlock(byte[] bytes, int start, int end)
    {
        for (var i = start; i + FixedInfoSize <= end; i++)
        {
            i = Array.IndexOf(bytes, (byte)(FixedInfoMark & 0xFF), i, end - i);
            if (i < 0 || i + FixedInfoSize > end)
            {
                return false;
            }

            if (Little.U32(bytes, i) == FixedInfoMark)
            {
                var high = Little.U32(bytes, i + 8);
                var low = Little.U32(bytes, i + 12);
                Version = new FileVersion((int)(high >> 16), (int)(high & 0xFFFF), (int)(low >> 16), (int)(low & 0xFFFF));
                InternalName = FindString(bytes, i + FixedInfoSize, end, "InternalName");
                OriginalFilename = FindString(bytes, i + FixedInfoSize, end, "OriginalFilename");
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Finds a String structure by its key. <c>wLength wValueLength wType key NUL padding value NUL</c>, all UTF-16:
    /// the padding is skipped as zeros, which is right because an empty value is told by wValueLength.
    /// </summary>
    private static string? FindString(byte[] bytes, int start, int end, string key)
    {
        var pattern = Encoding.Unicode.GetBytes(key + "\0");
        for (var i = start + 6; i + pattern.Length <= end; i++)
        {
            if (bytes[i] != pattern[0] || !Matches(bytes, i, pattern))
            {
                continue;
            }

            if (Little.U16(bytes, i - 4) == 0)
            {
                return null;
            }

            var at = i + pattern.Length;
            while (at + 1 < end && Little.U16(bytes, at) == 0)
            {
                at += 2;
            }

            var text = new StringBuilder();
            for (; at + 1 < end && text.Length < MaxValueChars && Little.U16(bytes, at) is > 0 and var c; at += 2)
            {
                // Names go to terminals and JSON: nothing outside printable characters leaves here.
                text.Append(c is >= 0x20 and < 0x7F or >= 0xA0 and < 0xD800 ? (char)c : '?');
            }

            return text.Length == 0 ? null : text.ToString();
        }

        return null;
    }

    private static bool Matches(byte[] bytes, int offset, byte[] pattern)
    {
        for (var i = 0; i < pattern.Length; i++)
        {
            if (bytes[offset + i] != pattern[i])
            {
                return false;
            }
        }

        return true;
    }
}
