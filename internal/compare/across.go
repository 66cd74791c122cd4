package compare

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"actfn/internal/number"
	"actfn/internal/statistics"
	"actfn/internal/strictjson"
)

// AcrossSchema is the version of Across's JSON.
const AcrossSchema = 1

// Across is a comparison in several settings, as of two networks: what `actfn compare --across … --format json` prints.
// The intervals of all results hold at once. A comparison in one setting is an Across of one Setting without a name,
// whose JSON is that of its Result.
type Across struct {
	Schema   int       `json:"schema"`
	Settings []Setting `json:"settings"`
	Rows     []Summary `json:"rows"` // of each activation but the baseline
	// DataSets is about the activations over data sets, one observation each; null below LeastDataSets.
	DataSets *DataSets `json:"data_sets"`
}

// Setting is a comparison in one setting.
type Setting struct {
	Name   string `json:"setting"` // norm=batch,network=resnet
	Result Result `json:"result"`
}

// Summary is what the settings together say of an activation.
type Summary struct {
	Activation string          `json:"activation"`
	Verdicts   map[Verdict]int `json:"verdicts"` // the number of settings with each
	// P is that of an interaction: of the hypothesis that the true difference to the baseline is the same in all settings
	// (statistics.Interaction, seeds being blocks). PAdjusted is adjusted for the number of activations by Holm's method.
	P         *float64 `json:"interaction_p"`
	PAdjusted *float64 `json:"interaction_p_adjusted"`
	// PDataSets is that of the sign-flip test of the mean differences of the data sets, adjusted likewise; null without
	// DataSets.
	PDataSets *float64 `json:"data_sets_p_adjusted"`
	Sentence  string   `json:"sentence"`
}

// LeastDataSets is the number of data sets from which a summary is made. With fewer, no test of data sets could come near
// to rejecting at 0.05.
const LeastDataSets = 5

// DataSets says whether the mean accuracies of data sets distinguish the activations. What the settings have on one data
// set is averaged.
type DataSets struct {
	N          int          `json:"n"`         // with a mean of every activation
	Statistic  number.Float `json:"friedman"`  // statistics.FriedmanStatistic
	P          float64      `json:"p"`         // statistics.Friedman
	Least      float64      `json:"least_p"`   // that so many data sets can give
	LeastPairs float64      `json:"least_p_2"` // that the test of one activation can give
}

// NewAcross says what the results in several settings come to. All have the same activations, seeds and baseline, and
// Options.Family as Family has it.
func NewAcross(settings []Setting) Across {
	a := Across{Schema: AcrossSchema, Settings: settings}
	if _, plain := a.Plain(); plain {
		return a
	}
	first := settings[0].Result
	var ps, flips []float64
	sets, differences := dataSets(settings)
	a.DataSets = sets
	for _, row := range first.Rows {
		if row.Activation == first.Baseline {
			continue
		}
		s := Summary{Activation: row.Activation, Verdicts: map[Verdict]int{}}
		for _, in := range settings {
			if d := in.difference(row.Activation); d != nil {
				s.Verdicts[d.Verdict]++
			}
		}
		ps = append(ps, interaction(settings, row.Activation))
		if sets != nil {
			flips = append(flips, statistics.SignFlip(differences[row.Activation]))
		}
		a.Rows = append(a.Rows, s)
	}
	adjusted, flips := statistics.Holm(ps), statistics.Holm(flips)
	for i := range a.Rows {
		s := &a.Rows[i]
		s.P, s.PAdjusted = known(ps[i]), known(adjusted[i])
		if sets != nil {
			s.PDataSets = known(flips[i])
		}
		s.Sentence = a.sentence(*s)
	}
	return a
}

// Family is the number of comparisons of so many activations in so many settings.
func Family(activations, settings int) int { return max(1, activations-1) * settings }

// Plain is the result of a comparison that is in one setting without a name.
func (a Across) Plain() (Result, bool) {
	if len(a.Settings) != 1 || a.Settings[0].Name != "" {
		return Result{}, false
	}
	return a.Settings[0].Result, true
}

// In is the result in a setting.
func (a Across) In(setting string) (Result, bool) {
	for _, s := range a.Settings {
		if s.Name == setting {
			return s.Result, true
		}
	}
	return Result{}, false
}

// difference is an activation's to the baseline; nil where there is none.
func (s Setting) difference(activation string) *Difference {
	if row, _ := s.Result.Row(activation); row.Difference != nil && row.Difference.N > 0 {
		return row.Difference
	}
	return nil
}

// interaction tests whether an activation's difference to the baseline is the same in all settings. Differences spread at
// least as much as one image of the smallest test set.
func interaction(settings []Setting, activation string) float64 {
	seeds := settings[0].Result.Seeds
	effects, least := make([][]float64, len(settings)), 0.0
	for k, s := range settings {
		effects[k] = make([]float64, len(seeds))
		least = max(least, 1/float64(s.Result.Data.Images))
		for i, seed := range seeds {
			effects[k][i] = s.Result.at(activation, seed) - s.Result.at(s.Result.Baseline, seed)
		}
	}
	return statistics.Interaction(effects, least)
}

// at is an activation's accuracy at a seed; NaN where there is none.
func (r Result) at(activation string, seed uint64) float64 {
	row, _ := r.Row(activation)
	if i := slices.Index(r.Seeds, seed); i >= 0 && i < len(row.Values) && row.Values[i] != nil {
		return *row.Values[i]
	}
	return math.NaN()
}

// dataSets compares the activations over data sets, of which differences has each one's mean differences to the
// baseline.
func dataSets(settings []Setting) (sets *DataSets, differences map[string][]float64) {
	means := map[string][][]float64{} // by the hash of the images: setting by setting, of each row
	for _, s := range settings {
		var row []float64
		for _, r := range s.Result.Rows {
			if r.Mean != nil {
				row = append(row, *r.Mean)
			}
		}
		if len(row) == len(s.Result.Rows) {
			means[s.Result.Data.Hash] = append(means[s.Result.Data.Hash], row)
		}
	}
	rows := settings[0].Result.Rows
	baseline := slices.IndexFunc(rows, func(r Row) bool { return r.Activation == settings[0].Result.Baseline })
	differences = map[string][]float64{}
	var blocks [][]float64
	for _, hash := range slices.Sorted(maps.Keys(means)) {
		block := make([]float64, len(rows))
		for _, row := range means[hash] {
			for j, v := range row {
				block[j] += v / float64(len(means[hash]))
			}
		}
		for j, r := range rows {
			differences[r.Activation] = append(differences[r.Activation], block[j]-block[baseline])
		}
		blocks = append(blocks, block)
	}
	if len(blocks) < LeastDataSets || len(rows) < 2 {
		return nil, nil
	}
	sets = &DataSets{N: len(blocks), Statistic: number.Float(statistics.FriedmanStatistic(blocks)),
		LeastPairs: math.Exp2(float64(1 - len(blocks)))}
	sets.P, sets.Least = statistics.Friedman(blocks)
	return sets, differences
}

// sentence says in how many settings an activation has which verdict, and whether they differ: gelu is better in 3 of 4
// settings, undecided in norm=none; interaction p = 0.01.
func (a Across) sentence(s Summary) string {
	const most = 2 // settings that are named
	in := map[string][]string{}
	for _, setting := range a.Settings {
		words := setting.words(s.Activation)
		in[words] = append(in[words], setting.Name)
	}
	var parts []string
	for _, words := range verdictWords {
		names, all := in[words], len(a.Settings)
		switch n := len(names); {
		case n == all && n == 1:
			parts = append(parts, words+" in "+names[0])
		case n == all && n == 2:
			parts = append(parts, words+" in both settings")
		case n == all:
			parts = append(parts, fmt.Sprintf("%s in all %d settings", words, all))
		case n > most:
			parts = append(parts, fmt.Sprintf("%s in %d of %d settings", words, n, all))
		case n > 0:
			parts = append(parts, words+" in "+strings.Join(names, " and "))
		}
	}
	text := s.Activation + " is " + strings.Join(parts, ", ")
	if s.PAdjusted != nil {
		text += fmt.Sprintf("; interaction p = %.2g", *s.PAdjusted)
	}
	return text
}

// verdictWords are what Setting.words may say, in the order of a sentence.
var verdictWords = []string{"better", whenItTrains, "worse", "equivalent", "undecided", notCompared}

const (
	whenItTrains = "better when it trains"
	notCompared  = "not compared"
)

// words are the verdict on an activation in a sentence.
func (s Setting) words(activation string) string {
	row, _ := s.Result.Row(activation)
	base, _ := s.Result.Row(s.Result.Baseline)
	d := s.difference(activation)
	switch {
	case d == nil:
		return notCompared
	case d.Verdict == Inconclusive:
		return "undecided"
	case d.Verdict == Better && row.Collapses.N+base.Collapses.N > 0:
		return whenItTrains
	}
	return string(d.Verdict)
}

// MarshalJSON writes an Across with empty lists, not null, for none.
func (a Across) MarshalJSON() ([]byte, error) {
	type plain Across
	a.Settings, a.Rows = made(a.Settings), made(a.Rows)
	return plainJSON(plain(a), "")
}

// WriteAcross writes a as ReadAcross takes it, and a plain one as Write does.
func WriteAcross(w io.Writer, a Across) error {
	if r, plain := a.Plain(); plain {
		return Write(w, r)
	}
	a.Schema = AcrossSchema
	b, err := plainJSON(a, "  ")
	if err == nil {
		_, err = w.Write(b)
	}
	return err
}

// ReadAcross reads the JSON of an Across, or of a Result as ReadFile does, as strictly.
func ReadAcross(path string) (Across, error) { return strictjson.Read(path, ParseAcross) }

// ParseAcross is ReadAcross for text that is of no file.
func ParseAcross(b []byte) (Across, error) {
	var shape struct{ Settings json.RawMessage }
	if json.Unmarshal(b, &shape) != nil || shape.Settings == nil {
		r, err := Parse(b)
		return Across{Settings: []Setting{{Result: r}}}, err
	}
	if err := strictjson.CheckSchema(b, AcrossSchema); err != nil {
		return Across{}, err
	}
	var a Across
	ends := map[string]int{}
	if err := strictjson.Unmarshal(b, &a, ends); err != nil {
		return Across{}, err
	}
	c := checker{}
	c.across(a)
	if c.err != nil {
		return Across{}, strictjson.NewFault(b, ends[c.place], c.err)
	}
	return a, nil
}

// across checks the results one by one, and what is said of them together.
func (c *checker) across(a Across) {
	c.want(len(a.Settings) > 0, "settings", words("an empty list"), "at least one setting")
	names := map[string]bool{}
	for i, s := range a.Settings {
		place := fmt.Sprintf("settings[%d]", i)
		c.want(s.Name != "" && !names[s.Name], place+".setting", s.Name, "a name, each once")
		names[s.Name] = true
		c.want(s.Result.Schema == Schema, place+".result.schema", s.Result.Schema, "%d", Schema)
		c.r, c.in = s.Result, place+".result."
		c.result()
		c.in = ""
	}
	for i, s := range a.Rows {
		place := fmt.Sprintf("rows[%d]", i)
		_, there := a.Settings[0].Result.Row(s.Activation)
		c.want(there, place+".activation", s.Activation, "the activation of a row")
		for v := range s.Verdicts {
			c.verdict(place+".verdicts", v)
		}
		c.fraction(place+".interaction_p", s.P)
		c.fraction(place+".interaction_p_adjusted", s.PAdjusted)
		c.fraction(place+".data_sets_p_adjusted", s.PDataSets)
	}
}
