namespace HalfOpen.Xp.Texts;

internal static partial class TextTable
{
    /// <summary>The window. An ampersand stands before the letter that Alt and the key press.</summary>
    private static void AddWindow(Dictionary<TextKey, string[]> rows)
    {
        rows[TextKey.WindowTitle] = new[] { "Half-open connection limit", "Limit für halboffene Verbindungen" };
        rows[TextKey.Looking] = new[] { "Looking at the drivers ...", "Sehe mir die Treiber an ..." };
        rows[TextKey.LimitCaption] = new[] { "half-open attempts", "halboffene Versuche" };
        rows[TextKey.LimitNone] = new[] { "no limit", "kein Limit" };
        rows[TextKey.LimitUnknown] = new[] { "unknown", "unbekannt" };
        rows[TextKey.ColumnCopy] = new[] { "Copy of the driver", "Kopie des Treibers" };
        rows[TextKey.ButtonEvidence] = new[] { "&Evidence ...", "&Belege ..." };
        rows[TextKey.LabelNewLimit] = new[] { "&New limit:", "&Neues Limit:" };
        rows[TextKey.ButtonApply] = new[] { "&Apply", "&Anwenden" };
        rows[TextKey.ButtonRestore] = new[] { "&Restore original", "&Original wiederherstellen" };
        rows[TextKey.ButtonWhy] = new[] { "&Why is my network frozen?", "&Warum steht mein Netz still?" };
        rows[TextKey.ButtonClose] = new[] { "Close", "Schließen" };
        rows[TextKey.ButtonRefresh] = new[] { "Look &again", "Noch &einmal nachsehen" };
        rows[TextKey.LanguageLink] = new[] { "Deutsch", "English" };
        rows[TextKey.Ready] = new[] { "Ready.", "Bereit." };
        rows[TextKey.ConfirmPatch] = new[]
        {
            "Set the limit to {0:N0} in {1:N0} files? The original of each is kept beside it.",
            "Das Limit in {1:N0} Dateien auf {0:N0} setzen? Neben jeder bleibt ihr Original liegen.",
        };
        rows[TextKey.ConfirmRestore] = new[]
        {
            "Give back the originals of {0:N0} files?",
            "Die Originale von {0:N0} Dateien zurückgeben?",
        };
        rows[TextKey.ConfirmForce] = new[]
        {
            "The files were changed since our patch by somebody else (an update, another tool). Put our backup "
                + "over them nevertheless?",
            "Die Dateien wurden seit unserem Patch von jemand anderem geändert (einem Update, einem anderen "
                + "Programm). Trotzdem unsere Sicherung darüberlegen?",
        };
        rows[TextKey.WindowDonePatch] = new[]
        {
            "Done: the limit is {0:N0} after the restart of Windows.",
            "Fertig: Nach dem Neustart von Windows ist das Limit {0:N0}.",
        };
        rows[TextKey.WindowDoneRestore] = new[]
        {
            "Done: the originals are back. Restart Windows.",
            "Fertig: Die Originale sind zurück. Starten Sie Windows neu.",
        };
        rows[TextKey.EvidenceTitle] = new[] { "Evidence", "Belege" };
        rows[TextKey.EvidenceIntro] = new[]
        {
            "The limit is found by what the driver does, not by a table of known files. Nothing is written unless"
                + " all nine hold. The details are in English, as the program found them.",
            "Das Limit wird daran gefunden, was der Treiber tut, nicht an einer Liste bekannter Dateien. "
                + "Geschrieben wird nur, wenn alle neun Belege da sind. Die Einzelheiten stehen auf Englisch da, wie "
                + "das Programm sie fand.",
        };
        rows[TextKey.ColumnFound] = new[] { "Found", "Gefunden" };
        rows[TextKey.ColumnDetail] = new[] { "Detail", "Einzelheit" };
        rows[TextKey.EvidenceHolds] = new[] { "yes", "ja" };
        rows[TextKey.EvidenceFails] = new[] { "no", "nein" };
        rows[TextKey.EvidenceOpen] = new[] { "not examined", "nicht geprüft" };
        rows[TextKey.Evidence1] = new[]
        {
            "a driver with a start-up section INIT",
            "ein Treiber mit einem Startabschnitt INIT",
        };
        rows[TextKey.Evidence2] = new[] { "INIT stores a number for later", "INIT legt eine Zahl für später ab" };
        rows[TextKey.Evidence3] = new[] { "the number is no address", "die Zahl ist keine Adresse" };
        rows[TextKey.Evidence4] = new[] { "a counter is compared with it", "ein Zähler wird mit ihr verglichen" };
        rows[TextKey.Evidence5] = new[] { "the counter goes up and down", "der Zähler geht auf und ab" };
        rows[TextKey.Evidence6] = new[] { "nobody else changes the two", "niemand sonst ändert die beiden" };
        rows[TextKey.Evidence7] = new[] { "waiting attempts are looked at there", "dort wird nach Wartenden gesehen" };
        rows[TextKey.Evidence8] = new[] { "at most 20 are let go at once", "höchstens 20 dürfen auf einmal los" };
        rows[TextKey.Evidence9] = new[] { "event 4226 is logged", "Ereignis 4226 wird vermerkt" };
        rows[TextKey.EvidencePlace] = new[]
        {
            "{0}: the limit stands at file offset {1}. SHA-256 of the file: {2}",
            "{0}: Das Limit steht in der Datei bei {1}. SHA-256 der Datei: {2}",
        };
        rows[TextKey.WhyTitle] = new[] { "Why is my network frozen?", "Warum steht mein Netz still?" };
        rows[TextKey.ColumnProgram] = new[] { "Program", "Programm" };
        rows[TextKey.ColumnProcess] = new[] { "Process", "Prozess" };
        rows[TextKey.ColumnHalfOpen] = new[] { "Waiting for an answer", "Warten auf Antwort" };
    }
}
