package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// parser reads the JSON of a header token by token, since encoding/json alone lets
// through what two programs may understand differently: keys given twice, halves of
// surrogate pairs, null for anything.
type parser struct {
	dec *json.Decoder
	raw []byte
}

func newParser(raw []byte) parser {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	return parser{dec, raw}
}

// next returns the next token: json.Delim, string, json.Number, bool or nil.
func (p parser) next() (json.Token, error) {
	before := p.dec.InputOffset()
	t, err := p.dec.Token()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("byte %d: %w", p.dec.InputOffset(), err)
	}
	if _, ok := t.(string); ok && loneSurrogate(p.raw[before:p.dec.InputOffset()]) {
		return nil, fmt.Errorf("byte %d: half a surrogate pair in a string, want a character", before)
	}
	return t, nil
}

func (p parser) want(delim json.Delim) error {
	t, err := p.next()
	if err != nil {
		return err
	}
	if t != delim {
		return fmt.Errorf("value is %s, want %v", show(t), delim)
	}
	return nil
}

// object reads an object, calling value with each key where its value is next.
func (p parser) object(value func(key string) error) error {
	if err := p.want('{'); err != nil {
		return err
	}
	seen := map[string]bool{}
	for p.dec.More() {
		key, err := p.string()
		if err != nil {
			return err
		}
		if seen[key] {
			return fmt.Errorf("key %q is given twice, want once", key)
		}
		seen[key] = true
		if err := value(key); err != nil {
			return err
		}
	}
	return p.want('}')
}

func (p parser) string() (string, error) {
	t, err := p.next()
	if err != nil {
		return "", err
	}
	s, ok := t.(string)
	if !ok {
		return "", fmt.Errorf("value is %s, want a string", show(t))
	}
	return s, nil
}

// unsigned reads an array of unsigned integers; it is not nil.
func (p parser) unsigned() ([]uint64, error) {
	if err := p.want('['); err != nil {
		return nil, err
	}
	list := []uint64{}
	for p.dec.More() {
		t, err := p.next()
		if err != nil {
			return nil, err
		}
		number, ok := t.(json.Number)
		n, err := strconv.ParseUint(string(number), 10, 64)
		if !ok || err != nil {
			return nil, fmt.Errorf("value is %s, want an unsigned integer of 64 bits", show(t))
		}
		list = append(list, n)
	}
	return list, p.want(']')
}

// show names a token in a message.
func show(t json.Token) string {
	switch t := t.(type) {
	case nil:
		return "null"
	case string:
		return strconv.Quote(t)
	case json.Delim:
		return map[json.Delim]string{'{': "an object", '[': "an array", '}': "}", ']': "]"}[t]
	}
	return fmt.Sprint(t)
}

// loneSurrogate tells whether a JSON string has an escape like \ud800 without its other
// half, which encoding/json turns into U+FFFD: two names could become one.
func loneSurrogate(raw []byte) bool {
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			continue
		}
		i++ // what is escaped
		first, err := escape(raw[i:])
		if err != nil || !isSurrogate(first) {
			continue
		}
		if i+6 >= len(raw) || raw[i+5] != '\\' {
			return true
		}
		second, err := escape(raw[i+6:])
		if err != nil || first >= lowSurrogates || second < lowSurrogates || second > lastSurrogate {
			return true
		}
		i += 10
	}
	return false
}

const (
	surrogates    = 0xd800
	lowSurrogates = 0xdc00
	lastSurrogate = 0xdfff
)

func isSurrogate(c uint64) bool { return surrogates <= c && c <= lastSurrogate }

// escape returns the code of "uXXXX" at the start of raw.
func escape(raw []byte) (uint64, error) {
	if len(raw) < 5 || raw[0] != 'u' {
		return 0, errors.New("not a \\u escape")
	}
	return strconv.ParseUint(string(raw[1:5]), 16, 16)
}

// quote returns s as a JSON string, as the reference implementation writes it: nothing is
// escaped that need not be.
func quote(s string) ([]byte, error) {
	if !utf8.ValidString(s) {
		return nil, fmt.Errorf("text is %q, want UTF-8", s)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
