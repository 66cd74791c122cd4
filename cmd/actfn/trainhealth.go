package main

import (
	"actfn/internal/record"
	"actfn/internal/wording"
)

// sayDiagnosis says what is wrong with a run, and with verbose what was measured of each layer in the epoch that was
// tested.
func sayDiagnosis(u *ui, dir string, r record.Run, verbose bool) error {
	for _, sentence := range r.Diagnosis {
		u.say("diagnosis: %s", sentence)
	}
	if !verbose || r.Health == nil {
		return nil
	}
	all, err := record.ReadHealth(dir)
	if err != nil {
		return err
	}
	figures := []*record.Figure{
		record.InputMean, record.InputStd, record.Dead, record.Saturated, record.Linear, record.Sameness,
		record.LayerGradientRMS, record.UpdateRatio,
	}
	table := wording.Table{Align: "lrrrrrrrr"}
	header := []string{"layer"}
	for _, f := range figures {
		header = append(header, f.Short)
	}
	table.Row(header...)
	for _, h := range all {
		if h.Epoch != r.Health.Epoch {
			continue
		}
		row := []string{h.Layer}
		for _, f := range figures {
			cell := "–"
			if v, ok := h.Values[f]; ok {
				cell = f.Text(v)
			}
			row = append(row, cell)
		}
		table.Row(row...)
	}
	for _, line := range table.Lines() {
		u.say("%s", line)
	}
	return nil
}
