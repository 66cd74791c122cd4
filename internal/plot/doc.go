// Package plot draws activation functions: as pictures with gonum's plot, in the terminal with braille
// patterns, and as a table. It writes to where it is told and opens no file.
package plot
