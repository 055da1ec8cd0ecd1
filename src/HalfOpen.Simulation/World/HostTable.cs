using HalfOpen.Simulation.Randomness;

namespace HalfOpen.Simulation.World;

/// <summary>How a remote host takes a SYN.</summary>
internal enum Fate : byte
{
    Alive,
    Slow,
    Refusing,
    Silent,
}

/// <summary>One remote host and port.</summary>
internal struct RemoteHost
{
    /// <summary>IPv4 address; never given to a second host of the run.</summary>
    public uint Address;
    public ushort Port;
    public Fate Fate;

    /// <summary>It has answered an attempt of ours (SYN-ACK or RST).</summary>
    public bool Answered;

    /// <summary>Attempts, connections and pools that refer to it; the record is reused at 0.</summary>
    public int References;

    /// <summary>Attempts to it that are half-open.</summary>
    public int HalfOpen;

    /// <summary>Submission number of the last attempt to it that was started, for the order checker.</summary>
    public long LastStarted;
}

/// <summary>
/// The remote hosts in use. Addresses come from a keyed permutation of a counter: they look random, and no host ever
/// gets an address that another had, so "a new destination" is new.
/// </summary>
internal sealed class HostTable(ulong seed)
{
    private const int Rounds = 4;
    private readonly uint[] _keys = MakeKeys(seed);
    private RemoteHost[] _hosts = new RemoteHost[256];
    private int[] _free = new int[64];
    private int _freeCount;
    private int _used;
    private uint _counter;

    public ref RemoteHost this[int index] => ref _hosts[index];

    public int Add(Fate fate, int port)
    {
        int index;
        if (_freeCount > 0)
        {
            index = _free[--_freeCount];
        }
        else
        {
            if (_used == _hosts.Length)
            {
                Array.Resize(ref _hosts, _used * 2);
            }

            index = _used++;
        }

        _hosts[index] = new RemoteHost { Address = Permute(unchecked(_counter++)), Port = (ushort)port, Fate = fate, References = 1 };
        return index;
    }

    public void AddReference(int index) => _hosts[index].References++;

    public void Release(int index)
    {
        if (--_hosts[index].References == 0)
        {
            if (_freeCount == _free.Length)
            {
                Array.Resize(ref _free, _freeCount * 2);
            }

            _free[_freeCount++] = index;
        }
    }

    public Core.Destination DestinationOf(int index)
    {
        ref var host = ref _hosts[index];
        return new Core.Destination(new UInt128(0, 0x0000_FFFF_0000_0000UL | host.Address), host.Port); // ::ffff:a.b.c.d
    }

    private static uint[] MakeKeys(ulong seed)
    {
        var random = Prng.ForStream(seed, 0xADD2);
        var keys = new uint[Rounds];
        for (var i = 0; i < Rounds; i++)
        {
            keys[i] = unchecked((uint)random.NextBits());
        }

        return keys;
    }

    /// <summary>A Feistel network over 32 bits: a bijection whatever the round function.</summary>
    private uint Permute(uint value)
    {
        unchecked
        {
            var left = value >> 16;
            var right = value & 0xFFFF;
            foreach (var key in _keys)
            {
                var mixed = (right + key) * 0x9E3779B1u;
                mixed ^= mixed >> 15;
                (left, right) = (right, (left ^ mixed) & 0xFFFF);
            }

            return (left << 16) | right;
        }
    }
}
