package dataset

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"actfn/internal/wording"
)

// shown is the number of lines of a kind that WriteText shows of a long list.
const shown = 20

// WriteText writes the report as text: a table of the splits, a table of the classes, then what
// was found, with nothing about what was not, and at the end what of it are faults.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	r.writeTables(&b)
	for _, s := range r.Splits {
		writeList(&b, fmt.Sprintf("bad files in %s", s.Split), s.Bad, func(f BadReport) string { return wording.Printable(f.Path + ": " + f.Reason) })
		writeList(&b, fmt.Sprintf("empty classes in %s", s.Split), s.empty(), wording.Printable)
	}
	writeList(&b, "classes that are not in every split", r.Differences, func(d ClassDifference) string {
		return fmt.Sprintf("%s: in %s, not in %s", wording.Printable(d.Class), strings.Join(d.In, " and "), strings.Join(d.Missing, " and "))
	})
	writeList(&b, "identical images across splits", r.AcrossSplits, Identical.String)
	for _, s := range r.Splits {
		writeList(&b, fmt.Sprintf("identical images within %s", s.Split), s.Duplicates, Identical.String)
	}
	r.writeVerdict(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// writeVerdict writes the faults and remarks, a line each.
func (r *Report) writeVerdict(w io.Writer) {
	faults, remarks := r.Faults(), r.remarks()
	if len(faults)+len(remarks) > 0 {
		fmt.Fprintln(w)
	}
	for _, line := range faults {
		fmt.Fprintf(w, "fault: %s\n", line)
	}
	for _, line := range remarks {
		fmt.Fprintf(w, "remark: %s\n", line)
	}
}

func (r *Report) writeTables(w io.Writer) {
	splits := [][]string{{"split", "images", "classes", "bad", "sizes"}}
	count := map[string]map[string]int{}
	head := []string{"class"}
	for _, s := range r.Splits {
		splits = append(splits, []string{s.Split, strconv.Itoa(s.Images), strconv.Itoa(len(s.Classes)), strconv.Itoa(len(s.Bad)), sizesText(s.Sizes)})
		head = append(head, s.Split)
		for _, c := range s.Classes {
			if count[c.Class] == nil {
				count[c.Class] = map[string]int{}
			}
			count[c.Class][s.Split] = c.Images
		}
	}
	classes := [][]string{head}
	for _, class := range slices.Sorted(maps.Keys(count)) {
		row := []string{wording.Printable(class)}
		for _, s := range r.Splits {
			if n, there := count[class][s.Split]; there {
				row = append(row, strconv.Itoa(n))
			} else {
				row = append(row, "-")
			}
		}
		classes = append(classes, row)
	}
	writeTable(w, splits)
	fmt.Fprintln(w)
	writeTable(w, classes)
}

// writeTable aligns names and sizes to the left and numbers to the right.
func writeTable(w io.Writer, rows [][]string) {
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	words := func(i int) bool { return i == 0 || rows[0][i] == "sizes" }
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			space := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if i > 0 {
				line.WriteString("  ")
			}
			if words(i) {
				line.WriteString(cell + space)
			} else {
				line.WriteString(space + cell)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}

func sizesText(sizes []SizeCount) string {
	const few = 4
	var parts []string
	for _, s := range sizes[:min(few, len(sizes))] {
		parts = append(parts, fmt.Sprintf("%d×%d (%d)", s.Width, s.Height, s.Images))
	}
	if more := len(sizes) - few; more > 0 {
		parts = append(parts, fmt.Sprintf("%d more sizes", more))
	}
	return strings.Join(parts, ", ")
}

// String is the paths with equal signs between them, and a word if their classes differ.
func (i Identical) String() string {
	text := wording.Printable(strings.Join(i.Paths[:min(shown, len(i.Paths))], " = "))
	if more := len(i.Paths) - shown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	if len(i.Classes) > 1 {
		text += " (in different classes)"
	}
	return text
}

func writeList[T any](w io.Writer, title string, list []T, text func(T) string) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s: %d\n", title, len(list))
	for _, x := range list[:min(shown, len(list))] {
		fmt.Fprintf(w, "  %s\n", text(x))
	}
	if more := len(list) - shown; more > 0 {
		fmt.Fprintf(w, "  … and %d more\n", more)
	}
}
