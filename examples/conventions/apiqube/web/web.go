// An ApiQube plugin that executes tests over HTTP.
//
//	{"method":"POST","target":"http://127.0.0.1:8080","resource":"/notes","fields":{"body":{"a":1}}}
//	  ->  {"status":201,"headers":{"Content-Type":"application/json"},"body":{"id":7},"duration_ms":3}
//
// Build: deno run -A tools/build_guests.ts web
//
//	(GOOS=wasip1 GOARCH=wasm, -buildmode=c-shared: a reactor, whose _initialize the host calls once)
package main

import (
	"encoding/json"
	"strings"
	"time"
)

type field struct {
	Type        string `json:"type"`
	Required    bool   `json:"required"`
	Description string `json:"description"`
}

type event struct {
	Description string           `json:"description"`
	Fields      map[string]field `json:"fields"`
}

var info = struct {
	Name         string           `json:"name"`
	Version      string           `json:"version"`
	Description  string           `json:"description"`
	Protocols    []string         `json:"protocols"`
	Capabilities []string         `json:"capabilities"`
	Fields       map[string]field `json:"fields"`
	Events       map[string]event `json:"events"`
}{
	Name:         "web",
	Version:      "1.0.0",
	Description:  "Sends one request a test",
	Protocols:    []string{"http", "https"},
	Capabilities: []string{"http"},
	Fields: map[string]field{
		"body":   {Type: "any", Description: "what to send: text as it is, anything else as JSON"},
		"follow": {Type: "bool", Description: "whether to follow redirects; they are the answer otherwise"},
	},
	Events: map[string]event{
		"Sent":     {Description: "a request is on its way", Fields: map[string]field{"url": {Type: "string", Required: true}}},
		"Answered": {Description: "an answer is there", Fields: map[string]field{"status": {Type: "number", Required: true}}},
	},
}

// config is the operator's: headers of every request.
var config struct {
	Headers map[string]string `json:"headers"`
}

// input is one test.
type input struct {
	Method   string            `json:"method"`
	Resource string            `json:"resource"`
	Target   string            `json:"target"`
	Headers  map[string]string `json:"headers"`
	Timeout  string            `json:"timeout"`
	Fields   struct {
		Body   any  `json:"body"`
		Follow bool `json:"follow"`
	} `json:"fields"`
}

type output struct {
	Status     int               `json:"status"`
	Headers    map[string]string `json:"headers,omitempty"`
	Body       any               `json:"body,omitempty"`
	DurationMS int64             `json:"duration_ms"`
	Error      string            `json:"error,omitempty"`
}

type fieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

func main() {} // never runs: a reactor only has exports

//go:wasmexport plugin_info
func pluginInfo() uint64 {
	return answer(info)
}

//go:wasmexport plugin_init
func pluginInit(packed uint64) uint64 {
	if err := json.Unmarshal(taken(packed), &config); err != nil {
		log("the configuration is not used: " + err.Error())
	}
	return 0
}

//go:wasmexport validate
func validate(packed uint64) uint64 {
	var test input
	if err := json.Unmarshal(taken(packed), &test); err != nil {
		return answer([]fieldError{{Message: err.Error()}})
	}
	var problems []fieldError
	if !strings.HasPrefix(test.Target, "http://") && !strings.HasPrefix(test.Target, "https://") {
		problems = append(problems, fieldError{"target", "must start with http:// or https://"})
	}
	if _, err := timeout(test.Timeout); err != nil {
		problems = append(problems, fieldError{"timeout", err.Error()})
	}
	if problems == nil {
		return 0
	}
	return answer(problems)
}

//go:wasmexport execute
func execute(packed uint64) uint64 {
	var test input
	if err := json.Unmarshal(taken(packed), &test); err != nil {
		return answer(output{Error: err.Error()})
	}
	wanted, err := requestFor(test)
	if err != nil {
		return answer(output{Error: err.Error()})
	}
	emit("Sent", map[string]any{"url": wanted.URL})
	got, err := fetch(wanted)
	if err != nil {
		return answer(output{Error: err.Error(), DurationMS: got.DurationMS})
	}
	emit("Answered", map[string]any{"status": got.Status})
	return answer(output{got.Status, got.Headers, bodyOf(got), got.DurationMS, ""})
}

func requestFor(test input) (request, error) {
	limit, err := timeout(test.Timeout)
	if err != nil {
		return request{}, err
	}
	headers := map[string]string{}
	for _, each := range []map[string]string{config.Headers, test.Headers} {
		for name, value := range each {
			headers[name] = value
		}
	}
	wanted := request{
		Method:    strings.ToUpper(test.Method),
		URL:       strings.TrimSuffix(test.Target, "/") + "/" + strings.TrimPrefix(test.Resource, "/"),
		Headers:   headers,
		TimeoutMS: limit.Milliseconds(),
		Follow:    test.Fields.Follow,
	}
	switch body := test.Fields.Body.(type) {
	case nil:
	case string:
		wanted.Body = []byte(body)
	default:
		headers["Content-Type"] = "application/json"
		if wanted.Body, err = json.Marshal(body); err != nil {
			return request{}, err
		}
	}
	return wanted, nil
}

func timeout(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	return time.ParseDuration(text)
}

// bodyOf gives the value of a JSON answer, and any other one as text.
func bodyOf(got response) any {
	var value any
	isJSON := strings.HasPrefix(got.Headers["Content-Type"], "application/json")
	if isJSON && json.Unmarshal(got.Body, &value) == nil {
		return value
	}
	return string(got.Body)
}
