package main

import (
	"fmt"
	"unsafe"
)

//go:wasmimport pulp http_register
func httpRegister(at unsafe.Pointer, length uint32) uint32

//go:wasmimport pulp http_respond
func httpRespond(at unsafe.Pointer, length uint32) uint32

//go:wasmimport pulp http_fetch
func httpFetch(at unsafe.Pointer, length uint32, answer, size unsafe.Pointer) uint32

//go:wasmimport pulp ws_register
func wsRegister(at unsafe.Pointer, length uint32) uint32

//go:wasmimport pulp ws_send
func wsSend(at unsafe.Pointer, length uint32) uint32

//go:wasmimport pulp sse_register
func sseRegister(at unsafe.Pointer, length uint32) uint32

//go:wasmimport pulp sse_emit
func sseEmit(at unsafe.Pointer, length uint32) uint32

//go:wasmimport pulp fs_read
func fsRead(at unsafe.Pointer, length uint32, answer, size unsafe.Pointer) uint32

//go:wasmimport pulp fs_write
func fsWrite(at unsafe.Pointer, length uint32, data unsafe.Pointer, size uint32) uint32

//go:wasmimport pulp sqlite_exec
func sqliteExec(at unsafe.Pointer, length uint32, params unsafe.Pointer, count uint32, answer, size unsafe.Pointer) uint32

//go:wasmimport pulp sqlite_query
func sqliteQuery(at unsafe.Pointer, length uint32, params unsafe.Pointer, count uint32, answer, size unsafe.Pointer) uint32

// code is what the host says instead of what was wanted; 99 is what was not granted.
type code uint32

func (c code) Error() string { return fmt.Sprintf("the host answered %d", uint32(c)) }

// told makes an error of a code.
func told(answered uint32) error {
	if answered == 0 {
		return nil
	}
	return code(answered)
}

// say hands the host one message.
func say(function func(unsafe.Pointer, uint32) uint32, message record) error {
	bytes := pack(nil, message)
	return told(function(start(bytes), size(bytes)))
}

// register tells the host a path, where it takes nothing else.
func register(function func(unsafe.Pointer, uint32) uint32, path string) error {
	return told(function(unsafe.Pointer(unsafe.StringData(path)), uint32(len(path))))
}

// answered is the address and length of what the host hands over.
type answered struct{ address, length uint32 }

func (a *answered) record(said uint32) (record, error) {
	if said != 0 {
		return nil, code(said)
	}
	value, err := unpack(taken(a.address, a.length))
	if err != nil {
		return nil, err
	}
	return value.(record), nil
}

// fetch waits for the host; the other events of this cell wait in line meanwhile.
func fetch(request record) (record, error) {
	bytes := pack(nil, request)
	var got answered
	return got.record(httpFetch(
		start(bytes), size(bytes),
		unsafe.Pointer(&got.address), unsafe.Pointer(&got.length),
	))
}

func sql(
	function func(unsafe.Pointer, uint32, unsafe.Pointer, uint32, unsafe.Pointer, unsafe.Pointer) uint32,
	statement string, params ...any,
) (record, error) {
	list := pack(nil, params)
	var got answered
	return got.record(function(
		unsafe.Pointer(unsafe.StringData(statement)), uint32(len(statement)),
		start(list), size(list),
		unsafe.Pointer(&got.address), unsafe.Pointer(&got.length),
	))
}

func readFile(path string) ([]byte, error) {
	var got answered
	said := fsRead(
		unsafe.Pointer(unsafe.StringData(path)), uint32(len(path)),
		unsafe.Pointer(&got.address), unsafe.Pointer(&got.length),
	)
	if said != 0 {
		return nil, code(said)
	}
	return taken(got.address, got.length), nil
}

func writeFile(path string, content []byte) error {
	return told(fsWrite(
		unsafe.Pointer(unsafe.StringData(path)), uint32(len(path)), start(content), size(content),
	))
}
