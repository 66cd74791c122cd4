//go:build unix

package disk_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"actfn/internal/disk"
)

// childEnv names what the test binary does when it runs as a child of a test.
const childEnv = "ACTFN_ATOMICFILE_CHILD"

func TestMain(m *testing.M) {
	if child := os.Getenv(childEnv); child != "" {
		children[child](os.Args[1])
		return
	}
	os.Exit(m.Run())
}

var children = map[string]func(path string){
	"stuck":   writeHalfAndWait,
	"limited": writePastLimit,
	"nobody":  writeAsNobody,
	"stdout":  writeToStdout,
}

func child(t *testing.T, name, path string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, path)
	cmd.Env = append(os.Environ(), childEnv+"="+name)
	cmd.Stderr = os.Stderr
	return cmd
}

func report(err error) {
	if err != nil {
		fmt.Println(err)
	}
}

func TestModes(t *testing.T) {
	old := syscall.Umask(0o027)
	defer syscall.Umask(old)
	dir := t.TempDir()
	path := filepath.Join(dir, "new")
	wantMode := func(want fs.FileMode) {
		t.Helper()
		if err := disk.Write(path, text("x")); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("mode is %o, want %o", got, want)
		}
	}
	wantMode(0o640) // 0644 less the umask
	for _, mode := range []fs.FileMode{0o600, 0o666, 0o755, 0o444} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		wantMode(mode)
	}
}

func TestLinksAreWrittenThrough(t *testing.T) {
	dir := t.TempDir()
	at := func(parts ...string) string { return filepath.Join(append([]string{dir}, parts...)...) }
	for _, d := range []string{at("real", "deep"), at("here")} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	links := [][2]string{
		{"../real/file", at("here", "relative")},
		{at("real", "file"), at("here", "absolute")},
		{"relative", at("here", "twice")},
		{"../real/absent", at("here", "dangling")},
		{at("real", "deep"), at("door")},
		{"../file", at("real", "deep", "up")}, // by way of door, ".." is real, not dir
	}
	for _, l := range links {
		if err := os.Symlink(l[0], l[1]); err != nil {
			t.Fatal(err)
		}
	}
	for i, c := range []struct{ path, end string }{
		{at("here", "relative"), at("real", "file")},
		{at("here", "absolute"), at("real", "file")},
		{at("here", "twice"), at("real", "file")},
		{at("here", "dangling"), at("real", "absent")},
		{at("door", "up"), at("real", "file")},
	} {
		body := fmt.Sprint("body ", i)
		if err := disk.Write(c.path, text(body)); err != nil {
			t.Fatal(err)
		}
		wantContent(t, c.end, body)
		info, err := os.Lstat(c.path)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			t.Errorf("%s is no link any more (%v)", c.path, err)
		}
	}
	wantEntries(t, at("real"), "absent", "deep", "file")
	wantEntries(t, at("here"), "absolute", "dangling", "relative", "twice")

	if err := os.Symlink("loop", at("loop")); err != nil {
		t.Fatal(err)
	}
	if err := disk.Write(at("loop"), text("x")); err == nil || !strings.HasPrefix(err.Error(), at("loop")+": ") {
		t.Errorf("a link to itself: %v, want an error that names it", err)
	}
}

func TestPipeIsWrittenDirectly(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	got := make(chan string)
	go func() {
		b, err := os.ReadFile(pipe)
		if err != nil {
			t.Error(err)
		}
		got <- string(b)
	}()
	if err := disk.Write(pipe, text("through the pipe")); err != nil {
		t.Fatal(err)
	}
	if s := <-got; s != "through the pipe" {
		t.Errorf("reader got %q", s)
	}
	if info, err := os.Lstat(pipe); err != nil || info.Mode()&fs.ModeNamedPipe == 0 {
		t.Errorf("the pipe was replaced (%v)", err)
	}
}

func writeToStdout(path string) {
	fmt.Println("before")
	report(disk.Write(path, text("written\n")))
	fmt.Println("after")
}

func TestStandardOutputKeepsWhatIsPrinted(t *testing.T) {
	// By way of a link of our own, so that nothing of the system's is at stake here.
	stdout := filepath.Join(t.TempDir(), "stdout")
	if err := os.Symlink("/dev/fd/1", stdout); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("/dev/fd/1"); err != nil {
		t.Skip(err)
	}
	const want = "before\nwritten\nafter\n"
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	for _, target := range []string{stdout, path} {
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		cmd := child(t, "stdout", target)
		cmd.Stdout = f
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		f.Close()
		wantContent(t, path, want)
		wantEntries(t, dir, "out")
	}
	piped, err := child(t, "stdout", stdout).Output()
	if err != nil || string(piped) != want {
		t.Errorf("a pipe got %q (%v), want %q", piped, err, want)
	}
}

// writePastLimit may write 64 KiB to a file, as on a disk with that much left.
func writePastLimit(path string) {
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 64 << 10, Max: 64 << 10}); err != nil {
		fmt.Println("skip:", err)
		return
	}
	ignored := func(w io.Writer) error { w.Write(make([]byte, 1<<20)); return nil }
	reported := func(w io.Writer) error { _, err := w.Write(make([]byte, 1<<20)); return fmt.Errorf("block 3: %w", err) }
	late := func(w io.Writer) error { // all but the last byte fits, and is flushed at the end only
		_, err := w.Write(make([]byte, 64<<10))
		if err == nil {
			_, err = w.Write([]byte{1})
		}
		return err
	}
	for _, write := range []func(io.Writer) error{ignored, reported, late} {
		report(disk.Write(path, write))
	}
}

func TestFullDiskLeavesTheOldFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.txt")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := child(t, "limited", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.HasPrefix(out, []byte("skip:")) {
		t.Skip(string(out))
	}
	want := fmt.Sprintf("%[1]s: %[2]v\n%[1]s: block 3: %[2]v\n%[1]s: %[2]v\n", path, syscall.EFBIG)
	if string(out) != want {
		t.Errorf("child said %q, want %q", out, want)
	}
	wantContent(t, path, "old")
	wantEntries(t, dir, "a.txt")
}

// writeAsNobody gives up root, which no permission stops.
func writeAsNobody(path string) {
	if os.Geteuid() == 0 {
		if err := syscall.Setuid(65534); err != nil {
			fmt.Println("skip:", err)
			return
		}
	}
	report(disk.Write(path, text("new")))
	report(disk.Clean(filepath.Dir(path)))
}

func TestReadOnlyFolder(t *testing.T) {
	dir, err := os.MkdirTemp("", "readonly") // t.TempDir's parent lets nobody in
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path, left := filepath.Join(dir, "a.txt"), filepath.Join(dir, ".a.txt.actfn-0123456789abcdef.tmp")
	for _, p := range []string{path, left} {
		if err := os.WriteFile(p, []byte("old"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o755)
	out, err := child(t, "nobody", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.HasPrefix(out, []byte("skip:")) {
		t.Skip(string(out))
	}
	want := fmt.Sprintf("%s: permission denied\n%s: permission denied\n", path, left)
	if string(out) != want {
		t.Errorf("child said %q, want %q", out, want)
	}
	wantContent(t, path, "old")
	wantEntries(t, dir, filepath.Base(left), "a.txt")
}

// writeHalfAndWait writes for ever in the middle of a file, and says when it is there.
func writeHalfAndWait(path string) {
	report(disk.Write(path, func(w io.Writer) error {
		for i := 0; ; i++ {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return err
			}
			if i == 16 {
				fmt.Println("midway")
				time.Sleep(time.Minute)
			}
		}
	}))
}

func TestKilledWriterLeavesTheOldFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.txt")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := child(t, "stuck", path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if line != "midway\n" {
		t.Errorf("child said %q (%v)", line, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if status, ok := cmd.Wait().(*exec.ExitError); !ok || status.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("child ended by %v, want the kill", status)
	}
	wantContent(t, path, "old")
	left, err := filepath.Glob(filepath.Join(dir, ".a.txt.*.tmp"))
	if err != nil || len(left) != 1 {
		t.Fatalf("left over are %q (%v), want one temporary file", left, err)
	}
	if err := disk.Clean(dir); err != nil {
		t.Fatal(err)
	}
	wantEntries(t, dir, "a.txt")
}
