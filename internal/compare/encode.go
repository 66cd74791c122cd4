package compare

import (
	"bytes"
	"encoding/json"
	"io"
)

// MarshalJSON writes a Result with empty lists and mappings, not null, for none.
func (r Result) MarshalJSON() ([]byte, error) {
	type plain Result
	p := plain(r)
	p.Seeds = made(r.Seeds)
	p.Warnings = made(r.Warnings)
	p.Setup.LRs = made(r.Setup.LRs)
	if r.Best != nil {
		p.Best = new(*r.Best)
		p.Best.Activations = made(r.Best.Activations)
	}
	if p.Setup.Config == nil {
		p.Setup.Config = map[string]any{}
	}
	p.Rows = make([]Row, len(r.Rows))
	for i, row := range r.Rows {
		row.Values, row.Diverged, row.AtChance = made(row.Values), made(row.Diverged), made(row.AtChance)
		row.Predictions = made(row.Predictions)
		if row.Difference != nil && row.Difference.Scopes == nil {
			d := *row.Difference
			d.Scopes = map[string]*Scope{}
			row.Difference = &d
		}
		if row.LR != nil && row.LR.Trials == nil {
			lr := *row.LR
			lr.Trials = []float64{}
			row.LR = &lr
		}
		p.Rows[i] = row
	}
	return plainJSON(p, "")
}

// made is the list, empty if it is nil.
func made[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// plainJSON is v as JSON in which < > and & stand as they are.
func plainJSON(v any, indent string) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Write writes r as ReadFile takes it: indented, a newline at the end, the same bytes for the same Result.
func Write(w io.Writer, r Result) error {
	r.Schema = Schema
	b, err := plainJSON(r, "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}
