// A WASI command: counts the words of standard input, in the way its function name says.
package main

import (
	"io"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"
)

func main() {
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		fail(err.Error())
	}
	words := strings.Fields(string(input))
	mode := "count"
	if len(os.Args) > 1 {
		mode = os.Args[1]
	}
	switch mode {
	case "count":
		os.Stdout.WriteString(strconv.Itoa(len(words)) + "\n")
	case "sort":
		sort.Strings(words)
		os.Stdout.WriteString(strings.Join(words, "\n"))
	case "arguments":
		os.Stdout.WriteString(strings.Join(os.Args, "|") + " " + os.Getenv("GREETING"))
	case "exit":
		os.Stdout.WriteString("before the end")
		status, _ := strconv.Atoi(string(input))
		os.Exit(status)
	case "sleep":
		time.Sleep(10 * time.Millisecond)
		os.Stdout.WriteString("slept")
	case "panic":
		panic(string(input))
	default:
		fail("there is no function " + mode)
	}
}

func fail(reason string) {
	os.Stderr.WriteString("words: " + reason + "\n")
	os.Exit(1)
}
