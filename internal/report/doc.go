// Package report writes a comparison for those who read it: people, in a table for a terminal or a page, and
// programs, as CSV, JSON or JUnit's XML. What it says of a row is what the Result holds: nothing is decided here.
package report
