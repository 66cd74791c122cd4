package fault

// Nearest returns the candidate with the smallest edit distance to name, the first among equals,
// or "" when none is close: when more than half of the longer word would have to change.
func Nearest(name string, candidates []string) string {
	best, least := "", 0
	for _, c := range candidates {
		d := distance([]rune(name), []rune(c))
		if 2*d <= max(len(name), len(c)) && (best == "" || d < least) {
			best, least = c, d
		}
	}
	return best
}

// distance is Levenshtein's: the insertions, deletions and substitutions that turn a into b.
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			substitute := diagonal
			if x != y {
				substitute++
			}
			diagonal = row[j+1]
			row[j+1] = min(substitute, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
