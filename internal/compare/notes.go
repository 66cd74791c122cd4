package compare

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"actfn/internal/printable"
)

// shown is text of others, as the name of an activation, as it may stand in a line.
func shown(text string) string { return printable.Text(text) }

// title is the line above a table.
func title(r Result) string {
	text := fmt.Sprintf("%s on %s of %d classes, %s", shown(r.Metric), counted(r.Data.Images, "test image"), r.Data.Classes, seedsText(r.Seeds))
	if hash := r.Data.Hash; hash != "" {
		const enough = 12
		text += ", data " + shown(hash[:min(enough, len(hash))])
	}
	return text
}

// remarks say how to read a table, what its design can find, and what is to be known of all of it.
func remarks(r Result) []string {
	compared := 0
	unresolved := []string{}
	for _, row := range r.Rows {
		if has(row) {
			compared++
			if d := row.Difference; d.Verdict == Inconclusive && d.SeedsNeeded != nil {
				unresolved = append(unresolved, fmt.Sprintf("%s %d", shown(row.Activation), *d.SeedsNeeded))
			}
		}
	}
	over := "seeds"
	if r.Generalize == OverSeedsAndImages {
		over = "seeds and images"
	}
	list := []string{
		fmt.Sprintf("±: %s %% interval over %s; the differences' hold all at once (%s)", confidence(r.Alpha), over, counted(compared, "comparison")),
		fmt.Sprintf("%s: no evidence, which is not \"no difference\"; equivalent: within ±%s points", noEvidence, percentText(r.Rope)),
	}
	if r.MDE != nil {
		list = append(list, fmt.Sprintf("detectable: %s points or more, with %s %% probability at %s",
			percentText(r.MDE.Difference), shortest(math.Round(100*r.MDE.Power)), counted(r.MDE.N, "seed")))
	}
	if len(unresolved) > 0 {
		list = append(list, "seeds that would resolve the difference seen: "+strings.Join(unresolved, ", "))
	}
	if r.Luck != nil {
		list = append(list, fmt.Sprintf("luck: were all rows equal, the top one would still show %s points too much", percentText(*r.Luck)))
	}
	if row, ok := r.row(r.Baseline); ok && row.StepSeconds != nil {
		list = append(list, fmt.Sprintf("step time: 1× is %s", duration(*row.StepSeconds)))
	}
	if i := slices.IndexFunc(r.Rows, func(row Row) bool { return row.LR != nil }); i >= 0 {
		list = append(list, fmt.Sprintf("gain: by the row's own lr over %s, the best one for all", shortest(r.Rows[i].LR.Shared)))
	}
	if !anyDiverged(r) {
		list = append(list, "diverged: none")
	}
	for _, w := range r.Warnings {
		if _, ok := r.row(w.Activation); !ok {
			list = append(list, "warning: "+shown(w.Text))
		}
	}
	return list
}

// rowNotes are the warnings of a row and, where these do not tell, that it learnt nothing or is not complete.
func rowNotes(r Result, row Row) []string {
	var notes []string
	told := map[string]bool{}
	for _, w := range r.Warnings {
		if w.Activation == row.Activation {
			notes = append(notes, shown(w.Text))
			told[w.Code] = true
		}
	}
	if seeds := row.AtChance; len(seeds) > 0 && !told[ChanceLevel] {
		notes = append(notes, fmt.Sprintf("%s learnt nothing at %s: guessing among %d classes gives %s %%",
			shown(row.Activation), seedsText(seeds), r.Data.Classes, percentText(1/float64(r.Data.Classes))))
	}
	if missing := missingSeeds(r, row); len(missing) > 0 && !told[MissingCells] {
		notes = append(notes, fmt.Sprintf("%s has no result at %s: %s", shown(row.Activation), seedsText(missing), rerun))
	}
	return notes
}

// missingSeeds are those at which a row has neither a value nor diverged.
func missingSeeds(r Result, row Row) []uint64 {
	var seeds []uint64
	for i, v := range row.Values {
		if v == nil && i < len(r.Seeds) && !slices.Contains(row.Diverged, r.Seeds[i]) {
			seeds = append(seeds, r.Seeds[i])
		}
	}
	return seeds
}
