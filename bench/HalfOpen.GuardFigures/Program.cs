using HalfOpen.GuardFigures;

return args switch
{
    ["guard", var where, var limit, var policy, var how] => GuardProcess.Serve(where, int.Parse(limit), policy, how),
    ["sockets", var where, var first, var count] => SocketsProcess.Serve(where, int.Parse(first), int.Parse(count)),
    ["soak"] => Soaks(1_000_000),
    ["soak", var attempts] => Soaks(int.Parse(attempts)),
    ["all"] => Figures.Run(Figures.Names),
    [.. var names] when names.Length > 0 && names.All(Figures.Names.Contains) => Figures.Run(names),
    _ => Usage(),
};

static int Soaks(int attempts) =>
    Math.Max(Soak.Run(attempts, 200, lease: false), Math.Max(Soak.Run(attempts, 200, lease: true), Soak.Run(attempts, 4_000, lease: true)));

static int Usage()
{
    Console.Error.WriteLine(
        "bench/guard-figures: measures the guard between two network namespaces (root). Give all, soak [ATTEMPTS], or some of: "
            + string.Join(' ', Figures.Names));
    return 2;
}
