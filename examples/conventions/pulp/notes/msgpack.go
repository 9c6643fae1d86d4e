package main

import (
	"encoding/binary"
	"errors"
	"math"
)

// record is a message: names and what they stand for.
type record map[string]any

var errMalformed = errors.New("malformed MessagePack")

// pack writes what the cell tells its host: nil, bool, int, int64, float64, string, []byte, []any, record.
func pack(out []byte, value any) []byte {
	switch v := value.(type) {
	case bool:
		if v {
			return append(out, 0xc3)
		}
		return append(out, 0xc2)
	case int:
		return pack(out, int64(v))
	case int64:
		return binary.BigEndian.AppendUint64(append(out, 0xd3), uint64(v))
	case float64:
		return binary.BigEndian.AppendUint64(append(out, 0xcb), math.Float64bits(v))
	case string:
		out = binary.BigEndian.AppendUint32(append(out, 0xdb), uint32(len(v)))
		return append(out, v...)
	case []byte:
		out = binary.BigEndian.AppendUint32(append(out, 0xc6), uint32(len(v)))
		return append(out, v...)
	case []any:
		out = binary.BigEndian.AppendUint32(append(out, 0xdd), uint32(len(v)))
		for _, item := range v {
			out = pack(out, item)
		}
		return out
	case record:
		out = binary.BigEndian.AppendUint32(append(out, 0xdf), uint32(len(v)))
		for name, item := range v {
			out = pack(pack(out, name), item)
		}
		return out
	default:
		return append(out, 0xc0)
	}
}

// unpack reads what the host says. Integers are int64 and floats float64, as it always writes them.
func unpack(bytes []byte) (value any, err error) {
	defer func() {
		// What is cut short is read past its end.
		if recover() != nil {
			value, err = nil, errMalformed
		}
	}()
	in := reader{bytes}
	value = in.value()
	if len(in.rest) > 0 {
		return nil, errMalformed
	}
	return value, nil
}

type reader struct{ rest []byte }

func (in *reader) take(count int) []byte {
	taken := in.rest[:count]
	in.rest = in.rest[count:]
	return taken
}

func (in *reader) length(width int) int {
	switch width {
	case 1:
		return int(in.take(1)[0])
	case 2:
		return int(binary.BigEndian.Uint16(in.take(2)))
	default:
		return int(binary.BigEndian.Uint32(in.take(4)))
	}
}

func (in *reader) value() any {
	head := in.take(1)[0]
	switch {
	case head&0xf0 == 0x80:
		return in.record(int(head & 0x0f))
	case head&0xf0 == 0x90:
		return in.list(int(head & 0x0f))
	case head&0xe0 == 0xa0:
		return string(in.take(int(head & 0x1f)))
	case head == 0xc0:
		return nil
	case head == 0xc2 || head == 0xc3:
		return head == 0xc3
	case head >= 0xc4 && head <= 0xc6:
		return append([]byte{}, in.take(in.length(1<<(head-0xc4)))...)
	case head == 0xcb:
		return math.Float64frombits(binary.BigEndian.Uint64(in.take(8)))
	case head == 0xd3:
		return int64(binary.BigEndian.Uint64(in.take(8)))
	case head >= 0xd9 && head <= 0xdb:
		return string(in.take(in.length(1 << (head - 0xd9))))
	case head == 0xdc || head == 0xdd:
		return in.list(in.length(2 << (head - 0xdc)))
	case head == 0xde || head == 0xdf:
		return in.record(in.length(2 << (head - 0xde)))
	}
	panic(errMalformed)
}

func (in *reader) list(count int) []any {
	items := []any{}
	for range count {
		items = append(items, in.value())
	}
	return items
}

func (in *reader) record(count int) record {
	fields := record{}
	for range count {
		name := in.value().(string)
		fields[name] = in.value()
	}
	return fields
}
