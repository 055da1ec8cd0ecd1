namespace HalfOpen.Guard.Attribution;

/// <summary>
/// Whether a cgroup is that of a container, a pod or a virtual machine, as engines name theirs. Only where nobody but
/// root can make cgroups: below a user's own (and below any service, which may have been given its cgroup) nothing is
/// believed, so that nobody becomes many owners by making folders. Pure.
/// </summary>
internal static class ContainerName
{
    /// <summary>Of a container's id, which is 64 hexadecimal digits; engines show as many.</summary>
    private const int ShownId = 12;

    /// <summary>Longest name of a machine or pod that is kept.</summary>
    private const int MaxName = 64;

    /// <summary>Scopes are PREFIX-ID.scope, with systemd as the engine's cgroup manager.</summary>
    private static readonly (string Prefix, string Engine)[] Scopes =
    [
        ("docker-", "docker"), ("libpod-", "podman"), ("crio-", "cri-o"), ("cri-containerd-", "containerd"), ("nerdctl-", "containerd"),
        ("buildah-", "buildah"),
    ];

    /// <param name="cgroup">Path below the root, without the leading slash.</param>
    /// <param name="rest">What stands below the owner's cgroup; all of it where there is no such owner.</param>
    /// <returns>Such as <c>docker 3f2a9c1b7d0e</c>; empty: no container's, so the user is the owner.</returns>
    public static string Find(string cgroup, out string rest)
    {
        rest = cgroup;
        var at = 0;
        var parent = "";
        var inPods = false;
        while (at < cgroup.Length)
        {
            var end = cgroup.IndexOf('/', at);
            end = end < 0 ? cgroup.Length : end;
            var name = cgroup[at..end];
            inPods |= name.StartsWith("kubepods", StringComparison.Ordinal)
                || name.StartsWith("kubelet-kubepods", StringComparison.Ordinal);
            if (Match(name, parent, inPods) is { } owner)
            {
                rest = end < cgroup.Length ? cgroup[(end + 1)..] : "";
                return owner;
            }

            if (name.EndsWith(".service", StringComparison.Ordinal) || name.EndsWith(".scope", StringComparison.Ordinal)
                || name == "user.slice")
            {
                return "";
            }

            parent = name;
            at = end + 1;
        }

        return "";
    }

    private static string? Match(string name, string parent, bool inPods)
    {
        if (inPods && PodOf(name) is { } pod)
        {
            return Named("pod", pod);
        }

        foreach (var (prefix, engine) in Scopes)
        {
            var id = Between(name, prefix, ".scope") ?? (parent == "libpod_parent" ? Between(name, prefix, "") : null);
            if (id is not null && IsId(id))
            {
                return $"{engine} {id[..ShownId]}";
            }
        }

        return parent switch
        {
            "docker" or "nerdctl" or "buildkit" when IsId(name) => $"docker {name[..ShownId]}",
            "lxc" or "lxc.payload" or "lxd" when name.Length > 0 => Named("lxc", name),
            "machine.slice" or "machine" when MachineOf(name) is { Length: > 0 } machine => Named("machine", machine),
            _ => Between(name, "lxc.payload.", "") is { Length: > 0 } container ? Named("lxc", container) : null,
        };
    }

    /// <summary>kubepods-burstable-podUID.slice with dashes as _, or podUID.</summary>
    private static string? PodOf(string name)
    {
        var slice = name.EndsWith(".slice", StringComparison.Ordinal) ? name[..^6] : name;
        var at = slice.LastIndexOf("-pod", StringComparison.Ordinal);
        var pod = at >= 0 ? slice[(at + 4)..] : slice.StartsWith("pod", StringComparison.Ordinal) ? slice[3..] : "";
        pod = pod.Replace('_', '-');
        return pod.Length >= 8 && pod.All(c => char.IsAsciiHexDigit(c) || c == '-') ? pod : null;
    }

    /// <summary>systemd-nspawn and libvirt; the monitor of a podman container is none.</summary>
    private static string? MachineOf(string name) =>
        name.StartsWith("libpod-", StringComparison.Ordinal) ? null
        : Between(name, "machine-", ".scope") ?? Between(name, "systemd-nspawn@", ".service") ?? Between(name, "", ".libvirt-qemu")
            ?? Between(name, "", ".libvirt-lxc");

    private static string? Between(string name, string prefix, string suffix) =>
        name.Length >= prefix.Length + suffix.Length && name.StartsWith(prefix, StringComparison.Ordinal)
            && name.EndsWith(suffix, StringComparison.Ordinal)
            ? name[prefix.Length..(name.Length - suffix.Length)] : null;

    private static bool IsId(string id) => id.Length is >= 32 and <= 64 && id.All(char.IsAsciiHexDigitLower);

    private static string Named(string kind, string name) => $"{kind} {(name.Length <= MaxName ? name : name[..MaxName])}";
}
