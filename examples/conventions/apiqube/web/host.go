package main

import (
	"encoding/json"
	"errors"
	"unsafe"
)

//go:wasmimport apiqube host_log
func hostLog(level uint32, text unsafe.Pointer, length uint32)

//go:wasmimport apiqube host_emit_event
func hostEmitEvent(json unsafe.Pointer, length uint32)

//go:wasmimport apiqube host_http_request
func hostHTTPRequest(json unsafe.Pointer, length uint32) uint64

// request is one HTTP request, as the host takes it; Body travels in base64.
type request struct {
	Method    string            `json:"method"`
	URL       string            `json:"url"`
	Headers   map[string]string `json:"headers,omitempty"`
	Body      []byte            `json:"body,omitempty"`
	TimeoutMS int64             `json:"timeout_ms,omitempty"`
	Follow    bool              `json:"follow_redirects"`
}

// response is what came of it. Error is empty when there was an answer.
type response struct {
	Status     int               `json:"status"`
	Headers    map[string]string `json:"headers"`
	Body       []byte            `json:"body"`
	DurationMS int64             `json:"duration_ms"`
	Error      string            `json:"error"`
}

// fetch waits for the host: other calls of this plugin wait in line meanwhile.
func fetch(wanted request) (got response, err error) {
	text, err := json.Marshal(wanted)
	if err != nil {
		return got, err
	}
	packed := hostHTTPRequest(unsafe.Pointer(unsafe.SliceData(text)), uint32(len(text)))
	if packed == 0 {
		return got, errors.New("the host gave no answer")
	}
	if err := json.Unmarshal(taken(packed), &got); err != nil {
		return got, err
	}
	if got.Error != "" {
		return got, errors.New(got.Error)
	}
	return got, nil
}

func emit(kind string, data map[string]any) {
	text, err := json.Marshal(map[string]any{"plugin": info.Name, "kind": kind, "data": data})
	if err == nil {
		hostEmitEvent(unsafe.Pointer(unsafe.SliceData(text)), uint32(len(text)))
	}
}

func log(text string) {
	const infoLevel = 1
	hostLog(infoLevel, unsafe.Pointer(unsafe.StringData(text)), uint32(len(text)))
}
