package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"actfn/internal/compare"
	"actfn/internal/wording"
)

// shown is text of others, as the name of an activation, as it may stand in a line.
func shown(text string) string { return wording.Printable(text) }

// title is the line above a table.
func title(r compare.Result) string {
	text := fmt.Sprintf("%s on %s of %d classes, %s", shown(r.Metric), wording.Counted(r.Data.Images, "test image"), r.Data.Classes, wording.Seeds(r.Seeds))
	if hash := r.Data.Hash; hash != "" {
		const enough = 12
		text += ", data " + shown(hash[:min(enough, len(hash))])
	}
	return text
}

// remarks say how to read a table, what its design can find, and what is to be known of all of it.
func remarks(r compare.Result) []string {
	compared := 0
	unresolved := []string{}
	for _, row := range r.Rows {
		if has(row) {
			compared++
			if d := row.Difference; d.Verdict == compare.Inconclusive && d.SeedsNeeded != nil {
				unresolved = append(unresolved, fmt.Sprintf("%s %d", shown(row.Activation), *d.SeedsNeeded))
			}
		}
	}
	over := "seeds"
	if r.Generalize == compare.OverSeedsAndImages {
		over = "seeds and images"
	}
	list := []string{
		fmt.Sprintf("±: %s %% interval over %s; the differences' hold all at once (%s)", wording.Confidence(r.Alpha), over, wording.Counted(compared, "comparison")),
		fmt.Sprintf("%s: no evidence, which is not \"no difference\"; equivalent: within ±%s points", noEvidence, wording.Percent(r.Rope)),
	}
	if r.MDE != nil {
		list = append(list, fmt.Sprintf("detectable: %s points or more, with %s %% probability at %s",
			wording.Percent(r.MDE.Difference), wording.Shortest(math.Round(100*r.MDE.Power)), wording.Counted(r.MDE.N, "seed")))
	}
	if len(unresolved) > 0 {
		list = append(list, "seeds that would resolve the difference seen: "+strings.Join(unresolved, ", "))
	}
	if r.Luck != nil {
		list = append(list, fmt.Sprintf("luck: were all rows equal, the top one would still show %s points too much", wording.Percent(*r.Luck)))
	}
	if row, ok := r.Row(r.Baseline); ok && row.StepSeconds != nil {
		list = append(list, fmt.Sprintf("step time: 1× is %s", duration(*row.StepSeconds)))
	}
	if i := slices.IndexFunc(r.Rows, func(row compare.Row) bool { return row.LR != nil }); i >= 0 {
		list = append(list, fmt.Sprintf("gain: by the row's own lr over %s, the best one for all", wording.Shortest(r.Rows[i].LR.Shared)))
	}
	if !anyDiverged(r) {
		list = append(list, "diverged: none")
	}
	for _, w := range r.Warnings {
		if _, ok := r.Row(w.Activation); !ok {
			list = append(list, "warning: "+shown(w.Text))
		}
	}
	return list
}

// rowNotes are the warnings of a row and, where these do not tell, that it learnt nothing or is not complete.
func rowNotes(r compare.Result, row compare.Row) []string {
	var notes []string
	told := map[string]bool{}
	for _, w := range r.Warnings {
		if w.Activation == row.Activation {
			notes = append(notes, shown(w.Text))
			told[w.Code] = true
		}
	}
	if seeds := row.AtChance; len(seeds) > 0 && !told[compare.ChanceLevel] {
		notes = append(notes, fmt.Sprintf("%s learnt nothing at %s: guessing among %d classes gives %s %%",
			shown(row.Activation), wording.Seeds(seeds), r.Data.Classes, wording.Percent(1/float64(r.Data.Classes))))
	}
	if gap := r.Gap(row); gap != "" && !told[compare.MissingCells] {
		notes = append(notes, shown(gap))
	}
	return notes
}
