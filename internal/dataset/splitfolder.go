package dataset

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"actfn/internal/fault"
	"actfn/internal/wording"
)

// Splitting says what SplitFolder reads and writes.
type Splitting struct {
	Root, Out   string
	Test, Val   float64  // shares of the images of each class; Val may be 0
	SkipClasses []string // that are left out
	Options
}

// Made is what SplitFolder or ImportCIFAR has written.
type Made struct {
	Output string       `json:"output"`
	Splits []SplitMade  `json:"splits"`
	Others []OtherFiles `json:"other_files,omitempty"` // that were not copied
}

// SplitMade is a folder of Made.
type SplitMade struct {
	Split   string       `json:"split"`
	Images  int          `json:"images"`
	Classes []ClassCount `json:"classes"`
}

// WriteText writes the report as text.
func (m Made) WriteText(w io.Writer) error {
	table, head, sums := wording.Table{Align: "lrrr"}, []string{"class"}, []string{"all"}
	for _, s := range m.Splits {
		head, sums = append(head, s.Split), append(sums, strconv.Itoa(s.Images))
	}
	table.Row(head...)
	for i, c := range m.Splits[0].Classes {
		row := []string{c.Class}
		for _, s := range m.Splits {
			row = append(row, strconv.Itoa(s.Classes[i].Images))
		}
		table.Row(row...)
	}
	table.Row(sums...)
	lines := append(table.Lines(), "", "written to "+wording.Printable(m.Output))
	if len(m.Others) > 0 {
		lines = append(lines, othersText(m.Others))
	}
	_, err := fmt.Fprintln(w, strings.Join(lines, "\n"))
	return err
}

func (l listing) made() SplitMade {
	m := SplitMade{Split: l.split, Images: len(l.files), Classes: make([]ClassCount, len(l.classes))}
	for label, class := range l.classes {
		m.Classes[label].Class = class
	}
	for _, f := range l.files {
		m.Classes[f.label].Images++
	}
	return m
}

// SplitFolder copies the images of a root without a test folder to OUT/train, OUT/test and, with a share for it,
// OUT/val: the test images that Config.TestSplit holds out, and those for validation by the same rule from the rest.
// OUT must be absent or empty; it appears whole, once everything is written, or not at all, and as ImportIDX's it is left
// to the system to bring to the disk.
func SplitFolder(ctx context.Context, o Splitting) (Made, error) {
	done := Made{Output: o.Out}
	if !(o.Test > 0 && o.Val >= 0 && o.Test+o.Val < 1) {
		err := fmt.Errorf("shares are %v for test and %v for val, want a test share above 0 and a sum below 1", o.Test, o.Val)
		return done, fault.Usage(fault.Hint(err, "--test 0.2 takes a fifth of the images of each class for the test"))
	}
	src, err := openSource(o.Root)
	if err != nil {
		return done, err
	}
	defer src.close()
	if err := errors.Join(wantOutside(o.Root, o.Out), wantAbsent(o.Out)); err != nil {
		return done, err
	}
	at, err := src.folders()
	for _, split := range []string{"test", "val"} {
		if at[split] != "" {
			err = errors.Join(err, fault.Usage(fmt.Errorf("%s: has a %s folder, want no split but train", src.label(), at[split])))
		}
	}
	if err != nil {
		return done, err
	}
	lists, _, err := src.listings(ctx, Config{TestSplit: o.Test, SkipClasses: o.SkipClasses})
	if err != nil {
		return done, err
	}
	done.Others = others(lists["train"])
	var parts [3]listing
	parts[0], parts[2], err = lists["train"].divide(ctx, "test", o.Test, o.Options)
	if err == nil && o.Val > 0 {
		parts[0], parts[1], err = parts[0].divide(ctx, "val", o.Val/(1-o.Test), o.Options)
	}
	if err != nil {
		return done, err
	}
	err = wholeFolder(o.Out, func(dir string) error {
		for _, part := range parts {
			if len(part.files) == 0 {
				continue
			}
			done.Splits = append(done.Splits, part.made())
			count := counter(len(part.files), o.progress(part.split))
			err := each(ctx, len(part.files), o.Workers, func(i int) error {
				defer count()
				return src.copy(part.files[i], filepath.Join(dir, part.split), part.folder)
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return done, err
}

// copy copies a file of a split's folder to the same place beneath dir.
func (s *source) copy(f file, dir, folder string) error {
	if f.err != nil {
		return fault.At(s.name(f.path), f.err)
	}
	beneath, err := filepath.Localize(strings.TrimPrefix(f.path, folder+"/"))
	if err == nil {
		err = s.copyTo(filepath.Join(dir, beneath), f.path)
	}
	if err != nil {
		return fault.At(s.name(f.path), cause(err))
	}
	return nil
}

func (s *source) copyTo(name, path string) error {
	in, err := s.fsys.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	// Two names may be one on the disk, where upper and lower case are the same.
	out, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// wantOutside refuses an output folder within the root, where it would be a class.
func wantOutside(root, out string) error {
	from, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	to, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	if beneath, err := filepath.Rel(from, to); err == nil && filepath.IsLocal(beneath) {
		return fmt.Errorf("%s: lies in %s, want a folder outside of it", wording.Printable(out), wording.Printable(root))
	}
	return nil
}
