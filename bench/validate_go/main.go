// Times the job validate(email, age) in the engines of Go hosts: Go itself, goja, wazero and, built
// with the tag v8go, V8. It prints microseconds a call by engine as JSON, medians over several rounds,
// and microseconds of a cold load of a module.
//
//	validate_go RUST.wasm ASSEMBLYSCRIPT.wasm COLD.wasm SCRIPT.js PAYLOAD ANSWER
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/dop251/goja"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/assemblyscript"
)

const (
	rounds  = 15
	roundNs = 40 * time.Millisecond
)

type job func(payload []byte) ([]byte, error)

// engines that are built in by a tag add themselves here.
var engines = map[string]func(script string) (job, error){}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// median is the time of one run in microseconds.
func median(run func()) float64 {
	count := 1
	for {
		start := time.Now()
		for i := 0; i < count; i++ {
			run()
		}
		if time.Since(start) > roundNs/4 {
			break
		}
		count *= 2
	}
	count *= 4
	times := make([]float64, rounds)
	for r := range times {
		start := time.Now()
		for i := 0; i < count; i++ {
			run()
		}
		times[r] = float64(time.Since(start).Nanoseconds()) / float64(count) / 1e3
	}
	sort.Float64s(times)
	return times[rounds/2]
}

type record struct {
	Email any `json:"email"`
	Age   any `json:"age"`
}

type verdict struct {
	Ok    bool    `json:"ok"`
	Error string  `json:"error,omitempty"`
	Email string  `json:"email,omitempty"`
	Age   float64 `json:"age,omitempty"`
}

func validate(in record) verdict {
	email, isText := in.Email.(string)
	if !isText || email == "" {
		return verdict{Error: "email required"}
	}
	age, isNumber := in.Age.(float64)
	if !isNumber || age < 0 || age > 150 {
		return verdict{Error: "age out of range"}
	}
	address := strings.ToLower(strings.TrimSpace(email))
	at := strings.IndexByte(address, '@')
	if at <= 0 || at == len(address)-1 {
		return verdict{Error: "email shape"}
	}
	if !strings.Contains(address[at:], ".") {
		return verdict{Error: "email domain"}
	}
	return verdict{Ok: true, Email: address, Age: age}
}

func native(payload []byte) ([]byte, error) {
	var in record
	if err := json.Unmarshal(payload, &in); err != nil {
		return nil, err
	}
	return json.Marshal(validate(in))
}

func onGoja(script string) (job, error) {
	vm := goja.New()
	if _, err := vm.RunString(script + "\nvar __call = (text) => JSON.stringify(validate(JSON.parse(text)));"); err != nil {
		return nil, err
	}
	call, _ := goja.AssertFunction(vm.Get("__call"))
	return func(payload []byte) ([]byte, error) {
		value, err := call(goja.Undefined(), vm.ToValue(string(payload)))
		if err != nil {
			return nil, err
		}
		return []byte(value.String()), nil
	}, nil
}

func instantiate(ctx context.Context, bytes []byte) (wazero.Runtime, api.Module, error) {
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigCompiler().WithCloseOnContextDone(true))
	if _, err := assemblyscript.Instantiate(ctx, r); err != nil {
		return nil, nil, err
	}
	m, err := r.InstantiateWithConfig(ctx, bytes, wazero.NewModuleConfig().WithStartFunctions("_initialize"))
	return r, m, err
}

// onWazero calls a module of the base convention, with a time limit, as a host has to.
func onWazero(path string) (job, error) {
	ctx := context.Background()
	bytes, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	_, m, err := instantiate(ctx, bytes)
	if err != nil {
		return nil, err
	}
	alloc, free := m.ExportedFunction("__base_alloc"), m.ExportedFunction("__base_free")
	fn := m.ExportedFunction("validate")
	return func(payload []byte) ([]byte, error) {
		limited, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		length := uint64(len(payload))
		at, err := alloc.Call(limited, length)
		if err != nil {
			return nil, err
		}
		m.Memory().Write(uint32(at[0]), payload)
		packed, err := fn.Call(limited, at[0], length)
		if err != nil {
			return nil, err
		}
		if _, err := free.Call(limited, at[0], length); err != nil {
			return nil, err
		}
		ptr, size := uint32(packed[0]>>32), uint32(packed[0])
		view, _ := m.Memory().Read(ptr, size)
		result := append([]byte(nil), view...)
		_, err = free.Call(limited, uint64(ptr), uint64(size))
		return result, err
	}, nil
}

func main() {
	if len(os.Args) != 7 {
		check(fmt.Errorf("usage: validate_go RUST.wasm AS.wasm COLD.wasm SCRIPT.js PAYLOAD ANSWER"))
	}
	script, err := os.ReadFile(os.Args[4])
	check(err)
	cold, err := os.ReadFile(os.Args[3])
	check(err)
	payload, answer := []byte(os.Args[5]), os.Args[6]
	jobs := map[string]job{"native": native}
	jobs["goja"], err = onGoja(string(script))
	check(err)
	jobs["rust"], err = onWazero(os.Args[1])
	check(err)
	jobs["assemblyscript"], err = onWazero(os.Args[2])
	check(err)
	for name, open := range engines {
		jobs[name], err = open(string(script))
		check(err)
	}
	micros := map[string]float64{}
	for name, run := range jobs {
		got, err := run(payload)
		check(err)
		if string(got) != answer {
			check(fmt.Errorf("%s answered %s", name, got))
		}
		micros[name] = median(func() { _, _ = run(payload) })
	}
	ctx := context.Background()
	micros["cold"] = median(func() {
		r, _, err := instantiate(ctx, cold)
		check(err)
		check(r.Close(ctx))
	})
	check(json.NewEncoder(os.Stdout).Encode(micros))
}
