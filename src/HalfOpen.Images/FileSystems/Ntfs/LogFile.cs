namespace HalfOpen.Images.FileSystems.Ntfs;

/// <summary>Whether the journal of an NTFS volume says that Windows let go of it properly.</summary>
/// <remarks>
/// <code>
///   restart page: "RSTR"  16 size of a page  24 offset of the restart area     area: 0 LSN
///         12 first client in use, FFFF none  14 flags: 2 clean
/// </code>
/// The first two pages are restart pages; the one with the larger LSN holds. A journal full of FF is new.
/// </remarks>
internal static class LogFile
{
    private const int PageSize = 4096;
    private const ushort NoClient = 0xFFFF, IsCleanFlag = 2;

    public static bool IsClean(ByteSource log)
    {
        if (log.Length < 2 * PageSize)
        {
            return false;
        }

        var first = log.Read(0, PageSize);
        var size = Fields.Starts(first, 0, "RSTR"u8) ? Fields.U32(first, 16) : PageSize;
        var second = size is >= 512 and <= 64 * 1024 && log.Has(size, PageSize) ? log.Read(size, PageSize) : [];
        if (!first.AsSpan().ContainsAnyExcept((byte)0xFF))
        {
            return !second.AsSpan().ContainsAnyExcept((byte)0xFF);
        }

        var (a, b) = (AreaOf(first), AreaOf(second));
        return (a, b) switch
        {
            (null, null) => false,
            ({ } only, null) => only.IsClean,
            (null, { } only) => only.IsClean,
            _ => a.Value.Lsn >= b.Value.Lsn ? a.Value.IsClean : b.Value.IsClean,
        };
    }

    private static (ulong Lsn, bool IsClean)? AreaOf(byte[] page)
    {
        try
        {
            int count = Fields.U16(page, 6);
            var protectedSize = (count - 1) * Fixups.Stride;
            if (!Fields.Starts(page, 0, "RSTR"u8) || protectedSize is < Fixups.Stride or > PageSize)
            {
                return null;
            }

            Fixups.Apply(page.AsSpan(0, protectedSize), "RSTR"u8);
            var area = Fields.Part(page, Fields.U16(page, 24), 16);
            return (Fields.U64(area, 0), Fields.U16(area, 12) == NoClient || (Fields.U16(area, 14) & IsCleanFlag) != 0);
        }
        catch (ImageProblemException)
        {
            return null; // the other page holds
        }
    }
}
