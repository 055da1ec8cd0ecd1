namespace HalfOpen.Windows.Lifting;

/// <summary>
/// What the caller could allow, or name, so that a copy that is refused is written nevertheless. How that is said is
/// the caller's: a flag, a box to tick.
/// </summary>
public enum Overruling
{
    /// <summary>Nothing: it stays refused.</summary>
    None,

    /// <summary>The checksum of the file is wrong: patch it and put the checksum right.</summary>
    BadChecksum,

    /// <summary>
    /// The checksum is wrong and nothing shows that the other bytes are right: vouch for them, and put it right.
    /// </summary>
    OtherBytes,

    /// <summary>The file is not what our manifest says: put our backup over it.</summary>
    OurBackup,

    /// <summary>The driver would become an older one than it is: say that this is meant.</summary>
    Downgrade,

    /// <summary>There is no place for a backup beside it: name a folder.</summary>
    BackupFolder,
}
