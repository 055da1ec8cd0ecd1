namespace HalfOpen.Xp.Texts;

internal static partial class TextTable
{
    /// <summary>Why is my network frozen?</summary>
    private static void AddNetwork(Dictionary<TextKey, string[]> rows)
    {
        rows[TextKey.VerdictNow] = new[]
        {
            "Yes, the limit hurts now: {0:N0} attempts without an answer fill the {1:N0} slots, {2:N0} of them by"
                + " {3}; every other program waits.",
            "Ja, das Limit bremst jetzt: {0:N0} unbeantwortete Versuche füllen die {1:N0} Plätze, {2:N0} davon "
                + "von {3}; jedes andere Programm wartet.",
        };
        rows[TextKey.VerdictEarlier] = new[]
        {
            "Not at this moment ({2:N0} of {3:N0} slots taken), but the limit has hurt since the start of "
                + "Windows: noted {0:N0} times, last on {1:g}. Look again during a freeze.",
            "In diesem Augenblick nicht ({2:N0} von {3:N0} Plätzen belegt), aber seit dem Start von Windows hat "
                + "das Limit gebremst: {0:N0}-mal vermerkt, zuletzt am {1:g}. Sehen Sie während eines Stillstands "
                + "wieder nach.",
        };
        rows[TextKey.VerdictNo] = new[]
        {
            "No, it is not the limit: {0:N0} of {1:N0} slots are taken, and Windows has noted no waiting attempt "
                + "since its start. Look at the cable, the router and the name server.",
            "Nein, das Limit ist es nicht: {0:N0} von {1:N0} Plätzen sind belegt, und Windows hat seit seinem "
                + "Start keinen wartenden Versuch vermerkt. Sehen Sie nach Kabel, Router und Namensserver.",
        };
        rows[TextKey.VerdictNotNowNoLog] = new[]
        {
            "It is not the limit at this moment: {0:N0} of {1:N0} slots are taken. The System log could not be "
                + "read, so nothing is known of earlier.",
            "In diesem Augenblick ist es nicht das Limit: {0:N0} von {1:N0} Plätzen sind belegt. Das "
                + "Systemprotokoll ließ sich nicht lesen, darum ist von früher nichts bekannt.",
        };
        rows[TextKey.VerdictNoLimit] = new[]
        {
            "No: this Windows does not limit half-open attempts ({0:N0} are waiting for an answer now).",
            "Nein: Dieses Windows begrenzt halboffene Versuche nicht ({0:N0} warten jetzt auf Antwort).",
        };
        rows[TextKey.VerdictUnknownLimit] = new[]
        {
            "Nobody can say: the limit that Windows works with is not known ({0:N0} attempts are waiting for an "
                + "answer now).",
            "Das lässt sich nicht sagen: Das Limit, mit dem Windows arbeitet, ist nicht bekannt ({0:N0} Versuche "
                + "warten jetzt auf Antwort).",
        };
        rows[TextKey.VerdictUnreadable] = new[] { "Nobody can say: {0}", "Das lässt sich nicht sagen: {0}" };
        rows[TextKey.SocketsUnreadable] = new[]
        {
            "Windows does not tell which program owns which connection ({0}).",
            "Windows verrät nicht, welchem Programm welche Verbindung gehört ({0}).",
        };
        rows[TextKey.SocketsOnlyOnWindows] = new[]
        {
            "connections can be counted on Windows only.",
            "Verbindungen lassen sich nur unter Windows zählen.",
        };
        rows[TextKey.LogHas] = new[]
        {
            "The System log holds event 4226 {0:N0} times, last on {1:g}. (Windows logs it ever more rarely: few "
                + "events do not mean few waiting attempts.)",
            "Das Systemprotokoll enthält Ereignis 4226 {0:N0}-mal, zuletzt am {1:g}. (Windows vermerkt es immer "
                + "seltener: wenige Ereignisse bedeuten nicht wenige wartende Versuche.)",
        };
        rows[TextKey.LogHasNone] = new[]
        {
            "The System log holds no event 4226 among its newest {0:N0} entries.",
            "Das Systemprotokoll enthält unter seinen neuesten {0:N0} Einträgen kein Ereignis 4226.",
        };
        rows[TextKey.LogUnreadable] = new[] { "The System log could not be read.", "Das Systemprotokoll ließ sich nicht lesen." };
    }
}
