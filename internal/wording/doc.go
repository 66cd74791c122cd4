// Package wording writes figures as people read them, with the digits that mean something, and counts and lists of
// numbers as they stand in a sentence, so that all tables, gates, warnings and pictures say a thing in one way.
package wording
