using System.Diagnostics;
using HalfOpen.Linux;
using Xunit;

namespace HalfOpen.SystemTests.Guard;

/// <summary>
/// A real dockerd in one network namespace, with all its files in one folder: what it writes to /etc, /opt and /run
/// ends with it. It has one image, <c>small</c>: busybox. Nothing is pulled.
/// </summary>
internal sealed class DockerDaemon : IDisposable
{
    /// <summary>Where the script <c>test</c> unpacks Debian's packages, which nobody has to install.</summary>
    private static readonly string _unpacked = Path.Combine(BuiltProgram.Root, ".build", "docker");

    private readonly NetworkNamespace _where;
    private readonly string _folder;
    private readonly string _environment;
    private Process _process;

    public DockerDaemon(NetworkNamespace where, string folder)
    {
        (_where, _folder) = (where, Path.Combine(folder, "docker"));
        Assert.SkipUnless(File.Exists($"{_unpacked}/usr/sbin/dockerd") || File.Exists("/usr/sbin/dockerd"),
            "skipped: needs docker.io and containerd, unpacked: ./test does it");
        Needs.Program("/usr/sbin/runc", "runc");
        Needs.Program("/usr/bin/busybox", "busybox-static");
        _environment = $"export HOME={_folder} DOCKER_HOST=unix://{_folder}/socket "
            + $"PATH={_unpacked}/usr/sbin:{_unpacked}/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin; ";
        Directory.CreateDirectory(_folder);
        File.WriteAllText(Path.Combine(_folder, "daemon.json"), "{}");
        _process = Start();
        Shell.Run($"cd {_folder}; mkdir -p image/bin; cp -L /usr/bin/busybox image/bin/; "
            + "for a in sh nc httpd seq sleep; do ln -s busybox image/bin/$a; done");
        Run($"tar -C {_folder}/image -c . | docker import - small");
    }

    /// <summary>Shell commands with <c>docker</c> in them.</summary>
    public string Run(string commands) => Shell.Run(_environment + commands).Trim();

    /// <summary>The address of a container on the default bridge.</summary>
    public string AddressOf(string container) =>
        Run($"docker inspect -f '{{{{.NetworkSettings.IPAddress}}}}' {container}");

    /// <summary>The command line of a <c>docker</c> that is run with more words behind it.</summary>
    public string[] Wrap(string command) => ["/bin/sh", "-c", $"{_environment} exec {command} \"$@\"", "sh"];

    /// <summary>As <c>systemctl restart docker</c>: ends all containers, sets all rules anew.</summary>
    public void Restart()
    {
        End();
        _process.Dispose();
        _process = Start();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Run("docker ps -aq | xargs -r docker rm -f >/dev/null || true");
            End();
        }

        _process.Dispose();
        Shell.Run("find /sys/fs/cgroup -depth -type d -path '*/docker*' -exec rmdir {} + 2>/dev/null || true");
    }

    private Process Start()
    {
        // The upper layers are in memory: a file system that is itself a layer cannot be one.
        var script = $"""
            {_environment}
            mkdir -p {_folder}/own; mount -t tmpfs own {_folder}/own
            for f in etc opt; do
              mkdir {_folder}/own/$f {_folder}/own/$f-work
              mount -t overlay -o lowerdir=/$f,upperdir={_folder}/own/$f,workdir={_folder}/own/$f-work overlay /$f
            done
            mount -t tmpfs run /run
            exec dockerd --data-root {_folder}/data --exec-root /run/docker --pidfile /run/docker.pid --host unix://{_folder}/socket \
              --config-file {_folder}/daemon.json --storage-driver vfs >{_folder}/log 2>&1
            """;
        var process = _where.Run(() =>
            Process.Start("/usr/bin/unshare", ["--mount", "--propagation", "private", "/bin/sh", "-ec", script]));
        for (var i = 0; i < 600 && !process.HasExited; i++)
        {
            if (Run("docker version >/dev/null 2>&1 && echo yes || true") == "yes")
            {
                return process;
            }

            Thread.Sleep(50);
        }

        Assert.SkipWhen(process.HasExited, "skipped: dockerd does not run here: " + Shell.Run($"tail -n 2 {_folder}/log"));
        process.Kill();
        throw new InvalidOperationException("dockerd does not answer: " + Shell.Run($"tail -n 5 {_folder}/log"));
    }

    private void End()
    {
        Process.Start("/bin/kill", ["-TERM", _process.Id.ToString()]).WaitForExit();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(30)))
        {
            _process.Kill();
            _process.WaitForExit();
        }
    }
}
