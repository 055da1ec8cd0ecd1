using HalfOpen.Cli.CommandLine;

return await Application.RunAsync(args, Terminal.ForProcess());
