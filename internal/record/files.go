package record

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"

	"actfn/internal/disk"
	"actfn/internal/number"
	"actfn/internal/strictjson"
)

// WriteSummary writes summary.json in dir, with Schema whatever r.Schema is.
func WriteSummary(dir string, r Run) error {
	path := filepath.Join(dir, SummaryFile)
	r.Schema = Schema
	if err := r.check(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return writeFile(path, append(b, '\n'))
}

// ReadSummary reads summary.json in dir. Its errors name file and line.
func ReadSummary(dir string) (Run, error) {
	return strictjson.Read(filepath.Join(dir, SummaryFile), parseRun)
}

func parseRun(b []byte) (Run, error) {
	// The schema comes first: of another one, every other key may differ.
	if err := strictjson.CheckSchema(b, Schema); err != nil {
		return Run{}, err
	}
	var r Run
	if err := strictjson.Unmarshal(b, &r, nil); err != nil {
		return Run{}, err
	}
	return r, r.check()
}

// WriteMetrics writes metrics.jsonl and metrics.csv in dir, the epochs so far. They are
// numbered from 1 without gaps.
func WriteMetrics(dir string, epochs []Epoch) error {
	path := filepath.Join(dir, MetricsFile)
	var lines bytes.Buffer
	for i, e := range epochs {
		if err := e.check(i); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		b, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		lines.Write(append(b, '\n'))
	}
	if err := writeFile(path, lines.Bytes()); err != nil {
		return err
	}
	return disk.Replace(filepath.Join(dir, MetricsCSVFile), func(w io.Writer) error { return writeCSV(w, epochs) })
}

// ReadMetrics reads metrics.jsonl in dir. Its errors name file and line.
func ReadMetrics(dir string) ([]Epoch, error) {
	return strictjson.Read(filepath.Join(dir, MetricsFile), parseMetrics)
}

func parseMetrics(b []byte) ([]Epoch, error) {
	epochs := []Epoch{}
	err := eachLine(b, func(line []byte) error {
		var e Epoch
		err := strictjson.Unmarshal(line, &e, nil)
		if err == nil {
			err = e.check(len(epochs))
		}
		epochs = append(epochs, e)
		return err
	})
	if err != nil {
		return nil, err
	}
	return epochs, nil
}

// eachLine parses each line, and places the first error.
func eachLine(b []byte, parse func(line []byte) error) error {
	n := 0
	for line := range bytes.Lines(b) {
		n++
		err := parse(bytes.TrimRight(line, "\r\n"))
		if f, ok := errors.AsType[*strictjson.Fault](err); ok {
			err = f.Err
		}
		if err != nil {
			return &strictjson.Fault{Line: n, Err: err}
		}
	}
	return nil
}

// writeCSV writes a header and a row for each epoch, numbers as the shortest decimals that read back the same. What was
// not measured is an empty cell. A metric that is measured on request has a column only if an epoch measured it; the
// other columns are always the same.
func writeCSV(w io.Writer, epochs []Epoch) error {
	measured := func(m *Metric) bool {
		return slices.ContainsFunc(epochs, func(e Epoch) bool { _, ok := e.Values[m]; return ok })
	}
	header, columns := []string{epochKey}, []*Metric{}
	for _, m := range Metrics {
		if !m.Optional || m.Validates != nil || measured(m) {
			header, columns = append(header, m.Name), append(columns, m)
		}
	}
	rows := [][]string{header}
	for _, e := range epochs {
		row := []string{strconv.Itoa(e.N)}
		for _, m := range columns {
			cell := ""
			if v, ok := e.Values[m]; ok {
				cell = number.Float(v).String()
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	return csv.NewWriter(w).WriteAll(rows)
}

func writeFile(path string, b []byte) error {
	return disk.Replace(path, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}
