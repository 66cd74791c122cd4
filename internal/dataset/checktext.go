package dataset

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"actfn/internal/wording"
)

// shown is the number of lines of a kind, or names in a line, that are shown of many.
const shown = 20

// WriteText writes the report as text: a table of the splits, a table of the classes, then what
// was found, with nothing about what was not, and at the end what of it are faults.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	r.writeTables(&b)
	for _, s := range r.Splits {
		writeList(&b, "bad files in "+s.Split, s.Bad, func(f BadReport) string { return f.Path + ": " + f.Reason })
		writeList(&b, "empty classes in "+s.Split, s.empty(), func(class string) string { return class })
	}
	writeList(&b, "classes that are not in every split", r.Differences, func(d ClassDifference) string {
		return fmt.Sprintf("%s: in %s, not in %s", d.Class, strings.Join(d.In, " and "), strings.Join(d.Missing, " and "))
	})
	writeList(&b, "identical images across splits", r.AcrossSplits, Identical.String)
	for _, s := range r.Splits {
		writeList(&b, "identical images within "+s.Split, s.Duplicates, Identical.String)
	}
	r.writeVerdict(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// writeVerdict writes the faults, a line each, and a remark about what needs no change of the dataset but a flag.
func (r *Report) writeVerdict(w io.Writer) {
	var lines []string
	for _, fault := range r.Faults() {
		lines = append(lines, "fault: "+fault)
	}
	remark := func(format string, args ...any) { lines = append(lines, "remark: "+fmt.Sprintf(format, args...)) }
	if r.flat() {
		remark("no train and test folders: train with --test-split 0.2, or make them with actfn dataset split")
	}
	sizes := map[[2]int]bool{}
	for _, s := range r.Splits {
		if s.Split == "test" && splitNamed(s.Folder) == "val" {
			remark("%s", testOnVal(s.Folder))
		}
		if len(s.Others) > 0 {
			remark("%s: %s", s.Split, othersText(s.Others))
		}
		for _, size := range s.Sizes {
			sizes[[2]int{size.Width, size.Height}] = true
		}
	}
	if len(sizes) > 1 {
		remark("images of several sizes: train with --image-size N")
	}
	if len(lines) > 0 {
		fmt.Fprintf(w, "\n%s\n", strings.Join(lines, "\n"))
	}
}

func (r *Report) writeTables(w io.Writer) {
	splits, classes := wording.Table{Align: "lrrrl"}, wording.Table{Align: "lrrr"}
	splits.Row("split", "images", "classes", "bad", "sizes")
	head := []string{"class"}
	for _, s := range r.Splits {
		splits.Row(s.Split, strconv.Itoa(s.Images), strconv.Itoa(len(s.Classes)), strconv.Itoa(len(s.Bad)), sizesText(s.Sizes))
		head = append(head, s.Split)
	}
	classes.Row(head...)
	for _, class := range r.classes() {
		row := []string{class}
		for _, s := range r.Splits {
			text := "-"
			if n, there := s.images(class); there {
				text = strconv.Itoa(n)
			}
			row = append(row, text)
		}
		classes.Row(row...)
	}
	splits.WriteTo(w)
	fmt.Fprintln(w)
	classes.WriteTo(w)
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
	text := joined(i.Paths, " = ")
	if len(i.Classes) > 1 {
		text += " (in different classes)"
	}
	return text
}

// classList is some class names as they are shown in a sentence.
func classList(classes []string) string {
	quoted := make([]string, len(classes))
	for i, class := range classes {
		quoted[i] = strconv.Quote(class)
	}
	return several(len(classes), "class ", "classes ") + joined(quoted, ", ")
}

// joined is a list in one line, the first of it where it is long.
func joined(list []string, separator string) string {
	text := strings.Join(list[:min(shown, len(list))], separator)
	if more := len(list) - shown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

func writeList[T any](w io.Writer, title string, list []T, text func(T) string) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s: %d\n", title, len(list))
	for _, x := range list[:min(shown, len(list))] {
		fmt.Fprintf(w, "  %s\n", wording.Printable(text(x)))
	}
	if more := len(list) - shown; more > 0 {
		fmt.Fprintf(w, "  … and %d more\n", more)
	}
}
