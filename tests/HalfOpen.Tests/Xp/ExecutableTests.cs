using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Xunit;

namespace HalfOpen.Tests.Xp;

/// <summary>The built HalfOpen.exe: it asks for nothing that .NET Framework 2.0 as it first came out has not.</summary>
public sealed class ExecutableTests
{
    private static readonly string Executable =
        Path.Combine(Repository.Root, "src", "HalfOpen.Xp", "bin", Configuration, "net20", "HalfOpen.exe");

    /// <summary>
    /// What the service packs of 2.0 brought, from their lists of changes; the reference assemblies have it, a machine
    /// may not.
    /// </summary>
    private static readonly string[] FromServicePacks =
    [
        "System.DateTimeOffset", "System.GCCollectionMode", "System.Runtime.GCLatencyMode", "System.GCNotificationStatus",
        "System.MonoExtensionAttribute", "System.ComponentModel.INotifyPropertyChanging", "System.Net.Sockets.SocketAsyncEventArgs",
        "System.Windows.Forms.FileDialogCustomPlace", "System.Windows.Forms.FileDialogCustomPlacesCollection",
        "System.Threading.WaitHandle::WaitOne(1)", "System.Threading.WaitHandle::WaitAll(2)", "System.Threading.WaitHandle::WaitAny(2)",
        "System.Runtime.GCSettings::get_LatencyMode", "System.Runtime.GCSettings::set_LatencyMode", "System.GC::Collect(2)",
        "System.GC::RegisterForFullGCNotification", "System.Windows.Forms.FileDialog::get_CustomPlaces",
        "System.Windows.Forms.FileDialog::set_AutoUpgradeEnabled",
        "System.Runtime.CompilerServices.RuntimeHelpers::PrepareContractedDelegate",
    ];

    private static string Configuration => AppContext.BaseDirectory.Contains("/Debug/", StringComparison.Ordinal) ? "Debug" : "Release";

    [Fact]
    public void It_is_one_small_file()
    {
        Assert.InRange(Built().Length, 50_000, 500_000);
    }

    [Fact]
    public void It_is_built_for_the_runtime_of_2_0_and_for_any_processor()
    {
        using var file = new PEReader(new MemoryStream(Built()));
        Assert.Equal("v2.0.50727", file.GetMetadataReader().MetadataVersion);
        var flags = file.PEHeaders.CorHeader!.Flags;
        Assert.Equal((CorFlags)0, flags & (CorFlags.Requires32Bit | CorFlags.Prefers32Bit));
        Assert.Equal(Subsystem.WindowsCui, file.PEHeaders.PEHeader!.Subsystem);
        Assert.True(file.PEHeaders.PEHeader.MajorSubsystemVersion <= 5, "XP is 5.1");
    }

    [Fact]
    public void It_uses_only_what_2_0_has()
    {
        using var file = new PEReader(new MemoryStream(Built()));
        var reader = file.GetMetadataReader();
        foreach (var handle in reader.AssemblyReferences)
        {
            var reference = reader.GetAssemblyReference(handle);
            Assert.Contains(reader.GetString(reference.Name), new[] { "mscorlib", "System", "System.Drawing", "System.Windows.Forms" });
            Assert.Equal(new Version(2, 0, 0, 0), reference.Version);
        }

        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (var handle in reader.TypeReferences)
        {
            used.Add(NameOf(reader, handle));
        }

        foreach (var handle in reader.MemberReferences)
        {
            var member = reader.GetMemberReference(handle);
            if (member.Parent.Kind == HandleKind.TypeReference)
            {
                var name = NameOf(reader, (TypeReferenceHandle)member.Parent) + "::" + reader.GetString(member.Name);
                used.Add(name);
                if (member.GetKind() == MemberReferenceKind.Method)
                {
                    var signature = reader.GetBlobReader(member.Signature);
                    signature.ReadSignatureHeader();
                    used.Add($"{name}({signature.ReadCompressedInteger()})");
                }
            }
        }

        Assert.Contains("System.IO.FileStream", used); // the reading itself works
        Assert.Empty(used.Intersect(FromServicePacks));
    }

    private static string NameOf(MetadataReader reader, TypeReferenceHandle handle)
    {
        var type = reader.GetTypeReference(handle);
        return reader.GetString(type.Namespace) + "." + reader.GetString(type.Name);
    }

    private static byte[] Built()
    {
        if (!File.Exists(Executable))
        {
            Assert.Skip("skipped: needs Debian's mono-devel (reference assemblies of .NET Framework 2.0), and a build after that");
        }

        return File.ReadAllBytes(Executable);
    }
}
