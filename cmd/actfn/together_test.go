package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"actfn/internal/checkpoint"
)

// both starts the program twice at the same time, and returns what each printed and its exit code.
func both(t *testing.T, args ...string) (out, talk [2]string, codes [2]int) {
	t.Helper()
	var commands [2]*exec.Cmd
	var printed, said [2]bytes.Buffer
	for i := range commands {
		commands[i] = program(t, args...)
		commands[i].Stdout, commands[i].Stderr = &printed[i], &said[i]
		if err := commands[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	for i, c := range commands {
		var exit *exec.ExitError
		if err := c.Wait(); errors.As(err, &exit) {
			codes[i] = exit.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		out[i], talk[i] = printed[i].String(), said[i].String()
	}
	return out, talk, codes
}

// Two processes with one command share the work of a comparison, and have the result that one has alone.
func TestTwoCompareInOneFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := writePets("pets"); err != nil {
		t.Fatal(err)
	}
	args := []string{"compare", "--data", "pets", "--filters", "8", "--hidden", "16", "--epochs", "20", "--activations", "relu,tanh,gelu",
		"--seeds", "3", "--jobs", "2", "--timing=false", "--format", "json", "--keep-weights", "-o"}
	alone := program(t, append(args, "alone")...)
	want, err := alone.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, alone.Stderr)
	}
	out, talk, codes := both(t, append(args, "shared")...)
	for i := range codes {
		if codes[i] != exitDone || out[i] != string(want) {
			t.Errorf("exit code %d, result\n%s\nwant\n%s\n%s", codes[i], out[i], want, talk[i])
		}
	}
	weights, err := filepath.Glob(filepath.Join("alone", "cells", "*", "last.safetensors"))
	if err != nil || len(weights) != 9 {
		t.Fatalf("%d weights, %v, want 9", len(weights), err)
	}
	for _, path := range weights {
		shared := filepath.Join("shared", strings.TrimPrefix(path, "alone"))
		if got := tensorsOf(t, shared); got != tensorsOf(t, path) {
			t.Errorf("%s is not that of a process alone", shared)
		}
	}
}

// Of two processes that begin a run in one folder, one is refused.
func TestTwoTrainInOneFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := writePets("pets"); err != nil {
		t.Fatal(err)
	}
	_, talk, codes := both(t, "train", "--data", "pets", "--filters", "8", "--hidden", "16", "--epochs", "60", "-o", "run")
	refused := 0
	if codes[0] == exitDone {
		refused = 1
	}
	locked := codes[refused] == exitFailed && strings.Contains(talk[refused], "actfn: run: another process is training here (")
	late := codes[refused] == exitUsage && strings.Contains(talk[refused], "actfn: run: output folder exists and is not empty, want a new one\n")
	if codes[1-refused] != exitDone || !locked && !late {
		t.Errorf("exit codes are %v, want 0 and that of a folder in use\n%s\n%s", codes, talk[0], talk[1])
	}
	if _, err := os.Stat(filepath.Join("run", "summary.json")); err != nil {
		t.Error(err)
	}
}

// A run that another process is training is not replaced; that of a process that was killed is, at once.
func TestForceBesideARun(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := writePets("pets"); err != nil {
		t.Fatal(err)
	}
	args := []string{"train", "--data", "pets", "--filters", "4", "--hidden", "8", "--progress", "none", "-o", "run"}
	first := program(t, append(args, "--epochs", "1000000")...)
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	stop := sync.OnceFunc(func() { _ = first.Process.Kill(); _ = first.Wait() })
	defer stop()
	metrics := filepath.Join("run", "metrics.csv")
	for range 600 {
		if _, err := os.Stat(metrics); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	second := program(t, append(args, "--epochs", "1", "--force")...)
	err := second.Run()
	want := fmt.Sprintf("actfn: run: another process is training here (%d on ", first.Process.Pid)
	if talk := fmt.Sprint(second.Stderr); err == nil || !strings.HasPrefix(talk, want) {
		t.Errorf("%v: %s, want %s…", err, talk, want)
	}
	if _, err := os.Stat(metrics); err != nil {
		t.Error(err)
	}
	stop()
	third := program(t, append(args, "--epochs", "1", "--force")...)
	if out, err := third.Output(); err != nil || !strings.HasPrefix(string(out), "Accuracy: ") {
		t.Errorf("%v: %s\n%s", err, out, third.Stderr)
	}
}

// tensorsOf is the content of a weights file without what tells the time.
func tensorsOf(t *testing.T, path string) string {
	t.Helper()
	f, err := checkpoint.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", f.Tensors)
}
