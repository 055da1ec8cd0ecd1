using System.Drawing;
using System.Windows.Forms;
using HalfOpen.Driver;
using HalfOpen.Xp.Commands;
using HalfOpen.Xp.Texts;

namespace HalfOpen.Xp.Framework;

/// <summary>What stands in the main window, and where.</summary>
internal sealed class MainControls
{
    public MainControls(int width, EventHandler apply, EventHandler restore, EventHandler why, EventHandler evidence, EventHandler language)
    {
        Apply = Shapes.Button(apply);
        Restore = Shapes.Button(restore);
        Why = Shapes.Button(why);
        Evidence = Shapes.Button(evidence);
        LanguageLink.Click += language;
        Meaning = Shapes.Text(width - NumberWidth - Shapes.Gap);
        Note = Shapes.Text(width - (2 * Shapes.Gap));
        Header = BuildHeader();
        Root = Build(width);
        Status = new StatusStrip { SizingGrip = false };
        Status.Items.AddRange(new ToolStripItem[] { StatusText, Progress });
    }

    private const int NumberWidth = 150;

    public Panel Header { get; }

    public TableLayoutPanel Root { get; }

    public StatusStrip Status { get; }

    public ToolStripStatusLabel StatusText { get; } =
        new ToolStripStatusLabel { Spring = true, TextAlign = ContentAlignment.MiddleLeft, Overflow = ToolStripItemOverflow.Never };

    public ToolStripProgressBar Progress { get; } = new ToolStripProgressBar { Width = 140 };

    public Label Number { get; } = new Label
    {
        Font = Shapes.Scaled(3.2f, FontStyle.Bold), ForeColor = Color.FromArgb(0x0A, 0x24, 0x6A), TextAlign = ContentAlignment.MiddleCenter,
        Size = new Size(NumberWidth, 56), Margin = new Padding(0), UseMnemonic = false,
    };

    public Label Caption { get; } =
        new Label { TextAlign = ContentAlignment.TopCenter, Size = new Size(NumberWidth, 20), Margin = new Padding(0) };

    public Label Place { get; } = new Label { AutoSize = true, UseMnemonic = false, Location = new Point(58, 32) };

    public Label Title { get; } = new Label { AutoSize = true, Font = Shapes.Scaled(1.3f, FontStyle.Bold), Location = new Point(56, 9) };

    public Label Meaning { get; }

    public Label Note { get; }

    public ListView Copies { get; } = Shapes.List(236, 116, 64, 190);

    public NumericUpDown NewLimit { get; } = new NumericUpDown
    {
        Minimum = LimitPatch.MinLimit, Maximum = LimitPatch.MaxLimit, Value = Request.DefaultLimit, Width = 100,
        Margin = new Padding(0, 3, Shapes.Gap, 0),
    };

    public Label NewLimitLabel { get; } = new Label { AutoSize = true, Margin = new Padding(0, 6, 4, 0) };

    public LinkLabel LanguageLink { get; } =
        new LinkLabel { AutoSize = true, Anchor = AnchorStyles.Right, Margin = new Padding(0, 6, 0, 0) };

    public Button Apply { get; }

    public Button Restore { get; }

    public Button Why { get; }

    public Button Evidence { get; }

    public void EnableButtons(bool apply, bool restore, bool evidence)
    {
        Apply.Enabled = apply;
        NewLimit.Enabled = apply;
        Restore.Enabled = restore;
        Evidence.Enabled = evidence;
        Why.Enabled = evidence;
    }

    public void Translate(Language language)
    {
        Title.Text = language.Get(TextKey.WindowTitle);
        NewLimitLabel.Text = language.Get(TextKey.LabelNewLimit);
        Apply.Text = language.Get(TextKey.ButtonApply);
        Restore.Text = language.Get(TextKey.ButtonRestore);
        Why.Text = language.Get(TextKey.ButtonWhy);
        Evidence.Text = language.Get(TextKey.ButtonEvidence);
        LanguageLink.Text = language.Get(TextKey.LanguageLink);
        Copies.Columns[0].Text = language.Get(TextKey.ColumnCopy);
        Copies.Columns[1].Text = language.Get(TextKey.ColumnVersion);
        Copies.Columns[2].Text = language.Get(TextKey.ColumnLimit);
        Copies.Columns[3].Text = language.Get(TextKey.ColumnState);
    }

    private Panel BuildHeader()
    {
        var header = new Panel { Dock = DockStyle.Top, Height = 58, BackColor = SystemColors.Window, ForeColor = SystemColors.WindowText };
        var picture = new PictureBox { Location = new Point(14, 13), Size = new Size(32, 32), SizeMode = PictureBoxSizeMode.CenterImage };
        using (var icon = Shapes.Icon())
        {
            picture.Image = icon?.ToBitmap();
        }

        var line = new Label { Dock = DockStyle.Bottom, Height = 2, BorderStyle = BorderStyle.Fixed3D };
        header.Controls.AddRange(new Control[] { picture, Title, Place, line });
        return header;
    }

    private TableLayoutPanel Build(int width)
    {
        var number = new FlowLayoutPanel
        {
            FlowDirection = FlowDirection.TopDown, Size = new Size(NumberWidth, 78), WrapContents = false,
            Margin = new Padding(0, 0, Shapes.Gap, 0),
        };
        number.Controls.AddRange(new Control[] { Number, Caption });
        var limit = Shapes.Row(number, Meaning);
        limit.Margin = new Padding(0, 0, 0, Shapes.Gap);
        Meaning.Margin = new Padding(0, Shapes.Gap / 2, 0, 0);
        Note.BackColor = SystemColors.Info;
        Note.ForeColor = SystemColors.InfoText;
        Note.Padding = new Padding(Shapes.Gap / 2);
        Note.MinimumSize = new Size(width, 0);
        Note.BorderStyle = BorderStyle.FixedSingle;
        Note.Margin = new Padding(0, Shapes.Gap, 0, 0);
        Note.Visible = false;
        var top = new Padding(0, Shapes.Gap, 0, 0);
        var last = new TableLayoutPanel { ColumnCount = 2, AutoSize = true, Dock = DockStyle.Fill, Margin = top };
        last.ColumnStyles.Add(new ColumnStyle(SizeType.Percent, 100));
        last.ColumnStyles.Add(new ColumnStyle(SizeType.AutoSize));
        var buttons = Shapes.Row(Why, Evidence);
        buttons.Margin = new Padding(0);
        last.Controls.Add(buttons, 0, 0);
        last.Controls.Add(LanguageLink, 1, 0);

        var root = Shapes.Column(2 * Shapes.Gap);
        root.RowStyles.Add(new RowStyle(SizeType.AutoSize));
        root.RowStyles.Add(new RowStyle(SizeType.Percent, 100));
        root.RowStyles.Add(new RowStyle(SizeType.AutoSize));
        root.RowStyles.Add(new RowStyle(SizeType.AutoSize));
        root.RowStyles.Add(new RowStyle(SizeType.AutoSize));
        root.Controls.Add(limit, 0, 0);
        root.Controls.Add(Copies, 0, 1);
        root.Controls.Add(Note, 0, 2);
        root.Controls.Add(Shapes.Row(NewLimitLabel, NewLimit, Apply, Restore), 0, 3);
        root.Controls.Add(last, 0, 4);
        return root;
    }
}
