package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"actfn/internal/record"
	"actfn/internal/study"
)

// comparisonTalk tells how the cells of a comparison go: a line that moves where it can, a line a cell elsewhere.
type comparisonTalk struct {
	ui      *ui
	cells   int // in all
	done    int // cells
	running []runningCell
	steps   int // made since the start
	left    int // steps that are left, as far as is known
	began   time.Time
	bar     *bar
}

// runningCell is a cell in progress.
type runningCell struct {
	cell        study.Cell
	epoch, step int
	began       time.Time
}

// start begins with the cells that are to be made, which have so many steps.
func (t *comparisonTalk) start(steps int) {
	t.left, t.began = steps, time.Now()
	t.bar = t.ui.bar(strings.Repeat(" ", t.labelWidth()), t.left)
	t.bar.describe(t.label())
}

// labelWidth leaves room for the bar and its figures.
func (t *comparisonTalk) labelWidth() int { return min(60, max(0, t.ui.columns()-55)) }

// label is what is done and what runs: 3/20 cells: relu 2/3, tanh 1/3.
func (t *comparisonTalk) label() string {
	var running []string
	for _, r := range t.running {
		running = append(running, fmt.Sprintf("%s %d/%d", r.cell.Name(), r.epoch, r.cell.Config.Train.Epochs))
	}
	text := []rune(fmt.Sprintf("%d/%d cells: %s", t.done, t.cells, strings.Join(running, ", ")))
	width := t.labelWidth()
	if len(text) > width {
		text = append(text[:max(width-1, 0)], '…')
	}
	return string(text) + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(string(text))))
}

// Step moves the line.
func (t *comparisonTalk) Step(c study.Cell, epoch, done, steps int) {
	r := t.entry(c)
	at := (epoch-1)*steps + done
	if r.step == 0 { // what an earlier process has done of it
		t.left -= at - 1
	}
	r.step = at
	t.steps++
	t.left--
	if r.epoch != epoch {
		r.epoch = epoch
		t.bar.describe(t.label())
	}
	t.bar.at(t.steps)
}

// entry is the running cell's, new for one that begins.
func (t *comparisonTalk) entry(c study.Cell) *runningCell {
	for i := range t.running {
		if t.running[i].cell.ID == c.ID {
			return &t.running[i]
		}
	}
	t.running = append(t.running, runningCell{cell: c, began: time.Now()})
	return &t.running[len(t.running)-1]
}

// End writes the line of a cell.
func (t *comparisonTalk) End(c study.Cell, r record.Run, err error) {
	began := t.entry(c).began
	t.running = slices.DeleteFunc(t.running, func(r runningCell) bool { return r.cell.ID == c.ID })
	t.done++
	switch {
	case err != nil:
		t.bar.clear()
		t.ui.warn("%s at seed %d: %v", c.Name(), c.Seed, err)
	case r.Diverged != nil:
		t.bar.clear()
		t.ui.warn("%s at seed %d: diverged in epoch %d, step %d: loss is %v at lr %g, first in %s",
			c.Name(), c.Seed, r.Diverged.Epoch, r.Diverged.Step, r.Diverged.Loss, r.Diverged.LR, r.Diverged.Tensor)
	case t.bar == nil && t.ui.lines():
		t.ui.say("cell %*d/%d  %s seed %d  accuracy %s  %.1f s%s", len(fmt.Sprint(t.cells)), t.done, t.cells,
			c.Name(), c.Seed, percent(r.Test.Accuracy), time.Since(began).Seconds(), t.rest())
	}
	t.bar.describe(t.label())
}

// rest is the time that the other cells will take, by the steps made so far.
func (t *comparisonTalk) rest() string {
	if t.steps == 0 || t.left <= 0 || t.done == t.cells {
		return ""
	}
	each := time.Since(t.began) / time.Duration(t.steps)
	return "  " + (each * time.Duration(t.left)).Round(time.Second).String() + " left"
}

// end takes the line away.
func (t *comparisonTalk) end() {
	t.bar.end()
	t.bar = nil
}
