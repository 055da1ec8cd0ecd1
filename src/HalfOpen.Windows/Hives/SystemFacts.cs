namespace HalfOpen.Windows.Hives;

/// <summary>What kind of Windows a registry belongs to.</summary>
public enum ProductType
{
    Unknown,

    /// <summary><c>WinNT</c>: the limit is enforced.</summary>
    Workstation,

    /// <summary><c>ServerNT</c> or <c>LanmanNT</c>: the limit stands in the file and is not enforced.</summary>
    Server,
}

/// <summary>
/// What the <c>system</c> hive of an offline Windows says about its TCP/IP. Null: absent, so the driver's default
/// holds. Immutable and thread-safe.
/// </summary>
public sealed record SystemFacts
{
    /// <value>Of the hive.</value>
    public required string Path { get; init; }

    /// <value>Why the hive could not be read, one sentence; then nothing else is known.</value>
    public string? Problem { get; init; }

    /// <value>True: Windows is running on this volume or did not shut down; a log replay is pending and the values may
    /// be old.</value>
    public bool IsDirty { get; init; }

    public bool IsChecksumValid { get; init; } = true;

    /// <value>The N of ControlSet00N, from <c>Select\Current</c>; before the first start, while that is 0, from
    /// <c>Select\Default</c>.</value>
    public uint? ControlSet { get; init; }

    /// <value><c>Control\ProductOptions\ProductType</c> as it stands.</value>
    public string? ProductTypeText { get; init; }

    /// <value>1, 2, 3 for a service pack; from <c>Control\Windows\CSDVersion</c>, whose second byte it is.</value>
    public int? ServicePack { get; init; }

    public bool HasTcpip { get; init; }

    public bool HasTcpip6 { get; init; }

    /// <value>Vista SP2 to 7: 1 turns the limit of 10 on.</value>
    public uint? EnableConnectionRateLimiting { get; init; }

    /// <value>Retries of an unanswered SYN; absent: 2, about 21 s on XP.</value>
    public uint? TcpMaxConnectRetransmissions { get; init; }

    public uint? TcpNumConnections { get; init; }

    public uint? MaxUserPort { get; init; }

    /// <value>Seconds.</value>
    public uint? TcpTimedWaitDelay { get; init; }

    public ProductType ProductType => ProductTypeText?.ToUpperInvariant() switch
    {
        "WINNT" => ProductType.Workstation,
        "SERVERNT" or "LANMANNT" => ProductType.Server,
        _ => ProductType.Unknown,
    };

    /// <summary>Reads the facts out of a hive. Never throws, whatever the bytes.</summary>
    public static SystemFacts Read(string path, byte[] bytes)
    {
        var hive = Hive.Read(bytes, out var problem);
        if (hive is null)
        {
            return new SystemFacts { Path = path, Problem = problem };
        }

        var facts = new SystemFacts { Path = path, IsDirty = hive.IsDirty, IsChecksumValid = hive.IsChecksumValid };
        var select = hive.Root!.Find("Select");
        var number = select?.Value("Current")?.AsNumber();
        if (number is 0 or null)
        {
            number = select?.Value("Default")?.AsNumber(); // Setup has not started this Windows yet
        }

        if (number is not (>= 1 and <= 999) || hive.Root.Find($"ControlSet{number:000}") is not { } set)
        {
            return facts with { Problem = "the hive names no current control set." };
        }

        var services = set.Find("Services");
        var parameters = services?.Find("Tcpip", "Parameters");
        return facts with
        {
            ControlSet = number,
            ProductTypeText = set.Find("Control", "ProductOptions")?.Value("ProductType")?.AsText(),
            ServicePack = set.Find("Control", "Windows")?.Value("CSDVersion")?.AsNumber() is { } csd ? (int)((csd >> 8) & 0xFF) : null,
            HasTcpip = services?.Find("Tcpip") is not null,
            HasTcpip6 = services?.Find("Tcpip6") is not null,
            EnableConnectionRateLimiting = parameters?.Value("EnableConnectionRateLimiting")?.AsNumber(),
            TcpMaxConnectRetransmissions = parameters?.Value("TcpMaxConnectRetransmissions")?.AsNumber(),
            TcpNumConnections = parameters?.Value("TcpNumConnections")?.AsNumber(),
            MaxUserPort = parameters?.Value("MaxUserPort")?.AsNumber(),
            TcpTimedWaitDelay = parameters?.Value("TcpTimedWaitDelay")?.AsNumber(),
        };
    }
}
