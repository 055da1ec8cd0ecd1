using HalfOpen.Core;
using HalfOpen.Guard.Attribution;
using Xunit;

namespace HalfOpen.Tests.Guard;

/// <summary>Who owns a program, and what both are called.</summary>
public sealed class OwnerNameTests
{
    private const string Id = "3f2a9c1b7d0e4f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c";
    private const string Pod = "kubepods-burstable-pod1f0e9d8c_7b6a_4c5d_8e9f_0a1b2c3d4e5f.slice";

    [Theory]
    [InlineData("system.slice/docker-" + Id + ".scope", "docker 3f2a9c1b7d0e", "")]
    [InlineData("docker/" + Id, "docker 3f2a9c1b7d0e", "")]
    [InlineData("docker/" + Id + "/kubelet.slice/kubelet-kubepods.slice/" + Pod, "docker 3f2a9c1b7d0e",
        "kubelet.slice/kubelet-kubepods.slice/" + Pod)]
    [InlineData("machine.slice/libpod-" + Id + ".scope/container", "podman 3f2a9c1b7d0e", "container")]
    [InlineData("libpod_parent/libpod-" + Id, "podman 3f2a9c1b7d0e", "")]
    [InlineData("kubepods.slice/kubepods-burstable.slice/" + Pod + "/cri-containerd-" + Id + ".scope",
        "pod 1f0e9d8c-7b6a-4c5d-8e9f-0a1b2c3d4e5f", "cri-containerd-" + Id + ".scope")]
    [InlineData("kubepods/besteffort/pod1f0e9d8c-7b6a-4c5d-8e9f-0a1b2c3d4e5f/" + Id, "pod 1f0e9d8c-7b6a-4c5d-8e9f-0a1b2c3d4e5f", Id)]
    [InlineData("lxc.payload.web/system.slice/nginx.service", "lxc web", "system.slice/nginx.service")]
    [InlineData("lxc/web", "lxc web", "")]
    [InlineData("machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt/emulator", "machine qemu\\x2d1\\x2dvm", "libvirt/emulator")]
    [InlineData("machine.slice/systemd-nspawn@web.service/payload", "machine web", "payload")]
    // What a user can make himself, or a service that was given its cgroup.
    [InlineData("user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + Id + ".scope", "", null)]
    [InlineData("user.slice/docker/" + Id, "", null)]
    [InlineData("system.slice/evil.service/docker-" + Id + ".scope", "", null)]
    [InlineData("system.slice/evil.service/kubepods/pod1f0e9d8c-7b6a-4c5d-8e9f-0a1b2c3d4e5f", "", null)]
    // No containers.
    [InlineData("system.slice/docker.service", "", null)]
    [InlineData("system.slice/nginx.service", "", null)]
    [InlineData("system.slice/docker-short.scope", "", null)]
    [InlineData("machine.slice/libpod-conmon-" + Id + ".scope", "", null)]
    [InlineData("lxc.monitor.web", "", null)]
    [InlineData("kubepods.slice", "", null)]
    [InlineData("../../docker", "", null)]
    [InlineData("//", "", null)]
    [InlineData("", "", null)]
    public void A_containers_cgroup_tells_its_owner(string cgroup, string owner, string? rest)
    {
        Assert.Equal(owner, ContainerName.Find(cgroup, out var below));
        Assert.Equal(rest ?? cgroup, below);
    }

    [Theory]
    [InlineData("system.slice/nginx.service", "nginx.service")]
    [InlineData("bench/worker7", "worker7")]
    [InlineData("user.slice/user-1000.slice/session-3.scope", "")]
    [InlineData("user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox-77.scope", "app-firefox-77.scope")]
    [InlineData("init.scope", "")]
    [InlineData("container", "")]
    [InlineData("system.slice", "")]
    [InlineData("", "")]
    public void The_last_part_of_a_cgroup_is_part_of_the_name_where_it_says_something(string cgroup, string unit) =>
        Assert.Equal(unit, ProgramName.UnitOf(cgroup));

    [Theory]
    [InlineData("/usr/bin/python3.11", "a.py", "", "/usr/bin/python3.11 a.py")]
    [InlineData("/usr/bin/python3.11", "a.py", "web.service", "/usr/bin/python3.11 a.py (web.service)")]
    [InlineData("/usr/bin/curl", "", "", "/usr/bin/curl")]
    [InlineData("/tmp/\e[2J\u202ex\nuser root: y", "", "", "/tmp/?[2J?x?user root: y")]
    public void A_programs_name_is_plain(string executable, string script, string unit, string name) =>
        Assert.Equal(name, ProgramName.Of(executable, script, unit));

    [Fact]
    public void A_long_name_keeps_its_beginning_and_its_end()
    {
        var name = ProgramName.Of("/opt/" + new string('x', 4000), "last.py", "unit.service");
        Assert.Equal(ProgramName.MaxLength, name.Length);
        Assert.StartsWith("/opt/xxx", name, StringComparison.Ordinal);
        Assert.EndsWith("xxx last.py (unit.service)", name, StringComparison.Ordinal);
        Assert.Contains("\ufffd...", ProgramName.Of(new string('x', 95) + string.Concat(Enumerable.Repeat("\U0001f600", 200)), "", ""),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Programs_of_two_owners_never_have_one_name()
    {
        // Whatever stands in an executable's path, the first separator is the one behind the owner.
        string[] owners = [.. ((string[])["user a", "user a: b", "user a:", "user"]).Select(ProgramName.OfOwner)];
        string[] programs = ["", "/x", "b: /x", ": /x", "a: b: /x"];
        var names = owners.SelectMany(o => programs.Select(p => (Owner: o, Program: p, Name: ProgramName.WithOwner(o, p)))).ToList();
        Assert.Equal(names.Count, names.Select(n => n.Name).Distinct().Count());
        Assert.All(names, n => Assert.Equal(n.Program, ProgramName.WithoutOwner(n.Name, n.Owner)));
        Assert.Equal("/x", ProgramName.WithoutOwner("/x", null));
    }

    [Fact]
    public void Ids_that_a_user_has_for_his_namespaces_are_his()
    {
        var names = new Dictionary<uint, string> { [0] = "root", [1000] = "ann", [100_005] = "daemon" };
        List<(uint, uint, string)> ranges = [(100_000, 65_536, "ann"), (200_000, 10, "1000"), (uint.MaxValue - 1, 5, "bob")];
        Assert.Equal(
            [
                "user root", "user ann", "user 1001", "user ann", "user daemon", "user ann", "user 165536", "user ann", "user 200010",
                "user bob",
            ],
            ((uint[])[0, 1000, 1001, 100_000, 100_005, 165_535, 165_536, 200_000, 200_010, uint.MaxValue])
                .Select(u => UserOwners.Find(u, names, ranges)));
    }

    /// <summary>65,536 names of 3.8 kB ended in OutOfMemory in the unit's 512 MB.</summary>
    [Fact]
    public void Names_of_one_user_cannot_fill_the_memory()
    {
        var engine = new Engine(new EngineOptions { Limit = 10 });
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < 70_000; i++)
        {
            var owner = ProgramName.OfOwner($"user {i % 7}{new string('u', 1000)}");
            var program = ProgramName.WithOwner(owner, ProgramName.Of($"/tmp/{new string('x', 3_800)}/{i}", "", ""));
            engine.Submit(
                new AttemptRequest
                    { Program = engine.Programs.Intern(program, engine.Programs.InternOwner(owner)),
                        Destination = Destination.FromIPv4((uint)i, 80) }, Instant.Zero);
        }

        var megabytes = (GC.GetTotalMemory(forceFullCollection: true) - before) >> 20;
        Assert.Equal(69_990, engine.Waiting);
        Assert.True(megabytes < 300, $"{megabytes} MB"); // whole, they would be 530; other tests run beside this one
    }
}
