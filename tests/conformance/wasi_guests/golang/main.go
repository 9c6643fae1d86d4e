// Uses files as Go programs do, below the directory that is its argument, and says what went wrong.
package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

var failures int

func check(what string, err error) {
	if err == nil {
		return
	}
	failures++
	fmt.Printf("%s: %v\n", what, err)
}

func expect(what string, err, wanted error) {
	if errors.Is(err, wanted) {
		return
	}
	failures++
	fmt.Printf("%s: %v instead of %v\n", what, err, wanted)
}

func truth(what string, holds bool) {
	if !holds {
		check(what, errors.New("not so"))
	}
}

func main() {
	root := os.Args[1]
	in := func(parts ...string) string { return filepath.Join(append([]string{root}, parts...)...) }

	check("mkdir", os.MkdirAll(in("a", "b", "c"), 0o755))
	check("mkdir again", os.MkdirAll(in("a", "b"), 0o755))
	expect("mkdir exists", os.Mkdir(in("a"), 0o755), fs.ErrExist)
	check("write", os.WriteFile(in("a", "file"), []byte("hello"), 0o644))
	content, err := os.ReadFile(in("a", "file"))
	check("read", err)
	truth("content", string(content) == "hello")
	_, err = os.ReadFile(in("missing"))
	expect("read missing", err, fs.ErrNotExist)

	file, err := os.OpenFile(in("a", "file"), os.O_APPEND|os.O_RDWR, 0)
	check("append", err)
	fmt.Fprintf(file, " and %d more", 2)
	_, err = file.Seek(0, io.SeekStart)
	check("seek", err)
	text, err := io.ReadAll(bufio.NewReader(file))
	check("read all", err)
	truth("appended", string(text) == "hello and 2 more")
	check("sync", file.Sync())
	check("truncate", file.Truncate(4))
	info, err := file.Stat()
	check("stat", err)
	truth("size", info.Size() == 4 && !info.IsDir())
	part := make([]byte, 2)
	_, err = file.ReadAt(part, 1)
	check("read at", err)
	truth("part", string(part) == "el")
	check("close", file.Close())
	truth("closed", file.Close() != nil)

	when := time.Unix(1_600_000_000, 123_456_789)
	check("times", os.Chtimes(in("a", "file"), when, when))
	info, err = os.Stat(in("a", "file"))
	check("stat times", err)
	truth("mtime", info.ModTime().Equal(when))

	for i := range 300 {
		check("many", os.WriteFile(in("a", "b", fmt.Sprintf("%03d", i)), nil, 0o600))
	}
	entries, err := os.ReadDir(in("a", "b"))
	check("read dir", err)
	truth("entries", len(entries) == 301 && entries[0].Name() == "000" && entries[300].IsDir())

	check("symlink", os.Symlink("file", in("a", "link")))
	target, err := os.Readlink(in("a", "link"))
	check("read link", err)
	truth("target", target == "file")
	content, err = os.ReadFile(in("a", "link"))
	check("read through link", err)
	truth("linked", bytes.Equal(content, []byte("hell")))
	info, err = os.Lstat(in("a", "link"))
	check("lstat", err)
	truth("is link", info.Mode()&fs.ModeSymlink != 0)
	truth("no way out", os.Symlink("/etc/passwd", in("out")) != nil)
	check("hard link", os.Link(in("a", "file"), in("second")))

	check("rename", os.Rename(in("a"), in("moved")))
	_, err = os.Stat(in("a"))
	expect("gone", err, fs.ErrNotExist)
	count := 0
	check("walk", filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		count++
		return err
	}))
	truth("walked", count == 307)
	truth("not empty", os.Remove(in("moved")) != nil)
	check("remove all", os.RemoveAll(in("moved")))
	check("remove", os.Remove(in("second")))
	if failures > 0 {
		os.Exit(1)
	}
	fmt.Print("done")
}
