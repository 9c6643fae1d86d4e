// A Pulp cell that keeps notes: over HTTP, with an echo over WebSocket and a stream of what is new.
//
// Build: deno run -A tools/build_guests.ts pulp-notes
package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
)

const envelopeBytes = 20

// config is what the manifest says, under the operator's.
var config struct {
	title   string
	longest int64
	weight  float64
}

var lastCall uint64

//go:wasmexport pulp_init
func pulpInit(address, length uint32) int32 {
	if err := setUp(at(address, length)); err != nil {
		fmt.Fprintln(os.Stderr, "cannot start:", err)
		return 1
	}
	return 0
}

func setUp(bytes []byte) error {
	value, err := unpack(bytes)
	if err != nil {
		return err
	}
	given, _ := value.(record)
	var isText, isInteger, isFloat bool
	config.title, isText = given["title"].(string)
	config.longest, isInteger = given["longest"].(int64)
	config.weight, isFloat = given["weight"].(float64)
	if !isText || !isInteger || !isFloat {
		return fmt.Errorf("the configuration has other types: %T %T %T", given["title"], given["longest"], given["weight"])
	}
	if _, err := sql(sqliteExec, "CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, text TEXT, weight REAL)"); err != nil {
		return err
	}
	routes := [][2]string{
		{"GET", "/notes"}, {"POST", "/notes"}, {"GET", "/notes/:id"}, {"GET", "/backup"}, {"GET", "/far"},
	}
	for _, route := range routes {
		if err := say(httpRegister, record{"method": route[0], "path": route[1]}); err != nil {
			return err
		}
	}
	if err := register(wsRegister, "/echo"); err != nil {
		return err
	}
	return register(sseRegister, "/news")
}

//go:wasmexport pulp_step
func pulpStep(address, length uint32) int32 {
	envelope := at(address, length)
	lastCall = binary.LittleEndian.Uint64(envelope)
	if len(envelope) == envelopeBytes {
		return 0
	}
	value, err := unpack(envelope[envelopeBytes:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "an event that cannot be read:", err)
		return -1
	}
	event := value.(record)
	payload := event["payload"].(record)
	switch event["kind"] {
	case "http.request":
		respond(payload)
	case "ws.frame":
		say(wsSend, record{
			"conn_id": payload["conn_id"], "opcode": payload["opcode"], "payload": payload["payload"],
		})
	}
	return 1
}

//go:wasmexport pulp_shutdown
func pulpShutdown() int32 {
	fmt.Println("good bye")
	return 0
}

//go:wasmexport probe_last_call
func probeLastCall() uint64 { return lastCall }

//go:wasmexport probe_config_marker
func probeConfigMarker() int64 { return config.longest }

// note is one row, with the very types that the database holds.
type note struct {
	ID     int64   `json:"id"`
	Text   string  `json:"text"`
	Weight float64 `json:"weight"`
}

var errNotFound = errors.New("there is no such note")

func respond(request record) {
	status, result, err := handle(request)
	if err != nil {
		status, result = 500, map[string]string{"error": err.Error()}
		if errors.Is(err, errNotFound) {
			status = 404
		}
	}
	body, _ := json.Marshal(result)
	answer := record{
		"id":      request["id"],
		"status":  status,
		"headers": record{"Content-Type": "application/json"},
		"body":    body,
	}
	if err := say(httpRespond, answer); err != nil {
		fmt.Fprintln(os.Stderr, "cannot answer:", err)
	}
}

func handle(request record) (int, any, error) {
	path, _ := request["path"].(string)
	params, _ := request["params"].(record)
	switch {
	case request["method"] == "POST":
		text, _ := request["body"].([]byte)
		return add(string(text))
	case path == "/backup":
		content, err := readFile("backup/last.txt")
		return 200, map[string]string{"last": string(content)}, err
	case path == "/far":
		query, _ := request["query"].(record)
		got, err := fetch(record{"url": query["url"]})
		if err != nil {
			return 0, nil, err
		}
		return 200, map[string]any{"status": got["status"], "body": string(got["body"].([]byte))}, nil
	case params["id"] != nil:
		id, err := strconv.ParseInt(params["id"].(string), 10, 64)
		if err != nil {
			return 0, nil, errNotFound
		}
		notes, err := list("SELECT id, text, weight FROM notes WHERE id = ?", id)
		if err == nil && len(notes) == 0 {
			err = errNotFound
		}
		if err != nil {
			return 0, nil, err
		}
		return 200, notes[0], nil
	}
	notes, err := list("SELECT id, text, weight FROM notes ORDER BY id")
	return 200, map[string]any{"title": config.title, "notes": notes}, err
}

func add(text string) (int, any, error) {
	if int64(len(text)) > config.longest {
		return 413, map[string]string{"error": "too long"}, nil
	}
	changed, err := sql(sqliteExec, "INSERT INTO notes (text, weight) VALUES (?, ?)", text, config.weight)
	if err != nil {
		return 0, nil, err
	}
	if err := writeFile("backup/last.txt", []byte(text)); err != nil {
		return 0, nil, err
	}
	id := changed["last_insert_id"].(int64)
	news := record{"path": "/news", "id": strconv.FormatInt(id, 10), "event": "note", "data": text}
	if err := say(sseEmit, news); err != nil {
		return 0, nil, err
	}
	return 201, note{ID: id, Text: text, Weight: config.weight}, nil
}

func list(statement string, params ...any) ([]note, error) {
	found, err := sql(sqliteQuery, statement, params...)
	if err != nil {
		return nil, err
	}
	notes := []note{}
	rows, _ := found["rows"].([]any)
	for _, row := range rows {
		cells := row.([]any)
		notes = append(notes, note{ID: cells[0].(int64), Text: cells[1].(string), Weight: cells[2].(float64)})
	}
	return notes, nil
}

func main() {}
