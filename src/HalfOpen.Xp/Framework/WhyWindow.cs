using System.Drawing;
using System.Windows.Forms;
using HalfOpen.Xp.Commands;
using HalfOpen.Xp.Copies;
using HalfOpen.Xp.Lifting;
using HalfOpen.Xp.Machine;
using HalfOpen.Xp.Network;
using HalfOpen.Xp.Texts;

namespace HalfOpen.Xp.Framework;

/// <summary>Who fills the slots, what the System log says, and one sentence on whether the limit is to blame.</summary>
internal sealed class WhyWindow : Form
{
    private readonly List<DriverCopy> _copies;
    private readonly IMachine _machine;
    private readonly Language _language;
    private readonly Label _verdict = Shapes.Text(460);
    private readonly Label _log = Shapes.Text(460);
    private readonly ListView _programs = Shapes.List(190, 76, 188);

    public WhyWindow(List<DriverCopy> copies, IMachine machine, Language language)
    {
        _copies = copies;
        _machine = machine;
        _language = language;
        Font = Shapes.TextFont;
        AutoScaleDimensions = new SizeF(96, 96);
        AutoScaleMode = AutoScaleMode.Dpi;
        Text = language.Get(TextKey.WhyTitle);
        ClientSize = new Size(484, 330);
        FormBorderStyle = FormBorderStyle.FixedDialog;
        StartPosition = FormStartPosition.CenterParent;
        ShowInTaskbar = false;
        MinimizeBox = MaximizeBox = false;
        _verdict.Font = Shapes.Scaled(1.05f, FontStyle.Bold);
        _verdict.Margin = new Padding(0, 0, 0, Shapes.Gap);
        _log.Margin = new Padding(0, Shapes.Gap, 0, 0);
        _programs.Columns[0].Text = language.Get(TextKey.ColumnProgram);
        _programs.Columns[1].Text = language.Get(TextKey.ColumnProcess);
        _programs.Columns[2].Text = language.Get(TextKey.ColumnHalfOpen);
        var again = Shapes.Button((_, _) => Look());
        again.Text = language.Get(TextKey.ButtonRefresh);
        var close = Shapes.Button((_, _) => Close());
        close.Text = language.Get(TextKey.ButtonClose);
        AcceptButton = again;
        CancelButton = close;
        var root = Shapes.Column(Shapes.Gap);
        root.RowStyles.Add(new RowStyle(SizeType.AutoSize));
        root.RowStyles.Add(new RowStyle(SizeType.Percent, 100));
        root.RowStyles.Add(new RowStyle(SizeType.AutoSize));
        root.RowStyles.Add(new RowStyle(SizeType.AutoSize));
        root.Controls.Add(_verdict, 0, 0);
        root.Controls.Add(_programs, 0, 1);
        root.Controls.Add(_log, 0, 2);
        root.Controls.Add(Shapes.Row(again, close), 0, 3);
        Controls.Add(root);
        Load += (_, _) => Look();
    }

    private void Look()
    {
        Cursor = Cursors.WaitCursor;
        var log = Overview.ReadLog(_machine);
        var sockets = _machine.Sockets();
        _verdict.Text = Verdict.Of(LimitNow.Of(_copies, log?.StartedUtc), sockets, log).Sentence.SentenceIn(_language);
        _log.Text = ConsoleReport.Of(log).In(_language);
        Shapes.Fill(_programs, sockets.Programs.ConvertAll(Row));
        Cursor = Cursors.Default;
    }

    private string[] Row(Waiting program) =>
        new[] { Phrase.Printable(program.Name), program.ProcessId.ToString(), program.Count.ToString("N0", _language.Culture) };
}
