using System.CommandLine;
using HalfOpen.Cli.CommandLine;
using HalfOpen.Core;
using HalfOpen.Guard;
using HalfOpen.Guard.Service;

namespace HalfOpen.Cli.Guard;

/// <summary>The guard's flags, made from the same table as its configuration file. One for one verb.</summary>
internal sealed class GuardCommandLine
{
    private readonly SettingTable _table;
    private readonly List<(Setting Setting, Option Option)> _settings = [];

    public GuardCommandLine(PolicyTable policies)
    {
        _table = new SettingTable(policies);
        foreach (var setting in _table.All)
        {
            Option option = setting switch
            {
                { IsSwitch: true } => new Option<bool>("--" + setting.Name),
                { Repeats: true } =>
                    new Option<string[]>("--" + setting.Name) { HelpName = setting.ValueName, AllowMultipleArgumentsPerToken = false },
                _ => new Option<string?>("--" + setting.Name) { HelpName = setting.ValueName },
            };
            option.Description = setting.IsSwitch || setting.Repeats || setting.Description.Contains(" or ", StringComparison.Ordinal)
                ? setting.Description : $"{setting.Description} Allowed: {setting.Allowed}.";
            if (setting.Words.Count > 0)
            {
                option.CompletionSources.Add([.. setting.Words]);
            }

            _settings.Add((setting, option));
        }
    }

    /// <summary>A configuration file with every key.</summary>
    public string Template => ConfigurationFile.Template(_table);

    public Option<string?> Config { get; } = new("--config", "-c")
        { HelpName = "FILE",
            Description = "Read this configuration first; flags win over it. The systemd unit gives " + ConfigurationFile.DefaultPath
                + "." };

    public Option<bool> ShowConfig { get; } = new("--show-config")
        { Description = "Print a configuration file with every key, its range and its default, and end." };

    public Option<bool> Json { get; } = CommonOptions.Json();

    public Option<bool> Quiet { get; } = CommonOptions.Quiet();

    public Option<bool> DryRun { get; } = CommonOptions.DryRun();

    public Option<string?> Script { get; } = MakeScript();

    public void AddTo(Command command)
    {
        _settings.ForEach(s => command.Options.Add(s.Option));
        foreach (var option in (Option[])[Config, ShowConfig, Json, Quiet, DryRun, Script])
        {
            command.Options.Add(option);
        }
    }

    private static Option<string?> MakeScript()
    {
        var option = new Option<string?>("--script")
            { HelpName = "set-up|removal", Description = "With --dry-run: print this script alone, for a file or a pipe into sh." };
        option.OneOf("set-up", "removal");
        return option;
    }

    /// <summary>File, then flags. Called again for every reload.</summary>
    /// <exception cref="GuardException">Something is wrong with one of them.</exception>
    public GuardSettings Read(ParseResult parsed)
    {
        var settings = new GuardSettings();
        if (parsed.GetValue(Config) is { } file)
        {
            settings = ConfigurationFile.Read(file, settings, _table);
        }

        foreach (var (setting, option) in _settings)
        {
            IEnumerable<string> values = option switch
            {
                Option<bool> o => parsed.GetValue(o) ? ["yes"] : [],
                Option<string[]> o => parsed.GetValue(o) ?? [],
                Option<string?> o => parsed.GetValue(o) is { } value ? [value] : [],
                _ => [],
            };
            foreach (var value in values)
            {
                settings = setting.Apply(settings, value)
                    ?? throw new GuardException(setting.Refusal($"--{setting.Name} '{value}'", value));
            }
        }

        return settings.Problem() is { } problem ? throw new GuardException(problem) : settings;
    }
}
