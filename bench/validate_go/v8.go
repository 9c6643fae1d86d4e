//go:build v8go

package main

import "rogchap.com/v8go"

func init() {
	engines["v8go"] = func(script string) (job, error) {
		ctx := v8go.NewContext()
		if _, err := ctx.RunScript(script+"\nfunction __call(text) { return JSON.stringify(validate(JSON.parse(text))) }", "validate.js"); err != nil {
			return nil, err
		}
		value, err := ctx.Global().Get("__call")
		if err != nil {
			return nil, err
		}
		call, err := value.AsFunction()
		if err != nil {
			return nil, err
		}
		return func(payload []byte) ([]byte, error) {
			text, err := v8go.NewValue(ctx.Isolate(), string(payload))
			if err != nil {
				return nil, err
			}
			result, err := call.Call(ctx.Global(), text)
			if err != nil {
				return nil, err
			}
			return []byte(result.String()), nil
		}, nil
	}
}
