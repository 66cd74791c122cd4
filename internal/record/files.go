package record

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
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
	path := filepath.Join(dir, SummaryFile)
	b, err := strictjson.ReadFile(path)
	if err != nil {
		return Run{}, err
	}
	r, err := parseRun(b)
	if err != nil {
		return Run{}, strictjson.At(path, 1, err)
	}
	return r, nil
}

// decode is strict; figures that are not finite are words.
func decode(data []byte, v any) error {
	return strictjson.Unmarshal(data, v, strictjson.Options{Words: true})
}

func parseRun(b []byte) (Run, error) {
	// The schema comes first: of another one, every other key may differ.
	if err := strictjson.CheckSchema(b, Schema); err != nil {
		return Run{}, err
	}
	var r Run
	if err := decode(b, &r); err != nil {
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
	return disk.Write(filepath.Join(dir, MetricsCSVFile), func(w io.Writer) error { return writeCSV(w, epochs) })
}

// ReadMetrics reads metrics.jsonl in dir. Its errors name file and line.
func ReadMetrics(dir string) ([]Epoch, error) {
	path := filepath.Join(dir, MetricsFile)
	b, err := strictjson.ReadFile(path)
	if err != nil {
		return nil, err
	}
	epochs := []Epoch{}
	for line := range bytes.Lines(b) {
		i := len(epochs)
		e, err := parseEpoch(line, i)
		if err != nil {
			return nil, strictjson.At(path, i+1, err)
		}
		epochs = append(epochs, e)
	}
	return epochs, nil
}

// parseEpoch decodes line i of metrics.jsonl.
func parseEpoch(line []byte, i int) (Epoch, error) {
	var e Epoch
	if err := decode(bytes.TrimRight(line, "\r\n"), &e); err != nil {
		return Epoch{}, err
	}
	if err := e.check(i); err != nil {
		return Epoch{}, &strictjson.Fault{Line: 1, Err: err}
	}
	return e, nil
}

// writeCSV writes a header and a row for each epoch, numbers as the shortest decimals that
// read back the same. What was not measured is an empty cell; the columns are always the
// same.
func writeCSV(w io.Writer, epochs []Epoch) error {
	c := csv.NewWriter(w)
	header := []string{"epoch", "lr", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "images_per_second", "wall_seconds"}
	if err := c.Write(header); err != nil {
		return err
	}
	for _, e := range epochs {
		row := []string{
			strconv.Itoa(e.Epoch), cell(&e.LR), cell(&e.TrainLoss), cell(&e.TrainAccuracy),
			cell(e.ValLoss), cell(e.ValAccuracy), cell(&e.ImagesPerSecond), cell(&e.WallSeconds),
		}
		if err := c.Write(row); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

func cell(v *float64) string {
	if v == nil {
		return ""
	}
	return number.Float(*v).String()
}

func writeFile(path string, b []byte) error {
	return disk.Write(path, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}
