namespace HalfOpen.Xp.Texts;

internal static partial class TextTable
{
    /// <summary>The command line.</summary>
    private static void AddConsole(Dictionary<TextKey, string[]> rows)
    {
        rows[TextKey.Help] = new[]
        {
            "Shows and lifts the limit on half-open TCP connection attempts of Windows XP, XP x64 and Server 2003.\n"
                + "\n"
                + "  HalfOpen.exe                  the window\n"
                + "  HalfOpen.exe /inspect         the limit, every copy of the driver, the evidence. Changes nothing\n"
                + "  HalfOpen.exe /patch [100]     set the limit in all copies, with a backup beside each\n"
                + "  HalfOpen.exe /restore         give the originals back, byte for byte\n"
                + "  HalfOpen.exe /why             is it the limit that freezes the network?\n"
                + "\n"
                + "  /quiet             no questions; print results and errors only\n"
                + "  /yes               no questions\n"
                + "  /dryrun            say what would be written; write nothing\n"
                + "  /json              one JSON document for machines\n"
                + "  /force             restore: also over a file that somebody else changed since;\n"
                + "                     patch /allowbadchecksum: vouch for the other bytes\n"
                + "  /downgrade         restore: with /force, also an older version over a newer one\n"
                + "  /allowbadchecksum  patch: also a file whose stored checksum is wrong\n"
                + "  /windows DIR       another Windows folder than the running one\n"
                + "  /language en|de    the language of window and texts\n"
                + "\n"
                + "Examples:\n"
                + "  HalfOpen.exe /patch 100 /quiet\n"
                + "  HalfOpen.exe /inspect /windows D:\\WINDOWS\n"
                + "\n"
                + "Exit codes: 0 done, 1 found or refused, 2 wrong usage.",
            "Zeigt und hebt das Limit für halboffene TCP-Verbindungsversuche von Windows XP, XP x64 und Server 2003.\n"
                + "\n"
                + "  HalfOpen.exe                  das Fenster\n"
                + "  HalfOpen.exe /inspect         Limit, alle Kopien des Treibers, Belege. Ändert nichts\n"
                + "  HalfOpen.exe /patch [100]     setzt das Limit in allen Kopien, mit einer Sicherung neben jeder\n"
                + "  HalfOpen.exe /restore         gibt die Originale Byte für Byte zurück\n"
                + "  HalfOpen.exe /why             ist es das Limit, das das Netz stillstehen lässt?\n"
                + "\n"
                + "  /quiet             keine Fragen; nur Ergebnisse und Fehler\n"
                + "  /yes               keine Fragen\n"
                + "  /dryrun            sagt, was geschrieben würde; schreibt nichts\n"
                + "  /json              ein JSON-Dokument für Maschinen\n"
                + "  /force             restore: auch über eine Datei, die jemand anderes seither geändert hat;\n"
                + "                     patch /allowbadchecksum: für die anderen Bytes einstehen\n"
                + "  /downgrade         restore: mit /force auch eine ältere Version über eine neuere\n"
                + "  /allowbadchecksum  patch: auch eine Datei, deren gespeicherte Prüfsumme falsch ist\n"
                + "  /windows ORDNER    ein anderer Windows-Ordner als der laufende\n"
                + "  /language en|de    die Sprache von Fenster und Texten\n"
                + "\n"
                + "Beispiele:\n"
                + "  HalfOpen.exe /patch 100 /quiet\n"
                + "  HalfOpen.exe /inspect /windows D:\\WINDOWS\n"
                + "\n"
                + "Rückgabewerte: 0 erledigt, 1 gefunden oder verweigert, 2 falsch aufgerufen.",
        };
        rows[TextKey.UnknownOption] = new[]
        {
            "unknown option {0}; /help lists them.",
            "Unbekannte Option {0}; /help zählt sie auf.",
        };
        rows[TextKey.UnknownLanguage] = new[]
        {
            "no such language: {0}. There are en and de.",
            "Diese Sprache gibt es nicht: {0}. Es gibt en und de.",
        };
        rows[TextKey.ValueMissing] = new[]
        {
            "{0} needs a value; /help shows how.",
            "{0} braucht einen Wert; /help zeigt, wie.",
        };
        rows[TextKey.TwoVerbs] = new[]
        {
            "{0} is one verb too many: one at a time.",
            "{0} ist ein Befehl zu viel: immer nur einer.",
        };
        rows[TextKey.VerbMissing] = new[]
        {
            "say what to do: /inspect, /patch, /restore or /why.",
            "Sagen Sie, was zu tun ist: /inspect, /patch, /restore oder /why.",
        };
        rows[TextKey.NobodyToAsk] = new[]
        {
            "there is nobody to ask: add /quiet or /yes to write, or /dryrun to see what would be written.",
            "Es ist niemand da, den man fragen könnte: Fügen Sie /quiet oder /yes hinzu, um zu schreiben, oder "
                + "/dryrun, um zu sehen, was geschrieben würde.",
        };
        rows[TextKey.AskPatch] = new[]
        {
            "Write {0:N0} files (a backup stands beside each)? [y/N]",
            "{0:N0} Dateien schreiben (neben jeder steht eine Sicherung)? [j/N]",
        };
        rows[TextKey.AskRestore] = new[] { "Restore {0:N0} files? [y/N]", "{0:N0} Dateien wiederherstellen? [j/N]" };
        rows[TextKey.NothingWritten] = new[] { "nothing was written.", "Es wurde nichts geschrieben." };
        rows[TextKey.NothingIsWritten] = new[] { "nothing is written: {0}: {1}", "Es wird nichts geschrieben: {0}: {1}" };
        rows[TextKey.NothingToRestore] = new[]
        {
            "there is no backup of ours here: there is nothing to give back.",
            "Hier ist keine Sicherung von uns: Es gibt nichts zurückzugeben.",
        };
        rows[TextKey.DryRun] = new[]
        {
            "Dry run: {0:N0} files would be written; nothing was.",
            "Probelauf: {0:N0} Dateien würden geschrieben; es wurde nichts geschrieben.",
        };
        rows[TextKey.AlreadyAt] = new[] { "already at {0:N0}: nothing to do.", "schon auf {0:N0}: nichts zu tun." };
        rows[TextKey.LeftOut] = new[] { "left out: {0}", "ausgelassen: {0}" };
        rows[TextKey.Refused] = new[] { "refused: {0}", "verweigert: {0}" };
        rows[TextKey.IsOriginalAlready] = new[]
        {
            "is the original already: only backup and manifest go away",
            "ist schon das Original: nur Sicherung und Manifest verschwinden",
        };
        rows[TextKey.NoBackup] = new[] { "no backup of ours", "keine Sicherung von uns" };
        rows[TextKey.DonePatch] = new[]
        {
            "Done: {0:N0} files set to {1:N0}; /restore goes back.",
            "Fertig: {0:N0} Dateien auf {1:N0} gesetzt; /restore führt zurück.",
        };
        rows[TextKey.DoneRestore] = new[]
        {
            "Done: {0:N0} files are as before the first patch.",
            "Fertig: {0:N0} Dateien sind wie vor dem ersten Patch.",
        };
        rows[TextKey.ColumnLimit] = new[] { "Limit", "Limit" };
        rows[TextKey.ColumnState] = new[] { "State", "Zustand" };
        rows[TextKey.ColumnVersion] = new[] { "Version", "Version" };
        rows[TextKey.ColumnEvidence] = new[] { "Evidence", "Belege" };
    }
}
