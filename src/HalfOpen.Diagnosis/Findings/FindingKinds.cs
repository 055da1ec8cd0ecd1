namespace HalfOpen.Diagnosis.Findings;

/// <summary>What a finding is about, for those who want to know more. Immutable.</summary>
/// <param name="Name">As <see cref="Finding.Name"/>.</param>
/// <param name="Title">A few words.</param>
/// <param name="Meaning">What happens, in plain words.</param>
/// <param name="HowFound">From which figures it follows, with the thresholds.</param>
/// <param name="Beware">What it does not explain, or where it can be wrong.</param>
public sealed record FindingKind(string Name, string Title, string Meaning, string HowFound, string Beware);

/// <summary>All findings that there are. Thread-safe: constant.</summary>
public static class FindingKinds
{
    public const string HalfOpenProgram = "half-open-program";
    public const string TableHalfOpen = "table-half-open";
    public const string TableOpen = "table-open";
    public const string TableUdp = "table-udp";
    public const string TableFull = "table-full";
    public const string TableWasFull = "table-was-full";
    public const string RouterTable = "router-table";
    public const string PortsExhausted = "ports-exhausted";
    public const string DestinationSilent = "destination-silent";
    public const string ResolverSilent = "resolver-silent";
    public const string FileDescriptors = "file-descriptors";
    public const string GuardLeftover = "guard-leftover";
    public const string GuardQueues = "guard-queues";
    public const string ScanPattern = "scan-pattern";
    public const string ListenOverflow = "listen-overflow";
    public const string ProbeFailed = "probe-failed";
    public const string WindowsLimitReached = "windows-limit-reached";
    public const string WindowsLimitUneven = "windows-limit-uneven";
    public const string WindowsLimitUnusable = "windows-limit-unusable";
    public const string WindowsRegistryLimit = "windows-registry-limit";
    public const string WindowsPortsExhausted = "windows-ports-exhausted";

    private const string TableThresholds = "The table is 80 % full or more, or connections were dropped for want of room while we looked; "
        + "a table "
        + "of 16,384 entries or fewer from 2,000 entries and 30 % on (then 'inferred'). ";

    public static IReadOnlyList<FindingKind> All { get; } =
    [
        new(HalfOpenProgram, "one program holds the unanswered attempts",
            "A program keeps trying addresses that never answer. Each try stays open, unanswered, until it is given up: two minutes on "
            + "Linux, 21 seconds on Windows. Old Windows, routers and hosters count these tries, so everybody else waits or is blamed.",
            "One program has 20 attempts or more (8 in a text of Windows) that were repeated without an answer (or young ones, when it "
                + "gave up as many while we watched), to 5 addresses or more, and "
            + "at least 40 % of its peers whose state is known never said anything.",
            "Linux itself has no limit on unanswered attempts: by themselves they slow no other program on the same Linux machine. They "
                + "hurt "
            + "through a router's table, a limit of Windows, or a hoster's rules."),
        new(TableHalfOpen, "the table of connections is full of unanswered attempts",
            "A machine that translates addresses or has a firewall remembers every connection. Attempts that nobody answers stay in that "
                + "table "
            + "for two minutes, long after the program gave up; when it is full, everybody's new connections are dropped.",
            TableThresholds + "TCP takes more of it than UDP, and half of TCP or more is in SYN_SENT.",
            "Who fills it is known for programs of this machine and for source addresses behind it, and to root only."),
        new(TableOpen, "the table of connections is full of open connections",
            "As table-half-open, but the entries are connections that were answered. Dead ones may stay for five days.",
            TableThresholds + "TCP takes more of it than UDP, and less than half of that is in SYN_SENT.",
            "A limit on half-open attempts does not cure it."),
        new(TableUdp, "the table of connections is full of UDP flows",
            "DHT nodes, uTP, QUIC and games talk to thousands of addresses over UDP. Each is an entry for 30 seconds to 3 minutes. When "
                + "the table "
            + "is full, new TCP connections are dropped too, and it looks as if TCP were the trouble.",
            TableThresholds + "UDP takes as much of it as TCP or more.",
            "No limit on TCP connections cures it, Halfopen's guard neither: it holds TCP only."),
        new(TableFull, "the table of connections is full",
            "As table-half-open; what fills it is not known, because only root may read the table.", TableThresholds,
            "Run it again as root to know what fills it."),
        new(TableWasFull, "the table of connections was full once",
            "The kernel's log or its counters say that connections were dropped for want of room, but there is plenty now.",
            "Drops since the start of the machine, or 'table full' in the kernel's log, and less than 80 % taken now.",
            "Each network namespace (container) has a table of its own: the message may be another one's."),
        new(RouterTable, "a router in front may not remember so many connections",
            "Home routers remember one to a few thousand connections. What one program has open or unanswered can be more than that; then "
                + "pages "
            + "do not load for anybody in the house.",
            "Connections and attempts that leave the private network, and attempts given up within the last two minutes: 60 % or more of "
                + "the size "
            + "told with --router-entries, or 2,000 or more behind a private address.",
            "The router is not seen from here: this is concluded. UDP flows fill the same table and are not counted."),
        new(PortsExhausted, "local ports to one destination are used up",
            "Each connection from one address of this machine to one destination needs a local port of its own. When the range is used "
                + "up, new "
            + "connections to that destination fail at once (EADDRNOTAVAIL). Closed ones keep theirs for a minute.",
            "Connections to one destination hold 80 % of net.ipv4.ip_local_port_range or more.",
            "Other destinations are not touched by it; programs that bind a port themselves may fail earlier."),
        new(DestinationSilent, "a destination does not answer",
            "An address was tried and said neither yes nor no for three seconds or more: a firewall that drops, a host that is off, or a "
                + "wrong "
            + "address. Programs that wait for it hang; no limit is at work.",
            "An attempt was silent for 3 s or was given up, its destination never answered, and its program has fewer than 20 such peers.",
            "A lost line looks the same when nothing else was tried."),
        new(ResolverSilent, "names are not resolved in time",
            "Before a program can connect it asks a DNS server for the address. If that does not answer, everything hangs for 5 s and "
                + "more, and no "
            + "connection is even tried.",
            "Two sockets or more to port 53 were there for 2 s or more while we watched.",
            "Resolvers that use TLS or HTTPS (ports 853, 443) are not recognised."),
        new(FileDescriptors, "a program may open no more files",
            "Every connection is a file descriptor, and each program may have so many (often 1,024). Then its new connections fail before "
                + "a packet "
            + "is sent.",
            "A process has 90 % of its soft limit open; from 98 % on it is called full.",
            "Without root only your own programs are seen."),
        new(GuardLeftover, "a killed guard left its rules",
            "Halfopen's guard lets the kernel hand new connections to it. If it was killed, its rules may still stand.",
            "Its table or chains stand in the packet filter of this network namespace and no guard answers on its socket.",
            "Root only."),
        new(GuardQueues, "the guard lets attempts wait",
            "Halfopen's guard is at its limit, and attempts wait for a slot.",
            "20 attempts or more wait, the longest for 5 s or more. It is the first verdict when a program other than the biggest holder "
                + "waits so long too.",
            "That is what it is for: whether it is too strict is yours to say."),
        new(ScanPattern, "attempts that look like a scan",
            "A program tries many addresses or ports and hardly any lets it in. Hosters watch for that and send abuse mails or cut the "
                + "line. P2P "
            + "nodes that learn private addresses from others do it without meaning to; scanners and worms do it on purpose.",
            "30 addresses or more were tried, at most 20 % answered, and they are private (30 % or more), crowded (8 in each network), or "
                + "all on 5 "
            + "ports or fewer; or 50 ports of one address. For raw packets: 50 tracked attempts to 30 addresses that belong to no socket.",
            "A monitoring system that checks hosts which are off looks the same."),
        new(ListenOverflow, "a server here does not accept quickly enough",
            "Connections from outside wait in a queue until the server takes them. When the queue is full they are turned away, and "
                + "clients repeat "
            + "their SYN or fail.",
            "TcpExt.ListenOverflows grew while we watched, or a listening socket has as many waiting as it may.",
            "It is inbound: connections that this machine opens are not touched."),
        new(ProbeFailed, "a host that you named does not let you in", "A handshake that you asked for with --probe was not completed.",
            "The host refused, was silent for 5 s, could not be reached, or its name has no address.",
                "One try may be bad luck: try again."),
        new(WindowsLimitReached, "Windows' limit on half-open connections was reached",
            "Windows XP SP2 and its relatives let 10 attempts be out without an answer. The others wait, whichever program they are of; "
                + "that is the "
            + "freeze. Windows says so by event 4226.",
            "Event 4226 of source Tcpip is in the System log, or 8 connections or more are in SYN-SENT on a Windows that has the limit.",
            "The event is written at first, then after 819 s, 1,638 s, 3,277 s and so on until the next start: few events do not mean few "
                + "waiting "
            + "attempts. It names no program."),
        new(WindowsLimitUneven, "not all copies of the driver have the same limit",
            "Windows keeps copies of its drivers and puts them back over changed ones.",
            "The copies that were found hold different limits.", "Copies for other processors do not count."),
        new(WindowsLimitUnusable, "the limit in the driver blocks everything",
            "0 and numbers from 2,147,483,648 on count as less than nothing: every attempt waits for ever.", "A copy holds such a number.",
            "None."),
        new(WindowsRegistryLimit, "the registry turns the old limit on",
            "From Vista SP2 on the limit of 10 is off, unless the registry turns it on.",
            "EnableConnectionRateLimiting is 1 and the driver is of such a system.", "Whether it was ever reached is another question."),
        new(WindowsPortsExhausted, "Windows ran out of local ports",
            "XP gives 3,976 local ports to outgoing connections and keeps each for four minutes after its end.",
            "Event 4227 or 4231 of source Tcpip is in the System log, or 80 % of the range of local ports are in use now.",
                "The log does not name the program."),
    ];

    public static FindingKind? Find(string name) => All.FirstOrDefault(k => k.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
