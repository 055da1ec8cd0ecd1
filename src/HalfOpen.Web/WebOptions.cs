namespace HalfOpen.Web;

/// <summary>How the page of a watch is served. Immutable.</summary>
public sealed record WebOptions
{
    /// <summary>TCP port on loopback, 1 to 65535; 0, the default, takes one that is free.</summary>
    public int Port { get; init; }

    /// <summary>What the link has to contain. Default: a new one that nobody can guess.</summary>
    public WebToken Token { get; init; } = WebToken.New();

    /// <summary>Pages that may follow the frames at the same time. Default 8; others are asked to come again.</summary>
    public int Readers { get; init; } = 8;
}
