using System.Globalization;
using HalfOpen.Linux;

namespace HalfOpen.Guard.Attribution;

/// <summary>
/// Users as owners. The ids that /etc/subuid gives to a user for his user namespaces are he: else anybody who may have
/// such a range were as many owners as he likes. Read again when the files changed, at most once a minute. The guard's
/// thread only.
/// </summary>
internal sealed class UserOwners
{
    private const long KeepTicks = 60 * TimeSpan.TicksPerSecond;
    private Dictionary<uint, string> _names = [];
    private List<(uint First, uint Count, string User)> _ranges = [];
    private DateTime? _read;
    private long _until;

    /// <summary>Such as <c>user ann</c>, or <c>user 1000</c> where the id has no name.</summary>
    public string Find(uint userId, long now)
    {
        if (_read is null || now >= _until)
        {
            _until = now + KeepTicks;
            if (Accounts.LastChange() is var changed && changed != _read)
            {
                (_names, _ranges, _read) = (Accounts.UserNames(), Accounts.SubordinateUsers(), changed);
            }
        }

        return Find(userId, _names, _ranges);
    }

    internal static string Find(uint userId, Dictionary<uint, string> names, List<(uint First, uint Count, string User)> ranges)
    {
        if (!names.TryGetValue(userId, out var name))
        {
            name = userId.ToString(CultureInfo.InvariantCulture);
            foreach (var (first, count, user) in ranges)
            {
                if (userId >= first && userId - first < count)
                {
                    name = uint.TryParse(user, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                        ? names.GetValueOrDefault(id, user) : user;
                    break;
                }
            }
        }

        return ProgramName.OfOwner("user " + name);
    }
}
