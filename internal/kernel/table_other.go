//go:build !amd64 || purego

package kernel

func vectorTables() []table { return nil }
