using HalfOpen.GuardFigures;

return args switch
{
    ["guard", var where, var limit, var policy, var how] => GuardProcess.Serve(where, int.Parse(limit), policy, how),
    ["sockets", var where, var first, var count] => SocketsProcess.Serve(where, int.Parse(first), int.Parse(count)),
    ["soak"] => Both(1_000_000),
    ["soak", var attempts] => Both(int.Parse(attempts)),
    ["all"] => Figures.Run(Figures.Names),
    [.. var names] when names.Length > 0 && names.All(Figures.Names.Contains) => Figures.Run(names),
    _ => Usage(),
};

static int Both(int attempts) => Math.Max(Soak.Run(attempts, lease: false), Soak.Run(attempts, lease: true));

static int Usage()
{
    Console.Error.WriteLine(
        "bench/guard-figures: measures the guard between two network namespaces (root). Give all, soak [ATTEMPTS], or some of: "
            + string.Join(' ', Figures.Names));
    return 2;
}
