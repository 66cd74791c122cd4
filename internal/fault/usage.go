package fault

import "errors"

// usage marks an error whose cause is what was asked for: flags, variables or the configuration.
type usage struct{ error }

func (u usage) Unwrap() error { return u.error }

// Usage marks err as a fault of what was asked for, which no second try mends. A nil err stays nil.
func Usage(err error) error {
	if err == nil {
		return nil
	}
	return usage{err}
}

// IsUsage reports that Usage marked err, or an error that it wraps or joins.
func IsUsage(err error) bool {
	_, ok := errors.AsType[usage](err)
	return ok
}

// Place is the outermost place that At put before err, "" if there is none.
func Place(err error) string {
	p, _ := errors.AsType[placed](err)
	return p.place
}
