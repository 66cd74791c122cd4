package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"actfn/internal/compare"
	"actfn/internal/study"
	"actfn/internal/wording"
)

// dryRun prints what the comparison would do, how long it would take and what it could find.
func dryRun(ctx context.Context, a *app, s *study.Study, w study.Work) error {
	took, err := s.Estimate(ctx, w)
	if err != nil {
		return err
	}
	p := s.Plan
	var t wording.Table
	list := func(heading string, values []string) {
		for _, v := range values {
			t.Row(heading, v)
			heading = ""
		}
	}
	list("data", dataTexts(s))
	activations := slices.Clone(p.Activations)
	activations[slices.Index(activations, p.Baseline)] += " (baseline)"
	list("activations", activations)
	var settings []string
	for _, in := range p.Across {
		settings = append(settings, in.Setting)
	}
	list("settings", settings)
	t.Row("seeds", fmt.Sprintf("%s%d: %s", atMost(p), len(p.Seeds), wording.Ranges(p.Seeds, ", ")))
	if len(p.LRs) > 1 {
		t.Row("learning rates", fmt.Sprint(p.LRs))
	}
	t.Row("cells", fmt.Sprintf("%d, of which %d are done", len(w.Own), w.Done()))
	t.Row("at a time", fmt.Sprintf("%d, on %s each", w.Jobs, wording.Counted(w.Workers, "processor")))
	t.Row("time", fmt.Sprintf("about %v", took.Round(time.Second)))
	t.Row("output", s.Dir)
	if _, err := t.WriteTo(a.out); err != nil {
		return err
	}
	power := p.Power(s.Claim.Options)
	if power == nil {
		printf(a.out, "\nOne seed finds no difference: there is nothing to tell it from luck.\n")
		return nil
	}
	over := "seeds"
	if s.Claim.Generalize == compare.OverSeedsAndImages {
		over = fmt.Sprintf("seeds and images, if two models disagree on %.0f %% of these", 100*study.Disagreement)
	}
	printf(a.out, "\nFound with %.0f %% probability at alpha %g, %d seeds and %s, over new %s:\n",
		100*s.Claim.Power, s.Claim.Alpha, len(p.Seeds), wording.Counted(p.Comparisons(), "comparison"), over)
	found := wording.Table{Align: "rr", Indent: "  "}
	found.Row("standard deviation of the paired differences", "least difference, points")
	for _, d := range power {
		found.Row(fmt.Sprintf("%.1f points", d.Deviation), fmt.Sprintf("%.2f", d.Difference))
	}
	_, err = found.WriteTo(a.out)
	return err
}
