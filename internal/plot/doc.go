// Package plot draws activation functions, training runs and their layers, comparisons and confusion matrices.
//
// Each of them is one file that describes what is to be seen as a [Figure]: panels with axes and series, and a
// legend. One renderer draws any figure as a picture, with gonum's plot, and one in a terminal, in braille patterns.
// The same figure gives the same bytes each time. The package opens no file.
//
// A new plot is a file with a constructor that checks its input and a method Figure; curves.go is the shortest.
package plot
