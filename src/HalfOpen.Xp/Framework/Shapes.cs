using System.Drawing;
using System.Windows.Forms;

namespace HalfOpen.Xp.Framework;

/// <summary>The few shapes that all windows are built of.</summary>
internal static class Shapes
{
    public const int Gap = 8;

    /// <summary>The font of this Windows' own windows (Tahoma on XP).</summary>
    public static Font TextFont { get; } = SystemFonts.MessageBoxFont ?? SystemFonts.DefaultFont;

    public static Font Scaled(float factor, FontStyle style) => new Font(TextFont.FontFamily, TextFont.Size * factor, style);

    public static Button Button(EventHandler onClick)
    {
        var button = new Button
        {
            AutoSize = true, AutoSizeMode = AutoSizeMode.GrowOnly, MinimumSize = new Size(88, 26), Padding = new Padding(4, 0, 4, 0),
            Margin = new Padding(0, 0, Gap, 0), FlatStyle = FlatStyle.System,
        };
        button.Click += onClick;
        return button;
    }

    public static ListView List(params int[] widths)
    {
        var list = new ListView
        {
            View = View.Details, FullRowSelect = true, HideSelection = true, HeaderStyle = ColumnHeaderStyle.Nonclickable,
            MultiSelect = false, Dock = DockStyle.Fill, Margin = new Padding(0),
        };
        foreach (var width in widths)
        {
            list.Columns.Add("", width);
        }

        return list;
    }

    public static void Fill(ListView list, IEnumerable<string[]> rows)
    {
        list.BeginUpdate();
        list.Items.Clear();
        foreach (var row in rows)
        {
            list.Items.Add(new ListViewItem(row));
        }

        list.EndUpdate();
    }

    /// <summary>A label that wraps within a width and grows downwards.</summary>
    public static Label Text(int width) =>
        new Label { AutoSize = true, MaximumSize = new Size(width, 0), Margin = new Padding(0), UseMnemonic = false };

    /// <summary>One column, as wide as the window.</summary>
    public static TableLayoutPanel Column(int padding) => new TableLayoutPanel
    {
        ColumnCount = 1, Dock = DockStyle.Fill, Padding = new Padding(padding), GrowStyle = TableLayoutPanelGrowStyle.AddRows,
    };

    /// <summary>Side by side, from the left.</summary>
    public static FlowLayoutPanel Row(params Control[] controls)
    {
        var row = new FlowLayoutPanel
        {
            AutoSize = true, AutoSizeMode = AutoSizeMode.GrowAndShrink, WrapContents = false,
            Margin = new Padding(0, Gap, 0, 0), Dock = DockStyle.Fill,
        };
        row.Controls.AddRange(controls);
        return row;
    }

    public static Icon? Icon()
    {
        using var stream = typeof(Shapes).Assembly.GetManifestResourceStream("HalfOpen.ico");
        return stream == null ? null : new Icon(stream);
    }
}
