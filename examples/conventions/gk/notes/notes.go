// A GoatKit plugin that keeps notes: routes for them, a page, a widget, and a job that sweeps away what
// is done. It keeps them in the host's cache, which is all that it asks for.
//
//	POST /notes {"text":"buy milk"}  ->  {"id":1,"text":"buy milk","done":false}
//
// Build: deno run -A tools/build_guests.ts gk-notes
//
//	(GOOS=wasip1 GOARCH=wasm, -buildmode=c-shared: a reactor, whose _initialize the host calls once)
package main

import (
	"encoding/json"
	"fmt"
	"html"
	"strconv"
	"strings"
)

type note struct {
	ID   int    `json:"id"`
	Text string `json:"text"`
	Done bool   `json:"done"`
}

// arguments of a route: its path's parameters, its query and its body, all in one object.
type arguments struct {
	ID     string `json:"id"`
	Text   string `json:"text"`
	Path   string `json:"_path"`
	Method string `json:"_method"`
}

// failure is an answer with one of the error codes of the registration.
type failure struct {
	Error string `json:"error"`
}

const registration = `{
  "name": "notes",
  "version": "1.0.0",
  "description": "Keeps notes",
  "license": "MIT",
  "routes": [
    {"method": "GET", "path": "/notes", "handler": "list"},
    {"method": "POST", "path": "/notes", "handler": "add"},
    {"method": "GET", "path": "/notes/:id", "handler": "show"},
    {"method": "GET", "path": "/notes/:id/page", "handler": "page"},
    {"method": "POST", "path": "/notes/:id/done", "handler": "done"},
    {"method": "DELETE", "path": "/notes", "handler": "clear", "middleware": ["admin"]}
  ],
  "menu_items": [{"id": "notes", "label": "notes.title", "path": "/notes", "location": "agent", "order": 10}],
  "widgets": [
    {"id": "open", "title": "notes.open", "handler": "widget", "location": "agent_home", "size": "small",
     "refreshable": true, "refresh_sec": 60}
  ],
  "jobs": [
    {"id": "sweep", "handler": "sweep", "schedule": "* * * * * *", "enabled": true, "timeout": "30s",
     "description": "Removes what is done"}
  ],
  "i18n": {
    "languages": ["en", "de"],
    "translations": {
      "en": {"title": "Notes", "open": "%d open"},
      "de": {"title": "Notizen", "open": "%d offen"}
    }
  },
  "error_codes": [{"code": "not_found", "message": "There is no such note", "http_status": 404}],
  "permissions": ["cache:read", "cache:write", "notes.edit"]
}`

// functions by the names that the registration, and anybody else, calls them by.
var functions = map[string]func(arguments) any{
	"list": func(arguments) any {
		return map[string]any{"notes": load()}
	},
	"add": func(args arguments) any {
		notes := load()
		added := note{ID: len(notes) + 1, Text: args.Text}
		for _, each := range notes {
			added.ID = max(added.ID, each.ID+1)
		}
		save(append(notes, added))
		log("added " + strconv.Itoa(added.ID))
		return added
	},
	"show": func(args arguments) any {
		for _, each := range load() {
			if strconv.Itoa(each.ID) == args.ID {
				return each
			}
		}
		return failure{"notes:not_found"}
	},
	"page": func(args arguments) any {
		for _, each := range load() {
			if strconv.Itoa(each.ID) == args.ID {
				return map[string]string{"html": "<h1>" + html.EscapeString(each.Text) + "</h1>"}
			}
		}
		return failure{"notes:not_found"}
	},
	"done": func(args arguments) any {
		notes := load()
		for at := range notes {
			if strconv.Itoa(notes[at].ID) == args.ID {
				notes[at].Done = true
				save(notes)
				return notes[at]
			}
		}
		return failure{"notes:not_found"}
	},
	"clear": func(arguments) any {
		save(nil)
		return map[string]bool{"ok": true}
	},
	"widget": func(arguments) any {
		open := 0
		for _, each := range load() {
			if !each.Done {
				open++
			}
		}
		return map[string]string{"html": "<b>" + translate("open", open) + "</b>"}
	},
	"sweep": func(arguments) any {
		notes := load()
		left := make([]note, 0, len(notes))
		for _, each := range notes {
			if !each.Done {
				left = append(left, each)
			}
		}
		if swept := len(notes) - len(left); swept > 0 {
			save(left)
			log(fmt.Sprintf("swept %d", swept))
		}
		return nil
	},
}

func load() []note {
	notes := []note{}
	var found struct {
		Value []byte `json:"value"`
		Found bool   `json:"found"`
	}
	if hostCall("cache_get", map[string]string{"key": "notes"}, &found) && found.Found {
		if err := json.Unmarshal(found.Value, &notes); err != nil {
			log("cannot read the notes: " + err.Error())
		}
	}
	return notes
}

func save(notes []note) {
	text, err := json.Marshal(notes)
	if err != nil {
		log("cannot write the notes: " + err.Error())
		return
	}
	hostCall("cache_set", map[string]any{"key": "notes", "value": text}, nil)
}

func translate(key string, args ...any) string {
	var found struct {
		Value string `json:"value"`
	}
	if !hostCall("translate", map[string]any{"key": key, "args": args}, &found) {
		return key
	}
	return strings.TrimSpace(found.Value)
}

func main() {}
