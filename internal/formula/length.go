package formula

// Length is the number of operations and operands that String would write. String writes a shared subexpression each
// time it occurs, so that the Length of an expression can be far larger than its Arena.
func (e *Expr) Length() float64 {
	known := map[*Expr]float64{}
	var length func(*Expr) float64
	length = func(e *Expr) float64 {
		if n, ok := known[e]; ok {
			return n
		}
		n := 1.0
		for _, arg := range e.args {
			n += length(arg)
		}
		known[e] = n
		return n
	}
	return length(e)
}
