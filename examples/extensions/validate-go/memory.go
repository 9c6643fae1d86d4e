package main

import "unsafe"

// pinned holds every buffer that the host knows by its address, so that the collector leaves it
// where it is; giving it back unpins it.
var pinned = map[uint32][]byte{}

func pin(buffer []byte) uint32 {
	address := uint32(uintptr(unsafe.Pointer(unsafe.SliceData(buffer))))
	pinned[address] = buffer
	return address
}

//go:wasmexport __base_alloc
func baseAlloc(size uint32) uint32 {
	// One byte at least: buffers of no size all share one address.
	return pin(make([]byte, max(size, 1)))
}

//go:wasmexport __base_free
func baseFree(pointer, _ uint32) {
	delete(pinned, pointer)
}

// payload gives what the host wrote into a buffer of its own.
func payload(pointer, length uint32) []byte {
	buffer := pinned[pointer]
	return buffer[:min(int(length), len(buffer))]
}

// handOut pins a result; pointer in the upper half, length in the lower.
func handOut(result []byte) uint64 {
	return uint64(pin(result))<<32 | uint64(len(result))
}
