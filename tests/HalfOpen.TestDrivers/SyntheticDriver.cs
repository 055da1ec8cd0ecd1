using HalfOpen.Driver;

namespace HalfOpen.TestDrivers;

/// <summary>
/// A driver that the tests assemble: real code for a limiter, in a layout that follows from a seed, with relocations,
/// version resource and a right checksum. It also knows where everything stands, so that a test can compare what was
/// found with what was built.
/// </summary>
public sealed class SyntheticDriver
{
    private SyntheticDriver(byte[] bytes, SyntheticDriverOptions options, uint imageBase, int limitOffset, uint storeRva,
        LimiterGlobals globals)
    {
        Bytes = bytes;
        Options = options;
        ImageBase = imageBase;
        LimitOffset = limitOffset;
        StoreRva = storeRva;
        Globals = globals;
    }

    public byte[] Bytes { get; }

    public SyntheticDriverOptions Options { get; }

    public uint ImageBase { get; }

    /// <value>File offset of the limit's four bytes.</value>
    public int LimitOffset { get; }

    public uint StoreRva { get; }

    public LimiterGlobals Globals { get; }

    /// <summary>The bytes of a sound driver.</summary>
    public static byte[] Build(int seed, DriverArchitecture architecture, uint limit = 10) =>
        Build(new SyntheticDriverOptions { Seed = seed, Architecture = architecture, Limit = limit }).Bytes;

    public static SyntheticDriver Build(SyntheticDriverOptions options)
    {
        var random = new Random(options.Seed);
        var isX64 = options.Architecture == DriverArchitecture.X64;
        var isFlat = options.IsFlat ?? (!isX64 && random.Next(2) == 0);
        var layout = new DriverLayout(options, random, isFlat);

        var limiter = NewGlobals("");
        var code = new LimiterCode(options.Architecture, random, options.Decoy, options.OnlyReferenceForms, limiter);
        List<Global> globals = [limiter.Threshold, limiter.Counter, limiter.Pending, .. code.ExtraGlobals];
        var others = Enumerable.Range(0, 12).Select(i => new Global("other " + i)).ToList();
        var functions = code.Functions();
        var init = new List<CodeBuffer>();
        if (options.Decoy == Decoy.TwoCandidates)
        {
            var second = NewGlobals("second ");
            var twin = new LimiterCode(options.Architecture, random, Decoy.None, options.OnlyReferenceForms, second);
            globals.AddRange([second.Threshold, second.Counter, second.Pending, .. twin.ExtraGlobals]);
            functions.AddRange(twin.Functions());
            init.Add(twin.InitStore(options.Limit));
        }

        var store = code.InitStore(options.Limit);
        if (options.Decoy == Decoy.TooManyStores)
        {
            // Hundreds of complete-looking stores, all compared with the one counter.
            for (var i = 0; i < 300; i++)
            {
                var more = new LimiterCode(options.Architecture, random, Decoy.None, true,
                    limiter with { Threshold = new Global("threshold " + i) });
                globals.Add(more.Globals.Threshold);
                functions.Add(more.Functions()[0]);
                init.Add(more.InitStore(10));
            }
        }

        if (options.Decoy == Decoy.TwoInitStores)
        {
            init.Add(code.InitStore(20));
        }

        init.AddRange(code.InitFunctions());
        if (options.Decoy == Decoy.ComparisonsOnlyInInit)
        {
            functions.RemoveRange(0, 2);
        }

        functions.AddRange(Events(options, random));
        layout.PlaceGlobals(globals, others);
        layout.PlaceCode(functions, others);
        layout.PlaceInit(options.Decoy == Decoy.NoInitStore ? null : store, init, others);
        var bytes = layout.Finish();
        return new SyntheticDriver(bytes, options, layout.ImageBase, layout.StoreFileOffset + 6, layout.StoreRva, limiter);
    }

    public override string ToString() => Options.ToString();

    private static LimiterGlobals NewGlobals(string prefix) =>
        new(new Global(prefix + "threshold"), new Global(prefix + "counter"), new Global(prefix + "pending"));

    /// <summary>The code that names event 4226.</summary>
    private static IEnumerable<CodeBuffer> Events(SyntheticDriverOptions options, Random random)
    {
        var count = options.Decoy switch
            { Decoy.EventAbsent => 0, Decoy.EventTwice => 2,
                _ => string.Equals(options.InternalName, "tcpip6.sys", StringComparison.Ordinal) ? 0 : 1 };
        for (var i = 0; i < count; i++)
        {
            var function = new CodeBuffer(options.Architecture);
            function.Emit(random.Next(3) switch { 0 => [0x68], 1 => [0xBA], _ => new byte[] { 0xC7, 0x44, 0x24, 0x20 } });
            yield return function.Emit32(0x8000_1082).Emit(0xC3);
        }
    }
}
