package activations

import (
	"regexp"
	"strconv"

	"actfn/internal/formula"
)

// Module is the module of PyTorch that computes the function, as nn.LeakyReLU(0.01), or "" if there is none: it has no
// parameters that are learnt, and where it takes no value for a parameter it has the one of the catalogue.
func (a Activation) Module() string {
	if a.row == nil || a.row.module == "" || len(a.learnable) > 0 {
		return ""
	}
	text := a.row.module
	for i, p := range a.parameters {
		name := regexp.MustCompile(`\b` + p.Name + `\b`)
		if !name.MatchString(text) && p.Value != a.row.Parameters[i].Value {
			return ""
		}
		text = name.ReplaceAllLiteralString(text, strconv.FormatFloat(p.Value, 'g', -1, 64))
	}
	return text
}

// PyTorch is the function as Python computes it of a tensor x: see formula.Arena.PyTorch. A learnable parameter is a
// variable.
func (a Activation) PyTorch() (code formula.Code, err error) {
	return a.arena.PyTorch(a.value, a.initial)
}
