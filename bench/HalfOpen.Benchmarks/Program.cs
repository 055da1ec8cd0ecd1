using BenchmarkDotNet.Running;
using HalfOpen.TestDrivers;

if (args is ["--write-driver", var path])
{
    // For bench/image-figures: a driver as large as the one of XP SP3.
    File.WriteAllBytes(path, SyntheticDriver.Build(new SyntheticDriverOptions { Seed = 1, CodeSize = 340_000 }).Bytes);
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
