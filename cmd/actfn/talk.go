package main

import (
	"cmp"
	"fmt"
	"strings"

	"actfn/internal/config"
	"actfn/internal/dataset"
	"actfn/internal/model"
	"actfn/internal/record"
	"actfn/internal/train"
	"actfn/internal/wording"
)

// trainingTalk tells how a run goes: a bar within the epoch where it can move, a line after it.
type trainingTalk struct {
	ui     *ui
	epochs int
	bar    *bar
}

// begin tells what is trained, on what and where to.
func (t *trainingTalk) begin(dir string, c config.Config, data *dataset.Data, net *model.Net) {
	if !t.ui.lines() {
		return
	}
	images := fmt.Sprintf("%d images to train on", data.Train.Len())
	if data.Val != nil {
		images += fmt.Sprintf(", %d to validate", data.Val.Len())
	}
	seen := data.Train.Transform()
	t.ui.say("data: %s, %s, %d to test, of %d×%d×%d in %d classes", cmp.Or(c.Data.Root, "the built-in sample"),
		images, data.Test.Len(), seen.Width, seen.Height, seen.Channels, len(data.Train.Classes()))
	sayRemarks(t.ui, data)
	if len(c.Data.Augment) > 0 {
		t.ui.say("augmentation: %s", strings.Join(c.Data.Augment, ", "))
	}
	size := wording.Whole(int64(net.Size())) + " parameters"
	if n := net.Learnt(); n > 0 {
		size += fmt.Sprintf(", %s of them of activations", wording.Whole(int64(n)))
	}
	t.ui.say("model: %s, %s, %s multiply-adds", net.Outline(), size, wording.Scaled(net.MultiplyAdds()))
	t.ui.say("activation: %s", net.Activations)
	t.ui.say("output: %s", dir)
}

// Step moves the bar of the epoch.
func (t *trainingTalk) Step(epoch, done, steps int) {
	if t.bar == nil {
		t.bar = t.ui.bar(t.epoch(epoch), steps)
	}
	t.bar.at(done)
}

// Epoch ends the bar and writes the line.
func (t *trainingTalk) Epoch(e record.Epoch) {
	t.end()
	if !t.ui.lines() {
		return
	}
	line := []string{t.epoch(e.N)}
	for _, m := range record.Metrics {
		if v, ok := e.Values[m]; ok {
			line = append(line, m.Text(v))
		}
	}
	t.ui.say("%s", strings.Join(line, "  "))
}

func (t *trainingTalk) epoch(n int) string {
	last := fmt.Sprint(t.epochs)
	return fmt.Sprintf("epoch %*d/%s", len(last), n, last)
}

// end takes the bar away.
func (t *trainingTalk) end() {
	t.bar.end()
	t.bar = nil
}

// readingTalk moves a bar for each split that is read.
type readingTalk struct {
	ui    *ui
	split string
	bar   *bar
}

func (u *ui) reading() *readingTalk { return &readingTalk{ui: u} }

func (t *readingTalk) at(split string, done, total int) {
	if split != t.split {
		t.end()
		t.split, t.bar = split, t.ui.bar("reading "+split, total)
	}
	t.bar.at(done)
}

func (t *readingTalk) end() {
	t.bar.end()
	t.bar = nil
}

// sayRemarks tells what of the data is taken otherwise than it looks.
func sayRemarks(u *ui, data *dataset.Data) {
	if !u.lines() {
		return
	}
	for _, remark := range data.Remarks {
		u.say("%s", remark)
	}
}

// warnLeaks tells of images that a model is trained on and judged by.
func warnLeaks(u *ui, data *dataset.Data) {
	for _, leak := range data.Leaks() {
		u.warn("%s", leak)
	}
}

// warnSkipped names the files of the data that --skip-bad left out.
func warnSkipped(u *ui, data *dataset.Data) {
	for _, s := range []*dataset.Set{data.Train, data.Val, data.Test} {
		if s != nil {
			u.warnBad(s.Skipped())
		}
	}
}

func (u *ui) warnBad(files []dataset.BadFile) {
	for _, bad := range files {
		u.warn("%s: skipped: %v", bad.Path, bad.Err)
	}
}

// sayLearnt tells what the parameters of the activations have come to.
func sayLearnt(u *ui, learnt []record.Learnt) {
	if !u.lines() {
		return
	}
	for _, l := range learnt {
		u.say("learnt: %s", learntText(l))
	}
}

// sayStopped tells why training ended before the last epoch and, with validation, which weights were tested.
func sayStopped(u *ui, c train.Config, r record.Run) {
	if !u.lines() || r.Diverged != nil { // that is the error's to tell
		return
	}
	if r.Stopped.Reason == record.NoPatience {
		u.say("stopped: %s", stopText(c, *r.Stopped))
	}
	if s := r.Stopped; s.BestEpoch > 0 || s.TestedEpoch == 0 { // else the last, as ever
		u.say("tested: %s", r.Stopped.Tested())
	}
}

// stopText tells of early stopping.
func stopText(c train.Config, s record.Stopped) string {
	return fmt.Sprintf("after epoch %d of %d, %s without a validation loss below epoch %d's",
		s.Epoch, c.Epochs, wording.Counted(s.Epoch-s.BestEpoch, "epoch"), s.BestEpoch)
}

// sayEnded tells that nothing is left to do of a run that is to be resumed, and what makes it go on.
func sayEnded(u *ui, c train.Config, r record.Run) {
	s, again := *r.Stopped, "actfn train --resume "+wording.Quoted(r.Run)
	if c.Stops(s.Epoch, s.BestEpoch) == record.AllEpochs {
		u.say("%s: nothing is left to train: all epochs are done, %d of %d", r.Run, s.Epoch, c.Epochs)
		u.hint(fmt.Sprintf("%s --epochs N, with N above %d, goes on", again, s.Epoch))
		return
	}
	u.say("%s: nothing is left to train: it stopped %s", r.Run, stopText(c, s))
	u.hint(fmt.Sprintf("%s --patience N, with N above %d or 0 for never, goes on", again, s.Epoch-s.BestEpoch))
}

// learntText is a parameter and its value, or those of its values that say most.
func learntText(l record.Learnt) string {
	low, high, sum := float64(l.Values[0]), float64(l.Values[0]), 0.0
	for _, v := range l.Values {
		low, high, sum = min(low, float64(v)), max(high, float64(v)), sum+float64(v)
	}
	text := fmt.Sprintf("%s %.4g", l.Parameter, sum/float64(len(l.Values)))
	if n := len(l.Values); n > 1 {
		text += fmt.Sprintf(", the mean of %d from %.4g to %.4g", n, low, high)
	}
	return text
}
