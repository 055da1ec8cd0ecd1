using System.Text;
using FsCheck;
using FsCheck.Fluent;
using HalfOpen.Tests.Driver;
using HalfOpen.Windows.Lifting;
using HalfOpen.Xp.Copies;
using Xunit;

namespace HalfOpen.Tests.Xp;

/// <summary>
/// The manifest of HalfOpen.exe against that of the Linux program: each reads what the other writes, and the same as it
/// does.
/// </summary>
public sealed class ManifestTests
{
    private static readonly Gen<string> Hashes = Gen.Elements("0123456789abcdef".ToCharArray()).ArrayOf(64).Select(c => new string(c));

    private static readonly Gen<string> Names = Gen.Elements("tcpip.sys", "TCPIP6.SYS", "größe\"\\\u0001.sys", "\U0001F600.sys", "");

    [Fact]
    public void What_one_writes_the_other_reads()
    {
        var cases = from original in Hashes from patched in Hashes from previous in Hashes from file in Names
                    from offset in Gen.Choose(0, int.MaxValue) from old in Gen.Choose(int.MinValue, int.MaxValue)
                    from limit in Gen.Choose(1, int.MaxValue)
                    from seconds in Gen.Choose(0, int.MaxValue)
                    select new Manifest
                    {
                        ToolVersion = "1.2.3", TimeUtc = DateTime.UnixEpoch.AddSeconds(seconds), File = file, OriginalSha256 = original,
                        PatchedSha256 = patched,
                        PreviousSha256 = previous, LimitFileOffset = offset, OldLimit = unchecked((uint)old), NewLimit = (uint)limit,
                    };
        Check.One(Seeded.Config(300), Prop.ForAll(cases.ToArbitrary(), ours =>
        {
            var theirs = BackupManifest.FromBytes(ours.ToBytes());
            var back = Manifest.FromBytes((theirs! with { TimeUtc = theirs.TimeUtc.AddTicks(1_234_567) }).ToBytes());
            return theirs.Format == 1 && Same(ours, theirs) && Same(back!, theirs with { TimeUtc = theirs.TimeUtc.AddTicks(1_234_567) });
        }));
    }

    [Fact]
    public void The_bytes_look_as_the_Linux_program_writes_them()
    {
        var hash = new string('a', 64);
        var theirs = new BackupManifest
        {
            Format = 1, ToolVersion = "0.1.0", TimeUtc = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc), File = "tcpip.sys",
            OriginalSha256 = hash, PatchedSha256 = hash,
            PreviousSha256 = hash, LimitFileOffset = 1, OldLimit = 10, NewLimit = 100,
        };
        Assert.Equal(Encoding.ASCII.GetString(theirs.ToBytes()), Encoding.ASCII.GetString(Manifest.FromBytes(theirs.ToBytes())!.ToBytes()));
    }

    /// <summary>
    /// Damaged manifests: no exception, no memory, and nothing is accepted that the Linux program refuses.
    /// </summary>
    [Fact]
    public void Damage_is_refused_as_by_the_Linux_program()
    {
        var sound = new Manifest
        {
            ToolVersion = "0.1.0", File = "tcpip.sys", OriginalSha256 = new string('a', 64), PatchedSha256 = new string('b', 64),
            PreviousSha256 = new string('c', 64), NewLimit = 100,
        }.ToBytes();
        string[] pieces = ["{", "}", "[", "]", ",", ":", "\"", "\\u00", "\\", "null", "true", "-", "1", "1.5", "1e3", "0", " ", "\n", "/*",
            "\"a\":", "\u00E4", "\"format\": 2,", "\"x\": [1, {\"y\": []}],"];
        var random = new Random(20_261_126);
        var accepted = 0;
        for (var i = 0; i < 30_000; i++)
        {
            var text = Encoding.UTF8.GetString(sound).ToCharArray().ToList();
            for (var edits = random.Next(1, 4); edits > 0; edits--)
            {
                var at = random.Next(text.Count + 1);
                switch (random.Next(4))
                {
                    case 0 when at < text.Count:
                        text[at] = (char)random.Next(1, 0x180);
                        break;
                    case 1:
                        text.RemoveRange(at, Math.Min(random.Next(1, 30), text.Count - at));
                        break;
                    default:
                        text.InsertRange(at, pieces[random.Next(pieces.Length)]);
                        break;
                }
            }

            var bytes = Encoding.UTF8.GetBytes(text.ToArray());
            var ours = Manifest.FromBytes(bytes);
            var theirs = BackupManifest.FromBytes(bytes);
            Assert.True(ours is null || (theirs is not null && Same(ours, theirs)), "accepted only by us: " + new string(text.ToArray()));

            // The other way round, times in other spellings of ISO 8601 are all that we do not read.
            var hasOurTime = Encoding.UTF8.GetString(bytes).Contains("0001-01-01T00:00:00Z", StringComparison.Ordinal);
            Assert.True(theirs is null || ours is not null || !hasOurTime, "refused only by us: " + new string(text.ToArray()));
            accepted += ours is null ? 0 : 1;
        }

        Assert.True(accepted > 400, "the damage is too great to test anything: " + accepted);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_refused()
    {
        var random = new Random(4226);
        var sound = new Manifest { OriginalSha256 = new string('a', 64), PatchedSha256 = new string('a', 64),
            PreviousSha256 = new string('a', 64) }.ToBytes();
        Assert.NotNull(Manifest.FromBytes(sound));
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = (byte[])sound.Clone();
            bytes[random.Next(bytes.Length)] = (byte)random.Next(0x80, 0x100);
            Manifest.FromBytes(bytes);
            Manifest.FromBytes(bytes[..random.Next(bytes.Length)]);
        }

        Assert.Null(Manifest.FromBytes([]));
        Assert.Null(Manifest.FromBytes(Encoding.ASCII.GetBytes(new string('[', 60_000))));
        Assert.Null(Manifest.FromBytes(Encoding.ASCII.GetBytes("{\"a\":" + new string('[', 60_000))));
        Assert.Null(JsonText.ReadObject([0xEF, 0xBB, 0xBF, (byte)'{', (byte)'}']));
    }

    private static bool Same(Manifest ours, BackupManifest theirs) =>
        ours.ToolVersion == (theirs.ToolVersion ?? "") && ours.File == (theirs.File ?? "") && ours.TimeUtc == theirs.TimeUtc
        && ours.OriginalSha256 == theirs.OriginalSha256 && ours.PatchedSha256 == theirs.PatchedSha256
        && ours.PreviousSha256 == theirs.PreviousSha256 && ours.LimitFileOffset == theirs.LimitFileOffset
        && ours.OldLimit == theirs.OldLimit && ours.NewLimit == theirs.NewLimit;
}
