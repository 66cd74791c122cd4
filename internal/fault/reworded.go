package fault

// reworded is an error in other words.
type reworded struct {
	text string
	error
}

func (r reworded) Error() string { return r.text }
func (r reworded) Unwrap() error { return r.error }

// Reworded is the reason for an error in other words, for what a library or a system says in its own. It stays what it is
// for errors.Is and errors.As.
func Reworded(text string, err error) error { return reworded{text, Reason(err)} }
