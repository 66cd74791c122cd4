package dataset

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"actfn/internal/wording"
)

// flat is the split of a root whose folders are the classes themselves.
const flat = "all"

// splitNames are the names that the folder of a split may have, in upper or lower case, and the split.
var splitNames = map[string]string{
	"train": "train", "training": "train", "test": "test", "testing": "test",
	"val": "val", "valid": "val", "validation": "val",
}

func splitNamed(folder string) string { return splitNames[strings.ToLower(folder)] }

// folders are those of a root's splits, by split.
type folders map[string]string

// folders finds the splits. A root with folders of other names is flat, as long as none of those with the name of a
// split has folders in it: plane, train and car are classes.
func (s *source) folders() (folders, error) {
	_, entries, err := s.readFolder(".")
	if err != nil {
		return nil, err
	}
	var twice []error
	at, parted, others := folders{}, false, false
	for _, e := range entries {
		if hidden(e.Name()) || !isDir(s.fsys, e.Name()) {
			continue
		}
		split := splitNamed(e.Name())
		if split == "" {
			others = true
			continue
		}
		if at[split] != "" {
			twice = append(twice, fmt.Errorf("%s: has the folders %s and %s, want one of them for %s",
				s.label(), at[split], e.Name(), split))
		}
		at[split] = e.Name()
		parted = parted || holdsFolder(s.fsys, e.Name())
	}
	if others && !parted {
		return folders{flat: "."}, nil
	}
	return at, errors.Join(twice...)
}

// testOnVal makes the folder of val that of test, where train has only this one beside it.
func (at folders) testOnVal() bool {
	if at["train"] == "" || at["val"] == "" || at["test"] != "" {
		return false
	}
	at["test"] = at["val"]
	delete(at, "val")
	return true
}

// testOnVal says so.
func testOnVal(folder string) string {
	return folder + " is the test set: there is no test folder"
}

// OtherFiles counts files of formats that are not read.
type OtherFiles struct {
	Extension string `json:"extension"` // in lower case, with its dot; "" for none
	Files     int    `json:"files"`
}

func (o OtherFiles) String() string {
	return strconv.Itoa(o.Files) + " " + cmp.Or(o.Extension, "without extension")
}

// othersText says which files are not read.
func othersText(all []OtherFiles) string {
	texts := make([]string, len(all))
	for i, o := range all {
		texts[i] = o.String()
	}
	return "files that are not read: " + wording.Printable(joined(texts, ", "))
}

// others are the files of listings that are not read, the most frequent extension first.
func others(lists ...listing) []OtherFiles {
	n := map[string]int{}
	for _, l := range lists {
		for _, name := range l.others {
			n[strings.ToLower(path.Ext(name))]++
		}
	}
	all := []OtherFiles{}
	for extension, files := range n {
		all = append(all, OtherFiles{extension, files})
	}
	slices.SortFunc(all, func(a, b OtherFiles) int {
		return cmp.Or(cmp.Compare(b.Files, a.Files), cmp.Compare(a.Extension, b.Extension))
	})
	return all
}
