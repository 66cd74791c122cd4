package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"

	"actfn/internal/strictjson"
)

// HealthFile is in a run's folder: one Health a line, epoch by epoch and in the order of the layers.
const HealthFile = "health.jsonl"

// Health is what a probe measured of a layer with an activation after an epoch. Units are the channels of the layer over
// all positions and images, or its features over all images. Package health defines and measures the figures.
type Health struct {
	Epoch    int // 0: before training
	Layer    string
	Function string
	Images   int    // of the probe
	Unit     string // channel or feature
	Units    int
	Values   map[*Figure]float64 // finite
	// Quantiles and Histogram describe what the activation receives; nil: it is not finite.
	Quantiles *[len(QuantilesAt)]float64
	Histogram *Histogram
	Missing   map[string]string // why a figure is null, by its name
}

// Checkup sums the layers of a network up. A figure that there is not is null.
type Checkup struct {
	Epoch     int      `json:"epoch"`     // 0: before training
	Dead      *float64 `json:"dead"`      // of the layer where it is largest
	Saturated *float64 `json:"saturated"` // likewise
	// GradientRatio is gradient_norm of the first layer over that of the last.
	GradientRatio *float64 `json:"gradient_ratio"`
}

// QuantilesAt are the shares of which Health.Quantiles are the quantiles.
var QuantilesAt = [7]float64{0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99}

// Histogram is the shares of values in bins of equal width from Low to High; some values may lie outside.
type Histogram struct {
	Low    float64   `json:"low"`
	High   float64   `json:"high"`
	Shares []float64 `json:"shares"`
}

// Figure is a row of the table of what a probe measures of a layer. JSON, plots, comparisons and gates read the row.
type Figure struct {
	// Name is the key in JSON.
	Name string
	// Unit is the unit in which people read the figure. "%": the value is a fraction and is shown times 100.
	Unit string
	// Format is the fmt format of the value in its unit.
	Format string
	// Short is its name in a table, and Title says in a few words what it is.
	Short, Title string
}

// Figures is the table, in the order of the keys.
var Figures []*Figure

// The rows. A figure is added by a row, and measured by package health.
var (
	InputMean         = figureRow("input_mean", "", "%.3g", "mean", "mean of what the activation receives")
	InputStd          = figureRow("input_std", "", "%.3g", "std", "standard deviation of what the activation receives")
	Dead              = figureRow("dead", "%", "%.1f%%", "dead", "units that get no gradient from any image")
	Saturated         = figureRow("saturated", "%", "%.1f%%", "saturated", "units whose inputs lie where the function is flat")
	Linear            = figureRow("linear", "%", "%.1f%%", "linear", "units for which the function is a straight line")
	Sameness          = figureRow("sameness", "", "%.3f", "sameness", "mean cosine of outputs of images of different classes")
	Gain              = figureRow("gain", "", "%.3g", "gain", "standard deviation over that of the layer before")
	LayerGradientRMS  = figureRow("gradient_rms", "", "%.2g", "gradient", "root mean square of the gradient")
	LayerGradientNorm = figureRow("gradient_norm", "", "%.2g", "norm", "L2 norm of the gradient")
	UpdateRatio       = figureRow("update_ratio", "", "%.2g", "update", "size of a step over that of the weights")
)

func figureRow(name, unit, format, short, title string) *Figure {
	f := &Figure{name, unit, format, short, title}
	Figures = append(Figures, f)
	return f
}

// Shown is a value in the figure's unit.
func (f *Figure) Shown(v float64) float64 {
	if f.Unit == "%" {
		return 100 * v
	}
	return v
}

// Text is a value for people.
func (f *Figure) Text(v float64) string { return fmt.Sprintf(f.Format, f.Shown(v)) }

// String is the name.
func (f *Figure) String() string { return f.Name }

// healthKeys are the keys of a Health that are no figures, in their order.
type healthKeys struct {
	Epoch     int                        `json:"epoch"`
	Layer     string                     `json:"layer"`
	Function  string                     `json:"function"`
	Images    int                        `json:"images"`
	Unit      string                     `json:"unit"`
	Units     int                        `json:"units"`
	Quantiles *[len(QuantilesAt)]float64 `json:"input_quantiles"`
	Histogram *Histogram                 `json:"input_histogram"`
	Missing   map[string]string          `json:"missing,omitempty"`
}

// MarshalJSON writes the keys, then the figures in the order of the table. A figure that there is not is null.
func (h Health) MarshalJSON() ([]byte, error) {
	text, err := json.Marshal(healthKeys{
		h.Epoch, h.Layer, h.Function, h.Images, h.Unit, h.Units, h.Quantiles, h.Histogram, h.Missing,
	})
	if err != nil {
		return nil, err
	}
	text = bytes.TrimSuffix(text, []byte("}"))
	for _, f := range Figures {
		figure := []byte("null")
		if v, ok := h.Values[f]; ok {
			if figure, err = json.Marshal(v); err != nil {
				return nil, fmt.Errorf("%s: %w", f, err)
			}
		}
		text = append(fmt.Appendf(text, `,"%s":`, f), figure...)
	}
	return append(text, '}'), nil
}

// UnmarshalJSON is the inverse of MarshalJSON, strict as ReadHealth.
func (h *Health) UnmarshalJSON(text []byte) error { return strictjson.Unmarshal(text, h, nil) }

// Set stores the value of a JSON key, as strictjson.Object.
func (h *Health) Set(key string, decode func(into any) error) (known bool, err error) {
	into := map[string]any{
		"epoch": &h.Epoch, "layer": &h.Layer, "function": &h.Function, "images": &h.Images, "unit": &h.Unit,
		"units": &h.Units, "input_quantiles": &h.Quantiles, "input_histogram": &h.Histogram, "missing": &h.Missing,
	}
	if v, ok := into[key]; ok {
		return true, decode(v)
	}
	for _, f := range Figures {
		if f.Name != key {
			continue
		}
		var v *float64
		if err := decode(&v); err != nil || v == nil {
			return true, err
		}
		if h.Values == nil {
			h.Values = map[*Figure]float64{}
		}
		h.Values[f] = *v
		return true, nil
	}
	return false, nil
}

// Required are the JSON keys that every Health has.
func (h *Health) Required() []string {
	keys := []string{"epoch", "layer", "function", "images", "unit", "units", "input_quantiles", "input_histogram"}
	for _, f := range Figures {
		keys = append(keys, f.Name)
	}
	return keys
}

// WriteHealth writes health.jsonl in dir, the epochs so far.
func WriteHealth(dir string, all []Health) error {
	path := filepath.Join(dir, HealthFile)
	var lines bytes.Buffer
	for _, h := range all {
		b, err := json.Marshal(h)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		lines.Write(append(b, '\n'))
	}
	return writeFile(path, lines.Bytes())
}

// ReadHealth reads health.jsonl in dir. Its errors name file and line.
func ReadHealth(dir string) ([]Health, error) {
	return strictjson.Read(filepath.Join(dir, HealthFile), parseHealth)
}

func parseHealth(b []byte) (all []Health, err error) {
	err = eachLine(b, func(line []byte) error {
		var h Health
		err := strictjson.Unmarshal(line, &h, nil)
		all = append(all, h)
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}
