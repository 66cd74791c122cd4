package compare

import (
	"slices"

	"actfn/internal/statistics"
)

// collapses counts those of a row.
func collapses(r Row, seeds []uint64, alpha float64) Collapses {
	var c Collapses
	for i, seed := range seeds {
		diverged := slices.Contains(r.Diverged, seed)
		if diverged || r.Values[i] != nil {
			c.Of++
		}
		if diverged || slices.Contains(r.AtChance, seed) {
			c.N++
		}
	}
	if c.Of > 0 {
		low, high := statistics.ClopperPearson(c.N, c.Of, 1-alpha)
		c.Low, c.High = &low, &high
	}
	return c
}

// best finds the set that contains the best, nil of fewer than two rows or common seeds.
func (s *sample) best(r Result, o Options) *Best {
	rows := slices.DeleteFunc(slices.Clone(r.Rows), func(row Row) bool { return row.N == 0 })
	values := make([][]float64, len(rows))
	b := &Best{Guaranteed: true}
	for i := range r.Seeds {
		if slices.ContainsFunc(rows, func(row Row) bool { return row.Values[i] == nil }) {
			continue
		}
		b.Seeds++
		for k, row := range rows {
			values[k] = append(values[k], *row.Values[i])
		}
	}
	if len(rows) < 2 || b.Seeds < 2 {
		return nil
	}
	least := 0.0 // time of a step
	for i, in := range statistics.BestSet(values, o.Alpha, 1/float64(s.data.Images)) {
		row := rows[i]
		b.Guaranteed = b.Guaranteed && row.Collapses.N == 0
		if !in {
			continue
		}
		b.Activations = append(b.Activations, row.Activation)
		if t := row.Step; t != nil && (b.Cheapest == "" || t.Seconds < least) {
			b.Cheapest, least = row.Activation, t.Seconds
		}
	}
	return b
}
