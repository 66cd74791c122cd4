//go:build unix

package main

import "syscall"

// Schedulers announce the end of a job's time by a signal of the user's choice, mostly this one.
func init() { endings[syscall.SIGUSR1] = "SIGUSR1" }
