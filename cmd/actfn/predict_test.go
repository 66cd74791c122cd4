package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// TestPredictEqualsEval gives every test image to predict by itself: the probabilities are those that
// eval writes for the folder, to the last digit it writes, with resizing and normalisation in between.
func TestPredictEqualsEval(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := writePets("pets"); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) []byte {
		t.Helper()
		command := program(t, args...)
		out, err := command.Output()
		if err != nil {
			t.Fatalf("actfn %q: %v\n%s", args, err, command.Stderr)
		}
		return out
	}
	run("train", "--data", "pets", "--image-size", "6", "--normalize", "train", "--epochs", "3", "--filters", "5", "--hidden", "9", "-o", "run")
	run("eval", "run", "--predictions", "all.csv")
	file, err := os.Open("all.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1+8 {
		t.Fatalf("all.csv has %d rows, want a header and 8 images", len(rows))
	}
	for _, row := range rows[1:] {
		var got struct {
			Images []struct {
				Classes []struct {
					Class       string
					Probability float64
				}
			}
		}
		if err := json.Unmarshal(run("predict", "run", filepath.Join("pets", row[0]), "--json"), &got); err != nil {
			t.Fatal(err)
		}
		probability := map[string]float64{}
		for _, c := range got.Images[0].Classes {
			probability["p_"+c.Class] = c.Probability
		}
		for i, name := range rows[0][3:] {
			digits := len(row[3+i]) - 2 // behind "0."
			if text := strconv.FormatFloat(probability[name], 'f', digits, 64); text != row[3+i] {
				t.Errorf("%s: %s is %s alone, %s in the folder", row[0], name, text, row[3+i])
			}
		}
	}
}
