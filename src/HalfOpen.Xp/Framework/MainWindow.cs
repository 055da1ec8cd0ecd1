using System.ComponentModel;
using System.Drawing;
using System.Windows.Forms;
using HalfOpen.Xp.Copies;
using HalfOpen.Xp.Files;
using HalfOpen.Xp.Lifting;
using HalfOpen.Xp.Machine;
using HalfOpen.Xp.Texts;

namespace HalfOpen.Xp.Framework;

/// <summary>
/// The window: the limit and what it means, and three things to do about it. It decides nothing; see <see
/// cref="Overview"/>.
/// </summary>
internal sealed class MainWindow : Form
{
    private const int TextWidth = 630;

    private readonly Workplace _place;
    private readonly IMachine _machine;
    private readonly BackgroundWorker _worker = new BackgroundWorker { WorkerReportsProgress = true };
    private readonly MainControls _c;
    private Language _language;
    private Overview? _overview;
    private WorkerDone? _onDone;
    private Phrase _status = new Phrase(TextKey.Looking);

    public MainWindow(Workplace place, IMachine machine, Language language)
    {
        _place = place;
        _machine = machine;
        _language = language;
        Font = Shapes.TextFont;
        AutoScaleDimensions = new SizeF(96, 96);
        AutoScaleMode = AutoScaleMode.Dpi;
        Icon = Shapes.Icon() ?? Icon;
        FormBorderStyle = FormBorderStyle.FixedSingle;
        MaximizeBox = false;
        StartPosition = FormStartPosition.CenterScreen;
        _c = new MainControls(TextWidth, Apply, Restore, ShowWhy, ShowEvidence, SwitchLanguage);
        Controls.Add(_c.Root);
        Controls.Add(_c.Header);
        Controls.Add(_c.Status);
        AcceptButton = _c.Apply;
        ClientSize = new Size(TextWidth + (4 * Shapes.Gap), 476);
        _worker.DoWork += (_, e) => e.Result = ((WorkerJob)e.Argument!)(); // what it throws comes out as e.Error
        _worker.ProgressChanged += (_, e) => ShowProgress(e.ProgressPercentage, (Phrase)e.UserState!);
        _worker.RunWorkerCompleted += (_, e) => OnCompleted(e);
        Translate();
        Load += (_, _) => LookAgain(new Phrase(TextKey.Ready));
    }

    private delegate object WorkerJob();

    private delegate void WorkerDone(object result);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _worker.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>
    /// A half-done change would be taken back at the next start of the program; it is better to wait the second that it
    /// takes.
    /// </summary>
    protected override void OnFormClosing(FormClosingEventArgs e)
    {
        e.Cancel = _worker.IsBusy && e.CloseReason == CloseReason.UserClosing;
        base.OnFormClosing(e);
    }

    private void Start(WorkerJob job, WorkerDone onDone)
    {
        if (_worker.IsBusy)
        {
            return;
        }

        _onDone = onDone;
        _c.EnableButtons(false, false, false);
        _worker.RunWorkerAsync(job);
    }

    private void OnCompleted(RunWorkerCompletedEventArgs e)
    {
        _c.Progress.Value = 0;
        if (e.Error == null)
        {
            _onDone!(e.Result!);
            return;
        }

        var problem = e.Error is DiskProblemException file ? file.Shown
            : new Phrase(TextKey.UnexpectedError, e.Error.GetType().Name + ": " + e.Error.Message);
        Say(problem, MessageBoxIcon.Error);
        LookAgain(problem);
    }

    private void LookAgain(Phrase statusAfterwards) => Start(() => Overview.Read(_place, _machine), result =>
    {
        _overview = (Overview)result;
        _status = statusAfterwards;
        Translate();
    });

    private void Apply(object? sender, EventArgs e)
    {
        var limit = (uint)_c.NewLimit.Value;
        var notes = new List<Phrase>();
        Start(() =>
        {
            notes = _place.FileProtection();
            return PatchPlan.Of(_place.Disk, _place.Folder, _place.ReadCopies(), limit, allowBadChecksum: false);
        }, result =>
        {
            var plan = (PatchPlan)result;
            var count = plan.Count(LiftAction.Write);
            if (IsRefused(plan))
            {
                return;
            }

            if (count == 0)
            {
                LookAgain(new Phrase(TextKey.AlreadyAt, limit));
                return;
            }

            var question = new Phrase(TextKey.ConfirmPatch, limit, count).In(_language);
            notes.ForEach(note => question += "\n\n" + note.In(_language));
            Do(question, watch => plan.Apply(Program.Version, DateTime.UtcNow, watch), new Phrase(TextKey.WindowDonePatch, limit));
        });
    }

    private void Restore(object? sender, EventArgs e) =>
        Start(() => RestorePlan.Of(_place.Disk, _place.Folder, _place.ReadCopies(), force: false), result =>
    {
        var plan = (RestorePlan)result;
        var forced = plan.IsRefused ? RestorePlan.Of(_place.Disk, _place.Folder, plan.Items.ConvertAll(i => i.Copy), force: true) : plan;
        if (IsRefused(forced))
        {
            return;
        }

        var count = forced.Count(LiftAction.Write) + forced.Count(LiftAction.CleanUp);
        var question = _language.Get(TextKey.ConfirmRestore, count)
            + (plan.IsRefused ? "\n\n" + _language.Get(TextKey.ConfirmForce) : "")
            + (forced.OtherVersions is { } versions ? "\n\n" + versions.In(_language) : "");
        Do(question, watch => forced.Apply(watch), new Phrase(TextKey.WindowDoneRestore));
    });

    private void Do(string question, LiftJob job, Phrase done)
    {
        var title = _language.Get(TextKey.WindowTitle);
        if (MessageBox.Show(this, question, title, MessageBoxButtons.OKCancel, MessageBoxIcon.Question) != DialogResult.OK)
        {
            LookAgain(new Phrase(TextKey.NothingWritten));
            return;
        }

        var watch = new LiftWatch((step, total, what) => _worker.ReportProgress(step * 100 / total, what));
        Start(() => job(watch), result =>
        {
            var waiting = ((LiftResult)result).Waiting;
            var text = waiting > 0 ? new Phrase(TextKey.TwoSentences, done, new Phrase(TextKey.WaitingForRestart, waiting)) : done;
            Say(text, MessageBoxIcon.Information);
            LookAgain(done);
        });
    }

    private bool IsRefused(LiftPlan plan)
    {
        if (plan.FirstRefused is not { } refused)
        {
            return false;
        }

        var problem = new Phrase(TextKey.NothingIsWritten, refused.Copy.Place.ShortPath, refused.Reason!);
        Say(problem, MessageBoxIcon.Warning);
        LookAgain(problem);
        return true;
    }

    private void Say(Phrase text, MessageBoxIcon icon) =>
        MessageBox.Show(this, text.SentenceIn(_language), _language.Get(TextKey.WindowTitle), MessageBoxButtons.OK, icon);

    private void ShowProgress(int percent, Phrase what)
    {
        _c.Progress.Value = Math.Max(0, Math.Min(100, percent));
        _c.StatusText.Text = what.In(_language);
    }

    private void ShowEvidence(object? sender, EventArgs e)
    {
        if (_overview?.Limit.Copy is { Report: not null } copy)
        {
            using var window = new EvidenceWindow(copy, _language);
            window.ShowDialog(this);
        }
    }

    private void ShowWhy(object? sender, EventArgs e)
    {
        if (_overview != null)
        {
            using var window = new WhyWindow(_overview.Copies, _machine, _language);
            window.ShowDialog(this);
        }
    }

    private void SwitchLanguage(object? sender, EventArgs e)
    {
        _language = Language.All[(Array.IndexOf(Language.All, _language) + 1) % Language.All.Length];
        Translate();
    }

    /// <summary>Puts everything that is known into the user's language.</summary>
    private void Translate()
    {
        SuspendLayout();
        Text = _overview == null ? "HalfOpen" : "HalfOpen - " + _overview.Headline(_language); // seen in the task bar too
        _c.Translate(_language);
        _c.StatusText.Text = _status.SentenceIn(_language);
        _c.Place.Text = Phrase.Printable(_place.Folder) + (_overview?.Limit.Copy is { } copy ? "   " + Meaning.SystemOf(copy) : "");
        if (_overview != null)
        {
            _c.Number.Text = _overview.Number(_language);
            _c.Caption.Text = _language.Get(_overview.Caption);
            _c.Meaning.Text = Meaning.Of(_overview.Limit).SentenceIn(_language);
            _c.Note.Text = _overview.Note?.SentenceIn(_language) ?? "";
            _c.Note.Visible = _overview.Note != null;
            Shapes.Fill(_c.Copies, _overview.Copies.ConvertAll(c => Overview.Row(c, _language)));
            _c.EnableButtons(_overview.CanApply, _overview.CanRestore, _overview.Limit.Copy?.Report != null);
        }

        ResumeLayout(performLayout: true);
    }

    private delegate LiftResult LiftJob(LiftWatch watch);
}
