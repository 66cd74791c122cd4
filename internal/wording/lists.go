package wording

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Counted is a number of things, "1 seed" or "3 seeds".
func Counted(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

// Ranges are numbers in their order, with a separator between them; three or more that follow each other are
// written by their ends: 0-4, 9.
func Ranges(numbers []uint64, separator string) string {
	var parts []string
	for i := 0; i < len(numbers); {
		j := i
		for j+1 < len(numbers) && numbers[j] < numbers[j+1] && numbers[j+1]-numbers[j] == 1 {
			j++
		}
		switch first, last := strconv.FormatUint(numbers[i], 10), strconv.FormatUint(numbers[j], 10); {
		case j == i:
			parts = append(parts, first)
		case j == i+1:
			parts = append(parts, first, last)
		default:
			parts = append(parts, first+"-"+last)
		}
		i = j + 1
	}
	return strings.Join(parts, separator)
}

// SeedList is a list of seeds as --seeds takes it, in rising order: 0-4,9.
func SeedList(seeds []uint64) string { return Ranges(slices.Sorted(slices.Values(seeds)), ",") }

// Seeds is "seed 3" or "seeds 0-4".
func Seeds(seeds []uint64) string {
	if len(seeds) == 1 {
		return "seed " + SeedList(seeds)
	}
	return "seeds " + SeedList(seeds)
}
