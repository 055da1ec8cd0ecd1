using System.Net.Sockets;
using System.Text;
using HalfOpen.Guard;
using HalfOpen.Guard.Service;
using Xunit;

namespace HalfOpen.Tests.Guard;

public sealed class ServiceTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_service_manager_hears_what_systemd_expects(bool inAbstractNamespace)
    {
        var name = $"halfopen-notify-{Guid.NewGuid():N}";
        var path = inAbstractNamespace ? "@" + name : Path.Combine(Path.GetTempPath(), name);
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(inAbstractNamespace ? "\0" + name : path));
        using var service = new ServiceManager(path, "3000000");
        Assert.Equal(TimeSpan.FromSeconds(1.5), service.WatchdogEvery);
        service.Ready("limit 10\nREADY=0");
        Assert.Equal("READY=1\nSTATUS=limit 10 READY=0", Receive());
        service.Reloading();
        Assert.StartsWith("RELOADING=1\nMONOTONIC_USEC=", Receive(), StringComparison.Ordinal);
        service.Alive();
        Assert.Equal("WATCHDOG=1", Receive());
        service.Stopping();
        Assert.Equal("STOPPING=1", Receive());
        File.Delete(path);

        string Receive()
        {
            var buffer = new byte[1000];
            return Encoding.UTF8.GetString(buffer, 0, systemd.Receive(buffer));
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("@")]
    [InlineData("relative")]
    [InlineData("/nonexistent/notify")]
    public void Nobody_to_tell_is_no_error(string? path)
    {
        using var service = new ServiceManager(path, "not a number");
        service.Ready("x");
        service.Alive();
        Assert.Null(service.WatchdogEvery);
    }

    [Fact]
    public void Lines_for_the_journal_begin_with_their_level_and_are_one_line_each()
    {
        var output = new StringWriter();
        var log = new GuardLog(output, underJournal: true, TimeProvider.System);
        log.Warning(GuardLog.LimitReached(new GuardWarning(10, 190, "evil\nname\e[2J\u202egpj", 9)));
        log.Information("ready");
        log.Error("x");
        Assert.Equal(
            "<4>the limit of 10 half-open attempts was reached: 190 wait; evil name?[2J?gpj holds 9 (like Windows' event "
            + "4226)\n<6>ready\n<3>x\n", output.ToString());
    }
}
