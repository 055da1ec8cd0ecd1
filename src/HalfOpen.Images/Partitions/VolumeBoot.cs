namespace HalfOpen.Images.Partitions;

/// <summary>What the boot sector of a volume says it is.</summary>
internal enum VolumeKind
{
    Unknown,
    Ntfs,
    Fat,
    ExFat,
    BitLocker,
    ReFs,
}

/// <summary>Tells a volume's boot sector from an MBR and from noise.</summary>
internal static class VolumeBoot
{
    public static bool IsVolume(ReadOnlySpan<byte> sector) => KindOf(sector) != VolumeKind.Unknown;

    public static VolumeKind KindOf(ReadOnlySpan<byte> sector)
    {
        if (sector.Length < 512)
        {
            return VolumeKind.Unknown;
        }

        return Fields.Starts(sector, 3, "-FVE-FS-"u8) || Fields.Starts(sector, 424, BitLockerToGo) ? VolumeKind.BitLocker
            : Fields.Starts(sector, 3, "NTFS    "u8) ? VolumeKind.Ntfs
            : Fields.Starts(sector, 3, "EXFAT   "u8) ? VolumeKind.ExFat
            : Fields.Starts(sector, 3, "ReFS\0\0\0\0"u8) ? VolumeKind.ReFs
            : IsFat(sector) ? VolumeKind.Fat
            : VolumeKind.Unknown;
    }

    /// <summary>The GUID {4967D63B-2E29-4AD8-8399-F6A339E3D001} of a volume that BitLocker To Go encrypted.</summary>
    private static ReadOnlySpan<byte> BitLockerToGo =>
        [0x3B, 0xD6, 0x67, 0x49, 0x29, 0x2E, 0xD8, 0x4A, 0x83, 0x99, 0xF6, 0xA3, 0x39, 0xE3, 0xD0, 0x01];

    /// <summary>FAT has no magic number (its text fields are decoration): a jump and a sound parameter block are it. An
    /// MBR with a boot loader has none.</summary>
    private static bool IsFat(ReadOnlySpan<byte> sector)
    {
        var bytesPerSector = Fields.U16(sector, 11);
        var sectorsPerCluster = sector[13];
        var fats = sector[16];
        return (sector[0] == 0xEB || sector[0] == 0xE9) && bytesPerSector is 512 or 1024 or 2048 or 4096
            && sectorsPerCluster != 0 && (sectorsPerCluster & (sectorsPerCluster - 1)) == 0
            && Fields.U16(sector, 14) != 0 && fats is 1 or 2 && sector[21] >= 0xF0
            && (Fields.U16(sector, 19) != 0 || Fields.U32(sector, 32) != 0)
            && (Fields.U16(sector, 22) != 0 || Fields.U32(sector, 36) != 0);
    }
}
