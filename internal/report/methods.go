package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"actfn/internal/compare"
	"actfn/internal/wording"
)

// Methods writes what was compared and how, in a paragraph for a paper: data, networks, training, seeds and statistics,
// with the program's version. It says what the Result holds; what is not said is as the program's defaults are.
func Methods(w io.Writer, r compare.Result) error {
	var s []string
	say := func(format string, args ...any) { s = append(s, fmt.Sprintf(format, args...)) }
	get := func(key string) string { return strings.Trim(fmt.Sprint(r.Setup.Config[key]), "[]") }
	compared := make([]string, len(r.Rows))
	for i, row := range r.Rows {
		compared[i] = shown(row.Activation)
	}
	say("We compared %s (%s) in networks of the kind %s (%s), "+
		"trained on %s classes and tested on %s that training never saw (data %s).",
		wording.Counted(len(r.Rows), "activation function"), strings.Join(compared, ", "), get("model.network"), structure(get),
		fmt.Sprint(r.Data.Classes), wording.Counted(r.Data.Images, "image"), shown(r.Data.Hash))
	rate := "at the learning rate " + rates(r.Setup.LRs)
	if len(r.Setup.LRs) > 1 {
		rate = fmt.Sprintf("with the learning rate out of %s that was best for the activation on validation images", rates(r.Setup.LRs))
	}
	epochs := get("train.epochs") + " epochs"
	if epochs == "1 epochs" {
		epochs = "1 epoch"
	}
	say("Each was trained for %s with %s in batches of %s, %s, from each of %s (%s).", epochs,
		get("train.optimizer"), get("train.batch_size"), rate,
		wording.Counted(len(r.Seeds), "random seed"), wording.Ranges(r.Seeds, ", "))
	say("At one seed, all activations start from the same weights and see the same images in the same order, "+
		"so that differences to %s are paired by seed.",
		shown(r.Baseline))
	k := max(1, cmp.Or(r.Family, len(r.Rows)-1))
	over := "over seeds, on these test images"
	if r.Generalize == compare.OverSeedsAndImages {
		over = "over seeds and test images"
	}
	together := ""
	if k > 1 {
		together = fmt.Sprintf(", so that all %d hold together with %s %% (Bonferroni)", k, wording.Confidence(r.Alpha))
	}
	say("For each difference in accuracy we give Student's t interval at the confidence %s %%%s, %s; "+
		"an activation is called better or worse if its interval excludes 0, and equivalent if it lies within ±%s percentage points.",
		wording.Confidence(r.Alpha/float64(k)), together, over, wording.Percent(r.Rope))
	counted := map[string]string{
		compare.LastFinite: "count with the weights after the last finite epoch",
		compare.Chance:     "count as guessing",
		compare.Exclude:    "are left out",
	}
	if how := counted[r.Setup.Diverged]; how != "" {
		say("Runs whose loss became infinite or undefined %s.", how)
	}
	collapsed, runs := 0, 0
	for _, row := range r.Rows {
		collapsed, runs = collapsed+row.Collapses.N, runs+row.Collapses.Of
	}
	say("Of %s, %d diverged or ended at chance level.", wording.Counted(runs, "run"), collapsed)
	say("Computed with actfn %s (results version %d, kernels %s).", shown(r.Setup.Version), r.Setup.Results, shown(r.Setup.Kernel))
	_, err := io.WriteString(w, strings.Join(s, " ")+"\n")
	return err
}

// MethodsAcross writes the paragraph of each setting, and what is done with all of them.
func MethodsAcross(w io.Writer, a compare.Across) error {
	if r, plain := a.Plain(); plain {
		return Methods(w, r)
	}
	var b strings.Builder
	for _, s := range a.Settings {
		fmt.Fprintf(&b, "Setting %s: ", shown(s.Name))
		if err := Methods(&b, s.Result); err != nil {
			return err
		}
		b.WriteString("\n")
	}
	b.WriteString("The intervals of all settings hold together. To test whether an activation's difference is the same in all settings, " +
		"we compare it between each two of them by a paired t test over seeds, multiply the smallest p-value by the number of pairs, " +
		"and adjust for the number of activations by Holm's method.\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// structure is that of a network, by the keys that it has: the configuration has those of others too.
func structure(get func(key string) string) string {
	var parts []string
	for _, p := range []struct{ network, key, format, without string }{
		{"plain", "model.filters", "convolutions of %s filters", ""}, {"plain", "model.hidden", "hidden layers of %s features", ""},
		{"resnet", "model.depth", "depth %s", ""}, {"resnet", "model.width", "width %s", ""},
		{"", "model.norm", "%s norm", "none"}, {"", "model.dropout", "dropout %s", "0"}, {"", "model.initialization", "initialization %s", ""},
	} {
		if v := get(p.key); v != p.without && (p.network == "" || p.network == get("model.network")) {
			parts = append(parts, fmt.Sprintf(p.format, v))
		}
	}
	return strings.Join(parts, ", ")
}

func rates(list []float64) string {
	var texts []string
	for _, v := range list {
		texts = append(texts, wording.Shortest(v))
	}
	return strings.Join(texts, ", ")
}
