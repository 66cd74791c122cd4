// Package wording is text for people: figures with the digits that mean something, counts and lists of numbers as they
// stand in a sentence, names that do nothing to a terminal, paths as a shell takes them, and tables. Tables, gates,
// warnings and pictures so say a thing in one way.
package wording
