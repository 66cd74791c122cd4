package config

import (
	"slices"
	"strings"
	"sync"

	"actfn/internal/fault"
	"actfn/internal/setting"
)

// Keys returns every key, bound to a configuration of defaults that the callers share: its values are not to be set.
func Keys() []setting.Key { return slices.Clone(defaults()) }

// defaults are made once: every flag of every command asks for its key.
var defaults = sync.OnceValue(func() []setting.Key {
	c := Default()
	return c.Keys()
})

// KeyNamed returns the key of that name.
func KeyNamed(name string) (setting.Key, bool) { return setting.Named(name, defaults()) }

// KeysOf returns the keys whose last word is word: of lr, train.lr.
func KeysOf(word string) []setting.Key {
	return slices.DeleteFunc(Keys(), func(k setting.Key) bool { return lastWord(k.Name) != word })
}

// nearestKey returns what was probably meant, or "": the same word in another section, or a word
// spelled nearly so in the same one.
func nearestKey(name string) string {
	name = strings.ToLower(strings.ReplaceAll(name, "-", "_"))
	word := lastWord(name)
	section := strings.TrimSuffix(name, word)
	if same := KeysOf(word); len(same) > 0 {
		return same[0].Name
	}
	var words []string
	for _, k := range Keys() {
		rest, ok := strings.CutPrefix(k.Name, section)
		if first, _, _ := strings.Cut(rest, "."); ok { // of the keys, or of the sections
			words = append(words, first)
		}
	}
	if near := fault.Nearest(word, words); near != "" {
		return section + near
	}
	return ""
}

// isSection reports that keys begin with the word.
func isSection(word string) bool { return len(setting.Section(word, Keys())) > 0 }

func lastWord(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }
