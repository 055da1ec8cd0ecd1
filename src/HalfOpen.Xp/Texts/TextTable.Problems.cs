namespace HalfOpen.Xp.Texts;

internal static partial class TextTable
{
    /// <summary>What went wrong, and what to do.</summary>
    private static void AddProblems(Dictionary<TextKey, string[]> rows)
    {
        rows[TextKey.PathAndProblem] = new[] { "{0}: {1}", "{0}: {1}" };
        rows[TextKey.TwoSentences] = new[] { "{0} {1}", "{0} {1}" };
        rows[TextKey.AccessDenied] = new[]
        {
            "access denied: log on as an administrator, and see who may change this file.",
            "Zugriff verweigert: Melden Sie sich als Administrator an und prüfen Sie, wer diese Datei ändern darf.",
        };
        rows[TextKey.NoSuchFile] = new[] { "no such file.", "Die Datei gibt es nicht." };
        rows[TextKey.NoSuchFolder] = new[] { "no such folder.", "Den Ordner gibt es nicht." };
        rows[TextKey.NoPlainFile] = new[] { "this is no plain file.", "Das ist keine gewöhnliche Datei." };
        rows[TextKey.NoPlainFileOfOurs] = new[]
        {
            "this should be a plain file of ours and is not: look at it and move it away.",
            "Hier sollte eine gewöhnliche Datei von uns stehen und steht etwas anderes: Sehen Sie nach und "
                + "schaffen Sie es beiseite.",
        };
        rows[TextKey.PathTooLong] = new[] { "the path is too long.", "Der Pfad ist zu lang." };
        rows[TextKey.InUse] = new[]
        {
            "the file is in use by another program: close it and try again.",
            "Die Datei wird von einem anderen Programm benutzt: Schließen Sie es und versuchen Sie es noch einmal.",
        };
        rows[TextKey.DiskFull] = new[]
        {
            "the disk is full; nothing of the old file was lost. Free some space and try again.",
            "Der Datenträger ist voll; von der alten Datei ging nichts verloren. Schaffen Sie Platz und versuchen"
                + " Sie es noch einmal.",
        };
        rows[TextKey.DiskReadOnly] = new[] { "the disk is write-protected.", "Der Datenträger ist schreibgeschützt." };
        rows[TextKey.SystemSays] = new[] { "Windows says: {0}", "Windows meldet: {0}" };
        rows[TextKey.TooLarge] = new[]
        {
            "{0:N0} bytes are too many (at most {1:N0}): this is no driver, and it was not read.",
            "{0:N0} Bytes sind zu viele (höchstens {1:N0}): Das ist kein Treiber, und er wurde nicht gelesen.",
        };
        rows[TextKey.ChangedMeanwhile] = new[]
        {
            "the file changed while it was being looked at: try again.",
            "Die Datei hat sich inzwischen geändert: Versuchen Sie es noch einmal.",
        };
        rows[TextKey.AnotherIsAtWork] = new[]
        {
            "another HalfOpen is at work in this folder: wait for it and try again.",
            "Ein anderes HalfOpen arbeitet in diesem Ordner: Warten Sie darauf und versuchen Sie es noch einmal.",
        };
        rows[TextKey.ReadsBackDifferently] = new[]
        {
            "what was written reads back differently: check this disk before you trust it.",
            "Was geschrieben wurde, liest sich anders zurück: Prüfen Sie diesen Datenträger, bevor Sie ihm trauen.",
        };
        rows[TextKey.AllAsBefore] = new[] { "{0} Everything is as it was before.", "{0} Alles ist, wie es vorher war." };
        rows[TextKey.OriginalsAreBack] = new[]
        {
            "{0} The originals are back; restore again to remove what is left of the backups.",
            "{0} Die Originale sind zurück; stellen Sie noch einmal wieder her, um die Reste der Sicherungen zu entfernen.",
        };
        rows[TextKey.StuckMidway] = new[]
        {
            "{0} It was not possible to take everything back after: {1} Every file is whole; restore the "
                + "originals when the cause is gone.",
            "{0} Es ließ sich nicht alles zurücknehmen nach: {1} Jede Datei ist heil; stellen Sie die Originale "
                + "wieder her, wenn die Ursache behoben ist.",
        };
        rows[TextKey.Stopped] = new[]
        {
            "stopped; everything is as it was before.",
            "Abgebrochen; alles ist, wie es vorher war.",
        };
        rows[TextKey.AdministratorsOnly] = new[]
        {
            "only administrators may change Windows' drivers: log on as one, or use \"Run as\".",
            "Nur Administratoren dürfen die Treiber von Windows ändern: Melden Sie sich als Administrator an oder"
                + " benutzen Sie \"Ausführen als\".",
        };
        rows[TextKey.Redirected] = new[]
        {
            "this program runs with 32 bits on a Windows for 64 and is shown other folders than the real ones: "
                + "install .NET Framework for x64.",
            "Dieses Programm läuft mit 32 Bit auf einem Windows für 64 und sieht andere Ordner als die "
                + "wirklichen: Installieren Sie .NET Framework für x64.",
        };
        rows[TextKey.NotOnWindows] = new[]
        {
            "this is no Windows: name a Windows folder with /windows DIR.",
            "Das ist kein Windows: Nennen Sie einen Windows-Ordner mit /windows ORDNER.",
        };
        rows[TextKey.NoWindowsFolder] = new[]
        {
            "this is no Windows folder: it has no system32.",
            "Das ist kein Windows-Ordner: Er hat kein system32.",
        };
        rows[TextKey.NoDriver] = new[]
        {
            "there is no tcpip.sys where Windows keeps its drivers.",
            "Wo Windows seine Treiber hält, steht keine tcpip.sys.",
        };
        rows[TextKey.CryptographyRefused] = new[]
        {
            "Windows is set to FIPS algorithms only, and .NET Framework refuses SHA-256 then: put "
                + "HalfOpen.exe.config beside HalfOpen.exe.",
            "Windows lässt nur FIPS-Algorithmen zu, und .NET Framework verweigert dann SHA-256: Legen Sie "
                + "HalfOpen.exe.config neben HalfOpen.exe.",
        };
        rows[TextKey.UnexpectedError] = new[]
        {
            "an error that should not happen: {0}. Please report it.",
            "Ein Fehler, den es nicht geben sollte: {0}. Bitte melden Sie ihn.",
        };
    }
}
