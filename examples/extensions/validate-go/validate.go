// Checks a sign-up record: JSON in, JSON out, over the base ABI.
//
//	{"email":"Foo@Example.COM ","age":25}  ->  {"ok":true,"email":"foo@example.com","age":25}
//
// Build: deno run -A tools/build_guests.ts validate-go
//
//	(GOOS=wasip1 GOARCH=wasm, -buildmode=c-shared: a reactor, whose _initialize the host calls once)
package main

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const maxAge = 150

// maxDepth stops a payload of nothing but brackets: the decoder calls itself once or twice a level,
// and the engine's own stack, which the guest cannot see, ends long before the decoder's limit.
const maxDepth = 1000

func main() {} // never runs: a reactor only has exports

//go:wasmexport validate
func validate(pointer, length uint32) uint64 {
	return handOut(judge(payload(pointer, length)))
}

func judge(payload []byte) []byte {
	record, ok := read(payload)
	if !ok {
		return refuse("input must be an object")
	}
	email, ok := record["email"].(string)
	if !ok || email == "" {
		return refuse("email required")
	}
	number, ok := record["age"].(json.Number)
	if !ok {
		return refuse("age out of range")
	}
	// Its only error is a number too large, or too small; the nearest value comes with it.
	age, _ := strconv.ParseFloat(number.String(), 64)
	if age < 0 || age > maxAge {
		return refuse("age out of range")
	}
	address := strings.TrimFunc(email, isSpace)
	local, domain, found := strings.Cut(address, "@")
	if !found || local == "" || domain == "" {
		return refuse("email shape")
	}
	if !strings.Contains(domain, ".") {
		return refuse("email domain")
	}
	out := append(make([]byte, 0, len(address)+64), `{"ok":true,"email":"`...)
	out = appendLowered(out, address)
	out = append(out, `","age":`...)
	out = appendNumber(out, age)
	return append(out, '}')
}

// read gives the members of an object, none for an array, and false for anything else.
func read(payload []byte) (map[string]any, bool) {
	// The decoder would replace bad bytes and go on.
	if !utf8.Valid(payload) || depth(payload) > maxDepth {
		return nil, false
	}
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.UseNumber() // 1e400 is no float64, but it is a number
	var value any
	// The decoder stops behind the first value; nothing but white space may follow.
	if decoder.Decode(&value) != nil || len(bytes.Trim(payload[decoder.InputOffset():], " \t\r\n")) > 0 {
		return nil, false
	}
	switch value := value.(type) {
	case map[string]any:
		return value, true
	case []any:
		return nil, true
	default:
		return nil, false
	}
}

// depth tells how deep the brackets outside strings nest, well-formed or not.
func depth(payload []byte) int {
	deepest, open, inString := 0, 0, false
	for i := 0; i < len(payload); i++ {
		switch c := payload[i]; {
		case c == '"':
			inString = !inString
		case inString:
			if c == '\\' {
				i++
			}
		case c == '{' || c == '[':
			open++
			deepest = max(deepest, open)
		case c == '}' || c == ']':
			open--
		}
	}
	return deepest
}

func refuse(reason string) []byte {
	return []byte(`{"ok":false,"error":"` + reason + `"}`)
}

// isSpace tells what JavaScript's trim drops: without U+0085, with the byte order mark.
func isSpace(r rune) bool {
	return r == '\ufeff' || r != '\u0085' && unicode.IsSpace(r)
}

// appendLowered writes text with its letters A to Z lowered and only JSON's own escapes:
// encoding/json would escape U+2028, too.
func appendLowered(out []byte, text string) []byte {
	const hex = "0123456789abcdef"
	for i := range len(text) {
		c := text[i]
		if at := strings.IndexByte("\"\\\b\f\n\r\t", c); at >= 0 {
			out = append(out, '\\', `"\bfnrt`[at])
		} else if c < 0x20 {
			out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		} else if 'A' <= c && c <= 'Z' {
			out = append(out, c+'a'-'A')
		} else {
			out = append(out, c)
		}
	}
	return out
}

// appendNumber writes a number from 0 to 150 as JavaScript does.
func appendNumber(out []byte, number float64) []byte {
	text, err := json.Marshal(number + 0) // -0 + 0 is 0
	if err != nil {
		return append(out, '0') // not a number: excluded before
	}
	return append(out, text...)
}
