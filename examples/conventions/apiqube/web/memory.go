package main

import (
	"encoding/json"
	"unsafe"
)

// pinned holds every buffer whose address the host knows, so that the collector leaves it alone.
// Nobody gives them back one by one: they live until the plugin ends.
var pinned = map[uint32][]byte{}

func pin(buffer []byte) uint64 {
	if len(buffer) == 0 {
		return 0
	}
	address := uint32(uintptr(unsafe.Pointer(unsafe.SliceData(buffer))))
	pinned[address] = buffer
	return uint64(address)<<32 | uint64(len(buffer))
}

// taken gives the buffer that the host filled.
func taken(packed uint64) []byte {
	buffer := pinned[uint32(packed>>32)]
	return buffer[:min(len(buffer), int(uint32(packed)))]
}

// answer hands a value to the host as JSON.
func answer(value any) uint64 {
	text, err := json.Marshal(value)
	if err != nil {
		return 0
	}
	return pin(text)
}

//go:wasmexport allocate
func allocate(size uint32) uint64 {
	return pin(make([]byte, size))
}

//go:wasmexport plugin_destroy
func pluginDestroy() {
	clear(pinned)
}
