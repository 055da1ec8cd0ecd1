namespace HalfOpen.Xp.Texts;

internal static partial class TextTable
{
    /// <summary>Why a driver is not touched.</summary>
    private static void AddRefusals(Dictionary<TextKey, string[]> rows)
    {
        rows[TextKey.LimitOutOfRange] = new[]
        {
            "{0} is no usable limit: 1 to 2147483647. With 0 and anything above, every attempt waits for ever.",
            "{0} ist kein brauchbares Limit: 1 bis 2147483647. Bei 0 und allem darüber wartet jeder Versuch ewig.",
        };
        rows[TextKey.SystemIsNewer] = new[]
        {
            "{0}: drivers of Vista and later are signed and are never patched. {1}",
            "{0}: Treiber von Vista und später sind signiert und werden nie gepatcht. {1}",
        };
        rows[TextKey.SystemHasNoLimit] = new[]
        {
            "{0} has no limit on half-open attempts: there is nothing to lift.",
            "{0} begrenzt halboffene Versuche nicht: Es gibt nichts anzuheben.",
        };
        rows[TextKey.DesignVista] = new[]
        {
            "Install Service Pack 2, where the limit is off by default.",
            "Installieren Sie Service Pack 2, wo das Limit ab Werk aus ist.",
        };
        rows[TextKey.DesignRegistry] = new[]
        {
            "The limit is off unless the registry value EnableConnectionRateLimiting is 1.",
            "Das Limit ist aus, solange der Registry-Wert EnableConnectionRateLimiting nicht 1 ist.",
        };
        rows[TextKey.DesignOther] = new[]
        {
            "A limiter of another design is in this driver, off unless switched on.",
            "In diesem Treiber ist ein Begrenzer anderer Bauart, der aus ist, solange ihn niemand einschaltet.",
        };
        rows[TextKey.HasSignature] = new[]
        {
            "the file carries a digital signature, which any change would break.",
            "Die Datei trägt eine digitale Signatur, die jede Änderung zerstören würde.",
        };
        rows[TextKey.IsAmbiguous] = new[]
        {
            "more than one place could be the limit, so nothing is written.",
            "Mehr als eine Stelle könnte das Limit sein, darum wird nichts geschrieben.",
        };
        rows[TextKey.EvidenceMissing] = new[]
        {
            "the evidence for a limit is not complete, so nothing is written: {0}.",
            "Die Belege für ein Limit sind nicht vollständig, darum wird nichts geschrieben: {0}.",
        };
        rows[TextKey.ChecksumWrong] = new[]
        {
            "the stored checksum does not match: the file is damaged or was edited carelessly. /allowbadchecksum "
                + "patches it nevertheless and puts the checksum right.",
            "Die gespeicherte Prüfsumme stimmt nicht: Die Datei ist beschädigt oder wurde unsauber geändert. "
                + "/allowbadchecksum patcht sie trotzdem und berichtigt die Prüfsumme.",
        };
        rows[TextKey.IsUnreadable] = new[] { "not a readable driver: {0}", "Kein lesbarer Treiber: {0}" };
        rows[TextKey.ManifestDamaged] = new[] { "the manifest beside it is damaged", "das Manifest daneben ist beschädigt" };
        rows[TextKey.BackupIsNotManifests] = new[]
        {
            "the backup is not the file that its manifest names: one of the two is damaged",
            "die Sicherung ist nicht die Datei, die ihr Manifest nennt: eine von beiden ist beschädigt",
        };
        rows[TextKey.BackupIsNoDriver] = new[]
        {
            "the backup is no driver with a limit, so it is none of ours",
            "die Sicherung ist kein Treiber mit Limit, also keine von uns",
        };
        rows[TextKey.BackupIsGone] = new[]
        {
            "the backup is gone; only its manifest is left",
            "die Sicherung ist weg; nur ihr Manifest ist noch da",
        };
        rows[TextKey.BackupDamaged] = new[]
        {
            "{0}. Look at {1} and move it and its manifest away before you patch again.",
            "{0}. Sehen Sie sich {1} an und schaffen Sie sie mit ihrem Manifest beiseite, bevor Sie wieder patchen.",
        };
        rows[TextKey.OtherBytesUnknown] = new[]
        {
            "the checksum is wrong, and with the limit set back to 10 the file is no original on record: other bytes may be "
                + "damaged too. Get a sound copy; /allowbadchecksum /force patches this one, when you vouch for every other byte of it.",
            "Die Prüfsumme ist falsch, und mit dem Limit 10 ist die Datei kein bekanntes Original: Auch andere Bytes können "
                + "beschädigt sein. Besorgen Sie eine heile Kopie; /allowbadchecksum /force patcht diese, wenn Sie für alle anderen "
                + "Bytes einstehen.",
        };
        rows[TextKey.WindowsSleeps] = new[]
        {
            "this Windows is hibernated (hiberfil.sys holds its memory) and would overwrite or lose what is changed now: start it, "
                + "shut it down properly, and try again.",
            "Dieses Windows ist im Ruhezustand (hiberfil.sys enthält seinen Speicher) und würde überschreiben oder verlieren, was "
                + "jetzt geändert wird: Starten Sie es, fahren Sie es richtig herunter und versuchen Sie es noch einmal.",
        };
        rows[TextKey.WindowsWakes] = new[]
        {
            "this Windows was waking from hibernation when it was last seen (hiberfil.sys says so): start it and shut it down "
                + "properly. If that was done since, delete hiberfil.sys, which Windows makes anew, and try again.",
            "Dieses Windows war zuletzt beim Aufwachen aus dem Ruhezustand (das sagt hiberfil.sys): Starten Sie es und fahren Sie "
                + "es richtig herunter. Ist das seither geschehen, löschen Sie hiberfil.sys, das Windows neu anlegt, und versuchen "
                + "Sie es noch einmal.",
        };
        rows[TextKey.SleepUnreadable] = new[]
        {
            "{0}, where a Windows keeps its memory while it sleeps, cannot be read: {1}",
            "{0}, wo ein Windows seinen Speicher hält, solange es schläft, lässt sich nicht lesen: {1}",
        };
        rows[TextKey.OlderBackup] = new[]
        {
            "Windows has replaced this file since the patch (an update?): it is {0} and the backup is of {1}, so there is "
                + "nothing to go back to. Set a limit again: that keeps the old backup under another name.",
            "Windows hat diese Datei seit dem Patch ersetzt (ein Update?): Sie ist {0}, die Sicherung ist von {1}, also gibt "
                + "es nichts zurückzugeben. Setzen Sie das Limit neu: Die alte Sicherung bleibt dann unter anderem Namen.",
        };
        rows[TextKey.OlderNeedsDowngrade] = new[]
        {
            "Windows has replaced this file since the patch (an update?): it is {0} and the backup is of {1}, so an older "
                + "driver would come under a newer Windows. Only /restore /force /downgrade does that.",
            "Windows hat diese Datei seit dem Patch ersetzt (ein Update?): Sie ist {0}, die Sicherung ist von {1}, also käme "
                + "ein älterer Treiber unter ein neueres Windows. Das tut nur /restore /force /downgrade.",
        };
        rows[TextKey.ForeignNeedsForce] = new[]
        {
            "the file was changed since by somebody else (an update, another tool): /force puts our backup over it.",
            "Die Datei wurde seither von jemand anderem geändert (einem Update, einem anderen Programm): /force "
                + "legt unsere Sicherung darüber.",
        };
        rows[TextKey.UnprovenNeedsForce] = new[]
        {
            "there is a backup without its manifest, and the file differs from it: /force puts the backup over it.",
            "Es gibt eine Sicherung ohne ihr Manifest, und die Datei weicht von ihr ab: /force legt die Sicherung darüber.",
        };
    }
}
