package activations

import (
	"slices"
	"strings"
)

// Filter selects rows of the catalogue. All conditions that are set have to hold.
type Filter struct {
	Text      string // occurs in the name, an alias, the formula or the source
	Learnable bool   // a parameter is learnable
	Monotone  bool   // see Activation.NonDecreasing
	Framework string // ships the function; see Frameworks
}

// Rows lists the rows that the filter selects, in the order of the catalogue.
func (f Filter) Rows() []Row {
	rows := []Row{}
	for _, a := range All() {
		if f.selects(a) {
			rows = append(rows, *a.row)
		}
	}
	return rows
}

func (f Filter) selects(a Activation) bool {
	r := a.row
	has := func(text string) bool { return strings.Contains(strings.ToLower(text), strings.ToLower(f.Text)) }
	ships := func(found string) bool { return framework(found) == f.Framework }
	return (!f.Learnable || len(a.learnable) > 0) &&
		(f.Framework == "" || slices.ContainsFunc(r.FoundIn, ships)) &&
		(has(r.Name) || has(r.Formula) || has(r.Source) || slices.ContainsFunc(r.Aliases, has)) &&
		(!f.Monotone || a.NonDecreasing())
}

// Frameworks lists the libraries that ship functions of the catalogue, those with the most functions first.
func Frameworks() []string {
	count := map[string]int{}
	var names []string
	for _, r := range Catalogue() {
		for _, found := range r.FoundIn {
			name := framework(found)
			if count[name]++; count[name] == 1 {
				names = append(names, name)
			}
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return count[b] - count[a] })
	return names
}

// framework is the name in an entry of Row.FoundIn, such as keras(2), without the remark.
func framework(found string) string {
	name, _, _ := strings.Cut(found, "(")
	return name
}
