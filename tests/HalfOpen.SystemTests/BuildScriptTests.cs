using System.Diagnostics;
using Xunit;

namespace HalfOpen.SystemTests;

/// <summary>
/// When the script at the root builds: on first use, and when a source changed, came or went. A stand-in for dotnet
/// counts the builds.
/// </summary>
public sealed class BuildScriptTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("halfopen-script-").FullName;

    public BuildScriptTests()
    {
        Write("src/HalfOpen.Cli/HalfOpen.Cli.csproj", "");
        Write("src/HalfOpen.Cli/Program.cs", "");
        foreach (var name in new[] { "Directory.Build.props", "Directory.Packages.props", "global.json" })
        {
            Write(name, "");
        }

        File.Copy(BuiltProgram.Script, Path.Combine(_folder, "halfopen"));
        Write("tools/dotnet", """
            #!/usr/bin/env bash
            # publish ... -o FOLDER: a build that leaves a program. Anything else: the program.
            if [ "$1" = --list-sdks ]; then
              echo "10.0.100 [/sdk]"
            elif [ "$1" = publish ]; then
              echo build >>"$LOG"
              [ -z "${BREAK:-}" ] || { echo "Program.cs(1,1): error ${BREAK}: broken"; exit 1; }
              [ "${*/NativeAot=true/}" = "$*" ] || { [ -z "${NO_NATIVE:-}" ] || exit 1; }
              mkdir -p "${@: -1}"
              if [ "${*/NativeAot=true/}" = "$*" ]; then
                touch "${@: -1}/halfopen.dll"
              else
                printf '#!/bin/sh\necho "native ran $*"\n' >"${@: -1}/halfopen" && chmod +x "${@: -1}/halfopen"
              fi
            else
              [ -f "$1" ] && echo "ran ${*:2}"
            fi
            """);
        File.SetUnixFileMode(Path.Combine(_folder, "tools/dotnet"),
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task It_builds_on_first_use_and_not_again()
    {
        Assert.Equal((0, "ran inspect x\n", 1), await RunAsync());
        Assert.Equal((0, "ran inspect x\n", 1), await RunAsync());
    }

    [Fact]
    public async Task With_a_C_compiler_it_is_machine_code_and_without_or_when_that_fails_what_the_runtime_runs()
    {
        await FolderShell.RunAsync("mkdir $D/compiler && printf '#!/bin/sh\\n' >$D/compiler/gcc && chmod +x $D/compiler/gcc", _folder);
        var path = ("PATH", Path.Combine(_folder, "compiler") + ":" + Path.Combine(_folder, "tools") + ":/usr/bin:/bin");
        Assert.Equal((0, "ran inspect x\n", 2), await RunAsync(path, ("HALFOPEN_BUILD", ""), ("NO_NATIVE", "1")));
        Touch(10);
        Assert.Equal((0, "native ran inspect x\n", 3), await RunAsync(path, ("HALFOPEN_BUILD", "")));
        Touch(-1000);
        Assert.Equal((0, "native ran inspect x\n", 3), await RunAsync(path, ("HALFOPEN_BUILD", "")));
        Touch(10);
        Assert.Equal((0, "ran inspect x\n", 4), await RunAsync());
    }

    [Fact]
    public async Task A_moved_checkout_is_not_built_again()
    {
        await RunAsync();
        var moved = _folder + "-moved";
        Directory.Move(_folder, moved);
        try
        {
            var (code, output, _) = await FolderShell.RunAsync(
                $"PATH='{moved}/tools':$PATH LOG='{moved}/builds' '{moved}/halfopen' a; wc -l <'{moved}/builds'", moved);
            Assert.Equal((0, "ran a\n1\n"), (code, output));
        }
        finally
        {
            Directory.Move(moved, _folder);
        }
    }

    [Fact]
    public async Task It_builds_when_a_source_changed_came_or_went()
    {
        await RunAsync();
        var source = Path.Combine(_folder, "src/HalfOpen.Cli/Program.cs");
        // newer than the build, however coarse the clock of the file system
        File.SetLastWriteTimeUtc(source, DateTime.UtcNow.AddSeconds(5));
        Assert.Equal(2, (await RunAsync()).Builds);
        File.SetLastWriteTimeUtc(source, DateTime.UtcNow.AddDays(-1));
        Assert.Equal(2, (await RunAsync()).Builds);
        Write("src/HalfOpen.Cli/Old.cs", "");
        File.SetLastWriteTimeUtc(Path.Combine(_folder, "src/HalfOpen.Cli/Old.cs"), DateTime.UtcNow.AddDays(-1));
        Assert.Equal(3, (await RunAsync()).Builds);
        File.Delete(Path.Combine(_folder, "src/HalfOpen.Cli/Old.cs"));
        Assert.Equal(4, (await RunAsync()).Builds);
        Write("src/HalfOpen.Cli/obj/generated.cs", "");
        File.SetLastWriteTimeUtc(Path.Combine(_folder, "src/HalfOpen.Cli/obj/generated.cs"), DateTime.UtcNow.AddSeconds(5));
        Assert.Equal(4, (await RunAsync()).Builds);
    }

    [Fact]
    public async Task A_build_that_fails_says_why_and_the_next_start_tries_again()
    {
        var (code, output, _) = await RunAsync(("BREAK", "CS1002"));
        Assert.Equal(2, code);
        Assert.Contains("error CS1002", output, StringComparison.Ordinal);
        Assert.DoesNotContain("ran", output, StringComparison.Ordinal);
        Assert.Equal((0, "ran inspect x\n", 2), await RunAsync());
        Touch(5);
        var (_, _, builds) = await RunAsync(("BREAK", "NU1101"));
        Assert.Equal(4, builds); // a package is missing: without ReadyToRun it may be had
    }

    [Fact]
    public async Task Without_an_SDK_it_says_what_is_needed()
    {
        File.Delete(Path.Combine(_folder, "tools/dotnet"));
        foreach (var tool in new[] { "bash", "dirname", "readlink", "mkdir", "flock", "find", "sort", "cksum", "cat", "id", "stat",
            "getent", "cut", "tr", "grep", "uname" })
        {
            var real = new[] { "/usr/bin/" + tool, "/bin/" + tool }.First(File.Exists);
            File.CreateSymbolicLink(Path.Combine(_folder, "tools", tool), real);
        }

        var (code, output, _) = await RunAsync(("PATH", Path.Combine(_folder, "tools")));
        Assert.Equal(2, code);
        Assert.Single(output.TrimEnd().Split('\n'));
        Assert.Contains(".NET SDK", output, StringComparison.Ordinal);
    }

    /// <summary>Starts the script from another folder; <c>Output</c> is both streams.</summary>
    private async Task<(int Code, string Output, int Builds)> RunAsync(params (string Name, string Value)[] environment)
    {
        var log = Path.Combine(_folder, "builds");
        var start = new ProcessStartInfo("/bin/bash")
            { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        foreach (var arg in new[] { Path.Combine(_folder, "halfopen"), "inspect", "x" })
        {
            start.ArgumentList.Add(arg);
        }

        start.Environment["LOG"] = log;
        start.Environment["HALFOPEN_BUILD"] = "runtime";
        start.Environment["HALFOPEN_DOTNET_FOLDERS"] = "";
        start.Environment["PATH"] = Path.Combine(_folder, "tools") + ":" + start.Environment["PATH"];
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        var output = await process.StandardOutput.ReadToEndAsync(limit.Token) + await error;
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, output, File.Exists(log) ? File.ReadAllLines(log).Length : 0);
    }

    /// <summary>A source is newer than the build, however coarse the clock of the file system.</summary>
    private void Touch(int seconds) =>
        File.SetLastWriteTimeUtc(Path.Combine(_folder, "src/HalfOpen.Cli/Program.cs"), DateTime.UtcNow.AddSeconds(seconds));

    private void Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
