package main

import "unsafe"

// pinned holds every buffer whose address the host knows, so that the collector leaves it alone.
var pinned = map[uint32][]byte{}

//go:wasmexport pulp_alloc
func pulpAlloc(size uint32) uint32 {
	if size == 0 {
		return 0
	}
	buffer := make([]byte, size)
	address := uint32(uintptr(unsafe.Pointer(unsafe.SliceData(buffer))))
	pinned[address] = buffer
	return address
}

//go:wasmexport pulp_free
func pulpFree(address, size uint32) {
	delete(pinned, address)
}

// taken gives the buffer that the host filled, and forgets it.
func taken(address, length uint32) []byte {
	buffer := pinned[address]
	delete(pinned, address)
	return buffer[:min(len(buffer), int(length))]
}

// at gives the bytes of the host at an address, without taking them.
func at(address, length uint32) []byte {
	buffer := pinned[address]
	return buffer[:min(len(buffer), int(length))]
}

func start(bytes []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(bytes)) }

func size(bytes []byte) uint32 { return uint32(len(bytes)) }
