package main

import (
	"encoding/json"
	"unsafe"
)

//go:wasmimport gk host_call
func gkHostCall(name unsafe.Pointer, nameLength uint32, args unsafe.Pointer, argsLength uint32) uint64

//go:wasmimport gk log
func gkLog(level uint32, text unsafe.Pointer, length uint32)

// pinned holds every buffer whose address the host knows, so that the collector leaves it alone.
var pinned = map[uint32][]byte{}

// hand gives bytes to the host, which gives the buffer back when it has read it.
func hand(buffer []byte) uint64 {
	if len(buffer) == 0 {
		return 0
	}
	address := uint32(uintptr(unsafe.Pointer(unsafe.SliceData(buffer))))
	pinned[address] = buffer
	return uint64(address)<<32 | uint64(len(buffer))
}

// view is what the host wrote; it is valid until the buffer is given back.
func view(address, length uint32) []byte {
	buffer := pinned[address]
	return buffer[:min(len(buffer), int(length))]
}

// hostCall asks the host and tells whether it answered; why it did not is in the host's log.
func hostCall(name string, args any, answer any) bool {
	text, err := json.Marshal(args)
	if err != nil {
		return false
	}
	packed := gkHostCall(
		unsafe.Pointer(unsafe.StringData(name)), uint32(len(name)),
		unsafe.Pointer(unsafe.SliceData(text)), uint32(len(text)),
	)
	if packed == 0 {
		return false
	}
	address := uint32(packed >> 32)
	defer delete(pinned, address)
	return answer == nil || json.Unmarshal(view(address, uint32(packed)), answer) == nil
}

func log(text string) {
	const infoLevel = 1
	gkLog(infoLevel, unsafe.Pointer(unsafe.StringData(text)), uint32(len(text)))
}

//go:wasmexport gk_malloc
func gkMalloc(size uint32) uint32 {
	return uint32(hand(make([]byte, size)) >> 32)
}

//go:wasmexport gk_free
func gkFree(address uint32) {
	delete(pinned, address)
}

//go:wasmexport gk_register
func gkRegister() uint64 {
	return hand([]byte(registration))
}

//go:wasmexport gk_call
func gkCall(fn, fnLength, args, argsLength uint32) uint64 {
	function, ok := functions[string(view(fn, fnLength))]
	if !ok {
		return answer(failure{"notes:unknown_function"})
	}
	var given arguments
	if argsLength > 0 {
		if err := json.Unmarshal(view(args, argsLength), &given); err != nil {
			return answer(failure{err.Error()})
		}
	}
	return answer(function(given))
}

// answer hands a value to the host as JSON; nil is no answer at all.
func answer(value any) uint64 {
	if value == nil {
		return 0
	}
	text, err := json.Marshal(value)
	if err != nil {
		return 0
	}
	return hand(text)
}
