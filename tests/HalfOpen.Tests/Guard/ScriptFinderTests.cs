using System.Diagnostics;
using System.Text;
using HalfOpen.Guard.Attribution;
using HalfOpen.Linux.Processes;
using Xunit;

namespace HalfOpen.Tests.Guard;

/// <summary>What interpreters run, by their command lines.</summary>
public sealed class ScriptFinderTests
{
    [Theory]
    [InlineData("/usr/bin/python3.11", "python3 a.py x", "a.py")]
    [InlineData("/usr/bin/python3.11", "python3 /opt/app/a.py -c", "/opt/app/a.py")]
    [InlineData("/usr/bin/python3.11", "python3 ./tools/a.py", "a.py")]
    [InlineData("/usr/bin/python3.11", "python3 -m http.server 80", "-m http.server")]
    [InlineData("/usr/bin/python3.11", "python3 -Im pip install x", "-m pip")]
    [InlineData("/usr/bin/python3.11", "python3 -mvenv x", "-m venv")]
    [InlineData("/usr/bin/python3.11", "python3 -uc print(1) a.py", "-c")]
    [InlineData("/usr/bin/python3.11", "python3 -X dev -Wignore -W error -B a.py", "a.py")]
    [InlineData("/usr/bin/python3.11", "python3 --check-hash-based-pycs always a.py", "a.py")]
    [InlineData("/usr/bin/python3.11", "python3 -", "-")]
    [InlineData("/usr/bin/python3.11", "python3 -- -odd.py", "-odd.py")]
    [InlineData("/usr/bin/python3.13t", "python3 a.py", "a.py")]
    [InlineData("/usr/bin/python3.11-dbg", "python3 a.py", "a.py")]
    [InlineData("/usr/bin/python3.11", "python3", "")]
    [InlineData("/usr/bin/pypy3", "pypy3 a.py", "a.py")]
    [InlineData("/usr/bin/node", "node --enable-source-maps -r ./hook.js server.js --port 80", "server.js")]
    [InlineData("/usr/bin/node", "node --import ./hook.mjs --max-old-space-size=4096 /srv/app/index.mjs", "/srv/app/index.mjs")]
    [InlineData("/usr/bin/node", "node -e 1+1", "-c")]
    [InlineData("/usr/bin/node", "node --eval 1+1", "-c")]
    [InlineData("/usr/bin/node", "node inspect a.js", "a.js")]
    [InlineData("/usr/bin/node", "node --run start", "--run start")]
    [InlineData("/usr/lib/jvm/java-17/bin/java", "java -Xmx1g -jar lib/app.jar x", "app.jar")]
    [InlineData("/usr/lib/jvm/java-17/bin/java", "java -cp a.jar:b.jar -Dx=y org.example.Main -jar no.jar", "org.example.Main")]
    [InlineData("/usr/lib/jvm/java-17/bin/java", "java -p mods --add-modules a -m org.example/org.example.Main", "org.example.Main")]
    [InlineData("/usr/lib/jvm/java-17/bin/java", "java @options -ea Main", "Main")]
    [InlineData("/usr/share/dotnet/dotnet", "dotnet /srv/app/app.dll", "/srv/app/app.dll")]
    [InlineData("/usr/share/dotnet/dotnet", "dotnet exec --depsfile x.json --runtimeconfig y.json bin/app.dll", "app.dll")]
    [InlineData("/usr/share/dotnet/dotnet", "dotnet build", "build")]
    [InlineData("/usr/bin/ruby3.1", "ruby -w -rjson -r set -I lib app.rb", "app.rb")]
    [InlineData("/usr/bin/ruby3.1", "ruby -ne puts", "-c")]
    [InlineData("/usr/bin/perl", "perl -w -MSocket -I lib /usr/bin/tool", "/usr/bin/tool")]
    [InlineData("/usr/bin/perl", "perl -l0 -lne print", "-c")]
    [InlineData("/usr/bin/perl5.36.0", "perl -we print", "-c")]
    [InlineData("/usr/bin/perl", "perl -i.bak -x a.pl", "a.pl")]
    [InlineData("/usr/bin/php8.2", "php -d a=b -f job.php", "job.php")]
    [InlineData("/usr/bin/php8.2", "php -r echo", "-c")]
    [InlineData("/usr/bin/php8.2", "php -q artisan queue:work", "artisan")]
    [InlineData("/usr/sbin/php-fpm8.2", "php-fpm: pool www", "")]
    [InlineData("/usr/bin/dash", "sh /etc/cron.daily/job", "/etc/cron.daily/job")]
    [InlineData("/usr/bin/bash", "bash -lc curl", "-c")]
    [InlineData("/usr/bin/bash", "bash -c -e curl", "-c")]
    [InlineData("/usr/bin/bash", "bash --rcfile x -o pipefail +o posix -e run.sh", "run.sh")]
    [InlineData("/usr/bin/bash", "bash --noprofile --norc", "")]
    [InlineData("/usr/bin/bash", "-bash", "")]
    [InlineData("/usr/bin/zsh", "zsh --emulate sh x.zsh", "x.zsh")]
    [InlineData("/usr/bin/lua5.4", "lua -l socket -W a.lua", "a.lua")]
    [InlineData("/usr/bin/lua5.4", "lua -e print", "-c")]
    [InlineData("/usr/bin/luajit", "luajit -O3 -joff a.lua", "a.lua")]
    [InlineData("/usr/bin/deno", "deno run --allow-net --config d.json main.ts", "main.ts")]
    [InlineData("/usr/bin/deno", "deno eval code", "eval")]
    [InlineData("/usr/bin/deno", "deno https://example.org/x.ts", "x.ts")]
    [InlineData("/usr/bin/bun", "bun run --cwd /srv index.ts", "index.ts")]
    [InlineData("/usr/bin/bun", "bun -e code", "-c")]
    [InlineData("/usr/lib/R/bin/exec/R", "R --no-echo --no-restore --file=a.R --args b.R", "a.R")]
    [InlineData("/usr/lib/R/bin/exec/R", "R --no-echo -e code --args x", "-c")]
    [InlineData("/usr/lib/R/bin/exec/R", "R --args x", "")]
    [InlineData("/opt/microsoft/powershell/7/pwsh", "pwsh -NoProfile -ExecutionPolicy Bypass -File ./a.ps1", "a.ps1")]
    [InlineData("/opt/microsoft/powershell/7/pwsh", "pwsh -Command x", "-c")]
    [InlineData("/usr/bin/busybox", "wget http://x", "wget")]
    [InlineData("/usr/bin/busybox", "busybox wget http://x", "wget")]
    [InlineData("/usr/bin/busybox", "/bin/sh x", "sh")]
    [InlineData("/usr/bin/mono-sgen", "mono --debug --config x app.exe", "app.exe")]
    [InlineData("/usr/bin/curl", "curl a.py", "")]
    [InlineData("/home/ann/nodebb", "nodebb a.js", "")]
    public void The_script_is_found(string executable, string commandLine, string script) =>
        Assert.Equal(script, ScriptFinder.Find(executable, Encoding.UTF8.GetBytes(commandLine.Replace(' ', '\0') + "\0")));

    /// <summary>A process says of itself what it likes; every cut, every byte.</summary>
    [Fact]
    public void Whatever_the_bytes_there_is_a_short_answer_or_none()
    {
        string[] executables =
        [
            "python3.11", "sh", "perl", "ruby", "php8.2", "lua", "node", "java", "dotnet", "deno", "bun", "R", "pwsh", "tclsh", "mono",
            "busybox", "guile",
        ];
        string[] words =
        [
            "-", "--", "-c", "-m", "-e", "-Im", "-jar", "-cp", "@x", "+o", "-o", "run", "--args", "a.py", "/x/y", "", "-W", "--file=",
            "\u202e",
        ];
        for (var seed = 0; seed < 30_000; seed++)
        {
            var random = new Random(seed);
            var line = new List<byte>();
            for (var n = random.Next(12); n > 0; n--)
            {
                line.AddRange(Encoding.UTF8.GetBytes(words[random.Next(words.Length)]));
                line.Add(0);
            }

            for (var n = random.Next(4); n > 0 && line.Count > 0; n--)
            {
                line[random.Next(line.Count)] = (byte)random.Next(256);
            }

            var bytes = line.ToArray().AsSpan(0, random.Next(line.Count + 1));
            var executable = executables[random.Next(executables.Length)];
            var script = ScriptFinder.Find("/usr/bin/" + executable, bytes);
            Assert.True(script.Length <= bytes.Length + 1, $"seed {seed}: {executable}: {script}");
            Assert.True(ProgramName.Of("/usr/bin/" + executable, script, "").Length <= ProgramName.MaxLength);
        }
    }

    [Fact]
    public void A_command_line_without_end_costs_a_bounded_look()
    {
        var options = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("-v\0", 100_000)) + "a.py\0");
        Assert.Equal("", ScriptFinder.Find("/usr/bin/python3", options));
    }

    [Fact]
    public void The_command_line_of_a_real_process_is_read()
    {
        Assert.SkipUnless(File.Exists("/proc/self/cmdline"), "skipped: needs /proc");
        var commands = new CommandLines();
        using var shell = Process.Start(
            new ProcessStartInfo("/bin/sh", ["-c", "read x", "name"]) { RedirectStandardInput = true, UseShellExecute = false })!;
        try
        {
            Assert.Equal("/bin/sh\0-c\0read x\0name\0", Encoding.UTF8.GetString(commands.Read((uint)shell.Id)));
            Assert.True(commands.Read(uint.MaxValue).IsEmpty);
        }
        finally
        {
            shell.Kill();
            shell.WaitForExit();
        }
    }
}
