using Xunit;

namespace HalfOpen.SystemTests.Guard;

/// <summary>What a test cannot do without; it says so when it skips.</summary>
internal static class Needs
{
    public static void Root()
    {
        Assert.SkipUnless(Environment.UserName == "root", "skipped: needs root (network namespaces)");
        Assert.SkipUnless(File.Exists("/usr/sbin/iptables") && File.Exists("/usr/sbin/ip"), "skipped: needs iptables and iproute2");
    }

    public static void Program(string path, string package) =>
        Assert.SkipUnless(File.Exists(path), $"skipped: needs {path} (apt-get install {package})");
}
