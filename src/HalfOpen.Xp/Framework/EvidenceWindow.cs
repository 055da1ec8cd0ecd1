using System.Drawing;
using System.Windows.Forms;
using HalfOpen.Driver;
using HalfOpen.Xp.Copies;
using HalfOpen.Xp.Lifting;
using HalfOpen.Xp.Texts;

namespace HalfOpen.Xp.Framework;

/// <summary>The nine pieces of evidence of one driver.</summary>
internal sealed class EvidenceWindow : Form
{
    public EvidenceWindow(DriverCopy copy, Language language)
    {
        Font = Shapes.TextFont;
        AutoScaleDimensions = new SizeF(96, 96);
        AutoScaleMode = AutoScaleMode.Dpi;
        Text = language.Get(TextKey.EvidenceTitle);
        ClientSize = new Size(720, 380);
        MinimumSize = new Size(480, 300);
        StartPosition = FormStartPosition.CenterParent;
        ShowInTaskbar = false;
        ShowIcon = false;
        MinimizeBox = false;
        var close = Shapes.Button((_, _) => Close());
        close.Text = language.Get(TextKey.ButtonClose);
        close.Anchor = AnchorStyles.Right;
        close.Margin = new Padding(0, Shapes.Gap, 0, 0);
        AcceptButton = CancelButton = close;
        var list = Shapes.List(70, 240, 640);
        list.Columns[0].Text = language.Get(TextKey.ColumnFound);
        list.Columns[1].Text = language.Get(TextKey.EvidenceTitle);
        list.Columns[2].Text = language.Get(TextKey.ColumnDetail);
        Shapes.Fill(list, new List<Evidence>(copy.Report!.Evidence).ConvertAll(e => Overview.Row(e, language)));
        var intro = Shapes.Text(700);
        intro.Text = language.Get(TextKey.EvidenceIntro);
        intro.Margin = new Padding(0, 0, 0, Shapes.Gap);
        var place = Shapes.Text(700);
        var offset = copy.Report.Location?.FileOffset.ToString() ?? "-";
        place.Text = language.Get(TextKey.EvidencePlace, copy.Place.ShortPath, offset, copy.Sha256 ?? "-");
        place.Margin = new Padding(0, Shapes.Gap, 0, 0);
        var root = Shapes.Column(Shapes.Gap);
        root.RowStyles.Add(new RowStyle(SizeType.AutoSize));
        root.RowStyles.Add(new RowStyle(SizeType.Percent, 100));
        root.RowStyles.Add(new RowStyle(SizeType.AutoSize));
        root.RowStyles.Add(new RowStyle(SizeType.AutoSize));
        root.Controls.Add(intro, 0, 0);
        root.Controls.Add(list, 0, 1);
        root.Controls.Add(place, 0, 2);
        root.Controls.Add(close, 0, 3);
        Controls.Add(root);
    }
}
