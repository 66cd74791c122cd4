// Package plot draws activation functions, how runs went, what a comparison of them results in, and confusion
// matrices: as pictures with gonum's plot, and in the terminal with braille patterns or as text; functions also as a table.
// Inputs are values, and it writes to where it is told and opens no file. What it draws of one thing is the same bytes each time.
package plot
