namespace HalfOpen.Xp.Texts;

internal static partial class TextTable
{
    /// <summary>How things stand.</summary>
    private static void AddStates(Dictionary<TextKey, string[]> rows)
    {
        rows[TextKey.MeansStock] = new[]
        {
            "All programs together may have {0:N0} connection attempts that nobody has answered yet. One program "
                + "with dead peers takes them all, and every other program waits: that is the freeze.",
            "Alle Programme zusammen dürfen {0:N0} Verbindungsversuche haben, die noch niemand beantwortet hat. "
                + "Ein Programm mit toten Gegenstellen belegt sie alle, und jedes andere wartet: Das ist der "
                + "Stillstand.",
        };
        rows[TextKey.MeansRaised] = new[]
        {
            "Raised by Halfopen from {1:N0}: all programs together may have {0:N0} connection attempts that "
                + "nobody has answered yet.",
            "Von Halfopen angehoben, vorher {1:N0}: Alle Programme zusammen dürfen {0:N0} Verbindungsversuche "
                + "haben, die noch niemand beantwortet hat.",
        };
        rows[TextKey.MeansHigher] = new[]
        {
            "Raised before by another tool, without a backup of ours: all programs together may have {0:N0} "
                + "connection attempts that nobody has answered yet.",
            "Schon von einem anderen Programm angehoben, ohne Sicherung von uns: Alle Programme zusammen dürfen "
                + "{0:N0} Verbindungsversuche haben, die noch niemand beantwortet hat.",
        };
        rows[TextKey.MeansServer] = new[]
        {
            "The limit of {0:N0} stands in the file, but a server does not enforce it: patching changes nothing.",
            "Das Limit {0:N0} steht in der Datei, aber ein Server wendet es nicht an: Patchen ändert nichts.",
        };
        rows[TextKey.MeansUnknownProduct] = new[]
        {
            "The limit of {0:N0} is enforced if this is a workstation (XP x64), and not on a server: the file "
                + "alone does not tell.",
            "Das Limit {0:N0} gilt, wenn das eine Workstation ist (XP x64), und nicht auf einem Server: Die Datei"
                + " allein verrät es nicht.",
        };
        rows[TextKey.MeansBlocked] = new[]
        {
            "With this limit every connection attempt waits for ever: set a usable one, or restore the original.",
            "Mit diesem Limit wartet jeder Verbindungsversuch ewig: Setzen Sie ein brauchbares oder stellen Sie "
                + "das Original wieder her.",
        };
        rows[TextKey.CopiesDiffer] = new[]
        {
            "The copies of the driver do not agree, so Windows File Protection may bring another limit back: apply again.",
            "Die Kopien des Treibers stimmen nicht überein, darum kann der Windows-Dateischutz ein anderes Limit "
                + "zurückholen: Wenden Sie das Limit noch einmal an.",
        };
        rows[TextKey.StateStock] = new[] { "original", "Original" };
        rows[TextKey.StatePatched] = new[] { "patched, backup kept", "gepatcht, Sicherung da" };
        rows[TextKey.StateOther] = new[] { "patched by another tool", "von anderem Programm gepatcht" };
        rows[TextKey.StateForeign] = new[] { "changed since our patch", "seit unserem Patch geändert" };
        rows[TextKey.StateStale] = new[] { "replaced by an update", "von Update ersetzt" };
        rows[TextKey.StateMissing] = new[] { "gone, backup kept", "weg, Sicherung da" };
        rows[TextKey.StateUnproven] = new[] { "backup without manifest", "Sicherung ohne Manifest" };
        rows[TextKey.StateOriginalWithBackup] = new[] { "original, old backup left", "Original, alte Sicherung da" };
        rows[TextKey.StateBackupDamaged] = new[] { "backup damaged", "Sicherung beschädigt" };
        rows[TextKey.StateWaits] = new[] { "{0:N0} after the restart", "{0:N0} nach dem Neustart" };
        rows[TextKey.StateUnreadable] = new[] { "unreadable", "unlesbar" };
        rows[TextKey.StateAmbiguous] = new[] { "ambiguous", "mehrdeutig" };
        rows[TextKey.StateNoLimit] = new[] { "no limit found", "kein Limit gefunden" };
        rows[TextKey.StateBadChecksum] = new[] { "checksum wrong", "Prüfsumme falsch" };
        rows[TextKey.StaleBackup] = new[]
        {
            "Windows has replaced the driver since the patch (an update?): it is {0} now, and the backup is of {1}. Set a "
                + "limit again: that keeps the old backup under another name.",
            "Windows hat den Treiber seit dem Patch ersetzt (ein Update?): Er ist jetzt {0}, die Sicherung ist von {1}. "
                + "Setzen Sie das Limit neu: Die alte Sicherung bleibt dann unter anderem Namen.",
        };
        rows[TextKey.OldBackupKept] = new[]
        {
            "a new backup; that of {0} is kept as {1}",
            "eine neue Sicherung; die von {0} bleibt als {1}",
        };
        rows[TextKey.OtherVersion] = new[]
        {
            "Another version of the driver comes back: {1} in place of {0}.",
            "Eine andere Version des Treibers kommt zurück: {1} statt {0}.",
        };
        rows[TextKey.Version] = new[] { "{0}", "{0}" };
        rows[TextKey.UnknownVersion] = new[] { "an unknown version", "einer unbekannten Version" };
        rows[TextKey.BackingUp] = new[] { "Backing up {0} ...", "Sichere {0} ..." };
        rows[TextKey.Preparing] = new[] { "Preparing {0} ...", "Bereite {0} vor ..." };
        rows[TextKey.Writing] = new[] { "Writing {0} ...", "Schreibe {0} ..." };
        rows[TextKey.RestartNeeded] = new[]
        {
            "Restart Windows: it reads the driver only at its start.",
            "Starten Sie Windows neu: Es liest den Treiber nur beim Start.",
        };
        rows[TextKey.WaitingForRestart] = new[]
        {
            "In use at the moment: {0:N0} of the files. Windows replaces them when it next starts.",
            "Im Augenblick in Gebrauch: {0:N0} der Dateien. Windows ersetzt sie beim nächsten Start.",
        };
        rows[TextKey.FileProtectionPrompt] = new[]
        {
            "A window \"Windows File Protection\" may appear. It says that files were replaced by unrecognized "
                + "versions and asks for the Windows CD. Click Cancel there, and then Yes, to keep the new files. (They"
                + " are ours: Windows knows only Microsoft's own.)",
            "Es kann ein Fenster \"Windows-Dateischutz\" erscheinen. Es sagt, dass Dateien durch unbekannte "
                + "Versionen ersetzt wurden, und verlangt die Windows-CD. Klicken Sie dort auf Abbrechen und dann auf "
                + "Ja, um die neuen Dateien zu behalten. (Es sind unsere: Windows kennt nur Microsofts eigene.)",
        };
        rows[TextKey.DriverCacheHolds] = new[]
        {
            "{0} holds the original too, and is not changed: if the limit is the old one again after the restart, Windows "
                + "File Protection took the driver from there.",
            "{0} enthält das Original ebenfalls und wird nicht geändert: Ist das Limit nach dem Neustart wieder das alte, hat "
                + "der Windows-Dateischutz den Treiber von dort geholt.",
        };
    }
}
