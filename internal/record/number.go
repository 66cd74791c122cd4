package record

import (
	"encoding/json"
	"fmt"
	"strconv"

	"actfn/internal/number"
)

// parseFloat returns the float64 of a JSON token.
func parseFloat(t json.Token) (float64, error) {
	switch t := t.(type) {
	case json.Number:
		if v, err := strconv.ParseFloat(string(t), 64); err == nil {
			return v, nil
		}
	case string:
		if v, ok := number.NonFinite(t); ok {
			return v, nil
		}
	}
	return 0, fmt.Errorf(`is %s, want a number, "NaN", "Infinity" or "-Infinity"`, show(t))
}
