package metrics

import (
	"cmp"
	"slices"
)

// Class is how well one class is told from the others. With tp its images predicted as
// it, fp other images predicted as it, and fn its images predicted as another,
//
//	Precision = tp/(tp+fp)   Recall = tp/(tp+fn)   F1 = 2tp/(2tp+fp+fn)
//
// and 0/0, a class that is never predicted or has no images, is 0, as with
// scikit-learn's zero_division=0. Images, tp+fn, is its support.
type Class struct {
	Class     string  `json:"class"`
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
	Images    int     `json:"images"`
}

// PerClass returns the figures of each class from the confusion matrix [true][predicted].
func PerClass(confusion [][]int, names []string) []Class {
	classes := make([]Class, len(confusion))
	for k, row := range confusion {
		images, predicted := 0, 0
		for j := range row {
			images += row[j]
			predicted += confusion[j][k]
		}
		tp := row[k]
		classes[k] = Class{
			Class:     names[k],
			Precision: ratio(tp, predicted),
			Recall:    ratio(tp, images),
			F1:        ratio(2*tp, images+predicted), // 2tp+fp+fn
			Images:    images,
		}
	}
	return classes
}

// ratio returns a/b, and 0 for 0/0.
func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// WorstFirst returns the classes by rising F1, then by rising recall, then as they were.
func WorstFirst(classes []Class) []Class {
	return slices.SortedStableFunc(slices.Values(classes), func(a, b Class) int {
		return cmp.Or(cmp.Compare(a.F1, b.F1), cmp.Compare(a.Recall, b.Recall))
	})
}

// Confusion counts the images of one class that were taken for another. Share is Count
// over the images of the true class.
type Confusion struct {
	True      string  `json:"true"`
	Predicted string  `json:"predicted"`
	Count     int     `json:"count"`
	Share     float64 `json:"share"`
}

// LargestConfusions returns the k most frequent confusions of a matrix [true][predicted],
// most frequent first, equals by true and then predicted class. Those that never happened
// are left out.
func LargestConfusions(confusion [][]int, names []string, k int) []Confusion {
	list := []Confusion{}
	for i, row := range confusion {
		images := 0
		for _, n := range row {
			images += n
		}
		for j, n := range row {
			if i != j && n > 0 {
				list = append(list, Confusion{names[i], names[j], n, ratio(n, images)})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Confusion) int { return cmp.Compare(b.Count, a.Count) })
	return list[:max(0, min(k, len(list)))]
}
