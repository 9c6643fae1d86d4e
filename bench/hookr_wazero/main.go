// Times a Hookr plugin on wazero: the protocol as a Go host speaks it, with a context for each call
// and nothing around it. It prints {"vowel": µs, "echo": µs} as JSON, medians over several rounds.
//
//	hookr_wazero PLUGIN.wasm PAYLOAD
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sort"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/assemblyscript"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

const (
	rounds  = 15
	roundNs = 40 * time.Millisecond
)

type handler func(operation string, payload []byte) ([]byte, error)

// call is what one invocation carries through the guest and its imports.
type call struct {
	operation, payload, response []byte
	guestError                   string
	hostResponse                 []byte
	hostError                    error
}

type callKey struct{}

func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// read copies what the guest points at.
func read(m api.Module, ptr, length uint32) []byte {
	view, ok := m.Memory().Read(ptr, length)
	if !ok {
		panic("out of range")
	}
	return append([]byte(nil), view...)
}

func write(m api.Module, ptr uint32, bytes []byte) {
	if !m.Memory().Write(ptr, bytes) {
		panic("out of range")
	}
}

func hostModule(ctx context.Context, r wazero.Runtime, handle handler) error {
	b := r.NewHostModuleBuilder("hookr")
	const i32 = api.ValueTypeI32
	raw := func(name string, params int, results int, fn api.GoModuleFunc) {
		types := []api.ValueType{i32, i32, i32, i32}
		b.NewFunctionBuilder().WithGoModuleFunction(fn, types[:params], types[:results]).Export(name)
	}
	raw("__host_call", 4, 1, func(ctx context.Context, m api.Module, s []uint64) {
		c := callOf(ctx)
		if c == nil {
			s[0] = 0
			return
		}
		operation := string(read(m, uint32(s[0]), uint32(s[1])))
		c.hostResponse, c.hostError = handle(operation, read(m, uint32(s[2]), uint32(s[3])))
		s[0] = 1
		if c.hostError != nil {
			s[0] = 0
		}
	})
	raw("__host_response_len", 0, 1, func(ctx context.Context, _ api.Module, s []uint64) {
		s[0] = uint64(len(callOf(ctx).hostResponse))
	})
	raw("__host_response", 1, 0, func(ctx context.Context, m api.Module, s []uint64) {
		write(m, uint32(s[0]), callOf(ctx).hostResponse)
	})
	raw("__host_error_len", 0, 1, func(ctx context.Context, _ api.Module, s []uint64) {
		s[0] = uint64(len(callOf(ctx).hostError.Error()))
	})
	raw("__host_error", 1, 0, func(ctx context.Context, m api.Module, s []uint64) {
		write(m, uint32(s[0]), []byte(callOf(ctx).hostError.Error()))
	})
	raw("__plugin_request", 2, 0, func(ctx context.Context, m api.Module, s []uint64) {
		c := callOf(ctx)
		write(m, uint32(s[0]), c.operation)
		write(m, uint32(s[1]), c.payload)
	})
	raw("__plugin_response", 2, 0, func(ctx context.Context, m api.Module, s []uint64) {
		callOf(ctx).response = read(m, uint32(s[0]), uint32(s[1]))
	})
	raw("__plugin_error", 2, 0, func(ctx context.Context, m api.Module, s []uint64) {
		callOf(ctx).guestError = string(read(m, uint32(s[0]), uint32(s[1])))
	})
	raw("__log", 2, 0, func(context.Context, api.Module, []uint64) {})
	_, err := b.Instantiate(ctx)
	return err
}

func invoke(ctx context.Context, entry api.Function, operation string, payload []byte) ([]byte, error) {
	c := &call{operation: []byte(operation), payload: payload}
	ctx = context.WithValue(ctx, callKey{}, c)
	results, err := entry.Call(ctx, uint64(len(operation)), uint64(len(payload)))
	if err != nil {
		return nil, err
	}
	if c.guestError != "" {
		return nil, errors.New(c.guestError)
	}
	if results[0] != 1 {
		return nil, fmt.Errorf("call to %q was unsuccessful", operation)
	}
	return c.response, nil
}

func run(path, payload string) error {
	ctx := context.Background()
	bytes, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	r := wazero.NewRuntime(ctx)
	defer r.Close(ctx)
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, r); err != nil {
		return err
	}
	if _, err := assemblyscript.Instantiate(ctx, r); err != nil {
		return err
	}
	echo := func(_ string, payload []byte) ([]byte, error) { return payload, nil }
	if err := hostModule(ctx, r, echo); err != nil {
		return err
	}
	plugin, err := r.InstantiateWithConfig(ctx, bytes, wazero.NewModuleConfig().WithStartFunctions())
	if err != nil {
		return err
	}
	entry := plugin.ExportedFunction("__plugin_call")
	micros := map[string]float64{}
	for _, operation := range []string{"vowel", "echo"} {
		if _, err := invoke(ctx, entry, operation, []byte(payload)); err != nil {
			return err
		}
		var times []float64
		for range rounds {
			calls := 0
			start := time.Now()
			for time.Since(start) < roundNs {
				for range 100 {
					if _, err := invoke(ctx, entry, operation, []byte(payload)); err != nil {
						return err
					}
				}
				calls += 100
			}
			times = append(times, float64(time.Since(start).Nanoseconds())/1000/float64(calls))
		}
		sort.Float64s(times)
		micros[operation] = times[rounds/2]
	}
	return json.NewEncoder(os.Stdout).Encode(micros)
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: hookr_wazero PLUGIN.wasm PAYLOAD")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
