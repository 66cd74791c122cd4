//go:build unix

package main

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A comparison that a Slurm array makes, with a task that is requeued and one whose time is up, has the result of
// a single process, byte for byte. Slurm is a real one: its daemons run here, for this test alone.
func TestSlurmArrayEqualsOneProcess(t *testing.T) {
	t.Parallel()
	cluster := startSlurm(t)
	script, err := filepath.Abs("../../deploy/slurm/compare.sbatch")
	if err != nil {
		t.Fatal(err)
	}
	programIn(t, cluster.dir)
	options := []string{
		"--activations", "relu,tanh,leakyrelu", "--seeds", "2", "--epochs", "20", "--filters", "8", "--hidden", "32", "--timing=false", "--progress", "plain",
	}
	shared := filepath.Join(cluster.dir, "shared")
	submit := append([]string{"--parsable", "--array=1-2", "--cpus-per-task=1", "--output=" + filepath.Join(cluster.dir, "%a.log"), script}, options...)
	id := strings.TrimSpace(cluster.run("sbatch", append(submit, "-o", shared)...))

	began := time.Now()
	interrupted := map[string]time.Time{}
	for jobs := []string{"?"}; len(jobs) > 0; time.Sleep(100 * time.Millisecond) {
		if time.Since(began) > 3*time.Minute {
			t.Fatalf("not done after %v:\n%s", time.Since(began), cluster.state())
		}
		jobs = strings.Fields(cluster.run("squeue", "--noheader", "--array", "--format=%i=%T=%r"))
		for _, job := range jobs {
			name, rest, _ := strings.Cut(job, "=")
			state, reason, _ := strings.Cut(rest, "=")
			switch cells, _ := filepath.Glob(filepath.Join(shared, "cells", "*", "config.yaml")); {
			case state == "PENDING" && reason == "BeginTime" && time.Since(interrupted[name]) > 3*time.Second:
				// Requeued: Slurm would wait two minutes. Sooner than this the end of the first run counts as the second's.
				cluster.run("scontrol", "update", "jobid="+name, "StartTime=now")
			case state == "RUNNING" && interrupted[name].IsZero() && len(cells) > len(interrupted):
				interrupted[name] = time.Now()
				if strings.HasSuffix(name, "_1") {
					cluster.run("scontrol", "requeue", name)
				} else {
					cluster.run("scancel", "--signal=USR1", "--batch", name)
				}
			}
		}
	}
	logs := cluster.state()
	if len(interrupted) != 2 || !strings.Contains(logs, "SIGTERM") || !strings.Contains(logs, "SIGUSR1") {
		t.Errorf("%s: interrupted are %v, want a task by SIGTERM and one by SIGUSR1:\n%s", id, interrupted, logs)
	}

	alone := filepath.Join(cluster.dir, "alone")
	want := printed(t, append([]string{"compare", "--format", "json", "--jobs", "1", "-o", alone}, options...)...)
	if got := printed(t, "compare", "merge", shared, "--format", "json", "--timing=false"); got != want {
		t.Errorf("the array's result is\n%s\nwant\n%s\nlogs:\n%s", got, want, logs)
	}
}

// printed is what the program prints.
func printed(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	command := program(t, args...)
	command.Stdout = &out
	if err := command.Run(); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, command.Stderr)
	}
	return out.String()
}

// slurm is a cluster of this machine.
type slurm struct {
	t   *testing.T
	dir string
	env []string
}

// startSlurm starts the daemons in the foreground, on the loopback, as this user. It skips where Slurm is absent.
func startSlurm(t *testing.T) *slurm {
	t.Helper()
	for _, name := range []string{"munged", "slurmctld", "slurmd", "sbatch"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is absent; on Debian: apt-get install slurm-wlm munge", name)
		}
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "slurm") // a short name: sockets allow no long ones
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &slurm{t, dir, append(os.Environ(), "SLURM_CONF="+filepath.Join(dir, "slurm.conf"), "ACTFN="+filepath.Join(dir, "actfn"))}
	key := make([]byte, 1024)
	if _, err := rand.Read(key); err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Chmod(dir, 0o711))
	must(os.Mkdir(filepath.Join(dir, "munge"), 0o700))
	must(os.WriteFile(filepath.Join(dir, "munge", "key"), key, 0o400))
	controller, node := freePort(t), freePort(t)
	must(os.WriteFile(filepath.Join(dir, "slurm.conf"), []byte(fmt.Sprintf(`ClusterName=actfn
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=%d
SlurmdPort=%d
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=%[3]s/munge.socket
SlurmUser=%[4]s
SlurmdUser=%[4]s
StateSaveLocation=%[3]s/state
SlurmdSpoolDir=%[3]s/spool
SlurmctldPidFile=%[3]s/slurmctld.pid
SlurmdPidFile=%[3]s/slurmd.pid
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SwitchType=switch/none
ReturnToService=2
KillWait=30
SchedulerParameters=sched_interval=1,batch_sched_delay=0
NodeName=localhost NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=all Nodes=localhost Default=YES State=UP MaxTime=INFINITE
`, controller, node, dir, me.Username)), 0o644))
	for _, name := range []string{"state", "spool"} {
		must(os.Mkdir(filepath.Join(dir, name), 0o755))
	}
	munge := func(name string) string { return filepath.Join(dir, "munge", name) }
	s.daemon("munged", "--foreground", "--force", "--socket="+filepath.Join(dir, "munge.socket"), "--key-file="+munge("key"),
		"--log-file="+munge("log"), "--pid-file="+munge("pid"), "--seed-file="+munge("seed"))
	s.await(func() bool { _, err := os.Stat(filepath.Join(dir, "munge.socket")); return err == nil })
	s.daemon("slurmctld", "-D")
	s.daemon("slurmd", "-D", "-N", "localhost")
	s.await(func() bool {
		out, _ := s.command("sinfo", "--noheader", "--format=%T").Output()
		return strings.TrimSpace(string(out)) == "idle"
	})
	return s
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func (s *slurm) command(name string, args ...string) *exec.Cmd {
	c := exec.Command(name, args...)
	c.Env, c.Dir = s.env, s.dir
	return c
}

// daemon runs until the test ends.
func (s *slurm) daemon(name string, args ...string) {
	s.t.Helper()
	log, err := os.Create(filepath.Join(s.dir, name+".log"))
	if err != nil {
		s.t.Fatal(err)
	}
	c := s.command(name, args...)
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		done := make(chan struct{})
		go func() { _ = c.Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(5 * time.Second):
			_ = c.Process.Kill()
			<-done
		}
		_ = log.Close()
	})
}

func (s *slurm) await(ready func() bool) {
	s.t.Helper()
	for range 300 {
		if ready() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	s.t.Fatalf("the cluster does not start:\n%s", s.state())
}

// run is what a command of Slurm's prints.
func (s *slurm) run(name string, args ...string) string {
	s.t.Helper()
	out, err := s.command(name, args...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("%s %v: %v\n%s\n%s", name, args, err, out, s.state())
	}
	return string(out)
}

// state is what all logs say.
func (s *slurm) state() string {
	var text strings.Builder
	logs, _ := filepath.Glob(filepath.Join(s.dir, "*.log"))
	for _, path := range logs {
		b, _ := os.ReadFile(path)
		fmt.Fprintf(&text, "%s:\n%s\n", filepath.Base(path), b)
	}
	return text.String()
}
