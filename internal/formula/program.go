package formula

import (
	"sync"

	"actfn/internal/kernel"
)

// BlockSize is the number of elements that a program computes at a time: few enough that its registers fit in the
// first-level cache, and many enough that the cost of a call is negligible.
const BlockSize = 512

// Program computes expressions of x, block by block. Each instruction is one call of a kernel. Several goroutines may
// run the same Program.
type Program struct {
	scalars   []*Expr // depend on parameters only; computed once by Scalars
	code      []instruction
	registers int
	outputs   []operand
	draws     bool
	spare     sync.Pool
}

// operand is the place of a value that an instruction reads.
type operand struct {
	kind  kind
	index int
}

type kind uint8

const (
	input    kind = iota // x
	register             // by index
	scalar               // of Program.scalars, by index
)

// instruction computes a register from operands.
type instruction struct {
	run func(dst []float32, m *machine, args []operand)
	dst int
	arg []operand
}

// machine is the state of a run on one block.
type machine struct {
	memory  []float32             // the registers, followed by one block for each output
	rooms   [3][BlockSize]float32 // scalar operands that a kernel needs as vectors
	n       int                   // elements in the block
	x       []float32
	scalars []float32
	chance  func(dst []float32, stream int)
}

func (m *machine) register(i int) []float32 { return m.memory[i*BlockSize:][:m.n] }

// vector is the memory of an operand that is not a scalar.
func (m *machine) vector(o operand) []float32 {
	if o.kind == input {
		return m.x
	}
	return m.register(o.index)
}

// Compile returns a program that computes the expressions.
func Compile(outputs ...*Expr) *Program {
	p := &Program{}
	c := compiler{Program: p, at: map[*Expr]operand{}, uses: map[*Expr]int{}, parents: map[*Expr]int{}}
	for _, e := range outputs {
		c.survey(e)
	}
	for _, e := range outputs {
		c.count(e)
	}
	for _, e := range outputs {
		p.outputs = append(p.outputs, c.place(e))
	}
	return p
}

// compiler assigns registers. A register is free again after the last use of its value.
type compiler struct {
	*Program
	at      map[*Expr]operand
	parents map[*Expr]int // the number of expressions and outputs that contain it
	uses    map[*Expr]int // the number of uses still to come; that of an output never comes
	free    []int
}

// survey counts the parents of e and of its subexpressions.
func (c *compiler) survey(e *Expr) {
	c.parents[e]++
	if c.parents[e] == 1 && e.varies {
		for _, arg := range e.args {
			c.survey(arg)
		}
	}
}

// count counts the uses of e and of the operands that it is computed from.
func (c *compiler) count(e *Expr) {
	c.uses[e]++
	if c.uses[e] > 1 || !e.varies {
		return
	}
	for _, arg := range c.operands(e) {
		c.count(arg)
	}
}

// operands lists the expressions that the instruction for e reads. For a·b + c they are a, b and c, unless the product
// is needed elsewhere.
func (c *compiler) operands(e *Expr) []*Expr {
	if e.op == Add {
		for i, product := range e.args {
			if product.op != Mul || !product.varies || c.parents[product] > 1 || timesKernel(product) != nil {
				continue
			}
			a, b, rest := product.args[0], product.args[1], e.args[1-i]
			if !a.varies {
				a, b = b, a
			}
			if !b.varies || rest.varies {
				return []*Expr{a, b, rest}
			}
		}
	}
	if timesKernel(e) != nil {
		return []*Expr{e.args[0], e.args[1].args[0]}
	}
	return e.args
}

// timesKernel is the kernel that computes e = u·f(v) from u and v, or nil if there is none.
func timesKernel(e *Expr) func(dst, u, v []float32) {
	if e.op != Mul {
		return nil
	}
	return primitives[e.args[1].op].product
}

// place adds the instructions that compute e, if there are none yet, and returns its place.
func (c *compiler) place(e *Expr) operand {
	if o, ok := c.at[e]; ok {
		return o
	}
	var o operand
	switch {
	case e.op == X:
		o = operand{input, 0}
	case !e.varies:
		c.scalars = append(c.scalars, e)
		o = operand{scalar, len(c.scalars) - 1}
	default:
		args := c.operands(e)
		places := make([]operand, len(args))
		for i, arg := range args {
			places[i] = c.place(arg)
		}
		run := c.kernel(e, places)
		for _, arg := range args {
			c.used(arg)
		}
		o = operand{register, c.take()}
		c.code = append(c.code, instruction{run, o.index, places})
	}
	c.at[e] = o
	return o
}

// used counts one use of e. After the last one its register is free.
func (c *compiler) used(e *Expr) {
	c.uses[e]--
	if o := c.at[e]; c.uses[e] == 0 && o.kind == register {
		c.free = append(c.free, o.index)
	}
}

func (c *compiler) take() int {
	if n := len(c.free); n > 0 {
		r := c.free[n-1]
		c.free = c.free[:n-1]
		return r
	}
	c.registers++
	return c.registers - 1
}

// Scalars computes the program's scalars from the parameters' values.
func (p *Program) Scalars(parameter func(name string) float64) []float32 {
	values := make([]float32, len(p.scalars))
	for i, e := range p.scalars {
		values[i] = float32(e.Eval(0, parameter))
	}
	return values
}

// Chance fills dst with random draws from [0, 1), for the elements that begin at from. Streams are independent.
type Chance func(dst []float32, from, stream int)

// Run computes the outputs for x and calls use for each block, which begins at element from. The outputs are valid until
// use returns. The scalars come from Scalars. Chance may be nil if the program has no random draws.
func (p *Program) Run(x, scalars []float32, chance Chance, use func(from int, outputs [][]float32)) {
	m, _ := p.spare.Get().(*machine)
	if m == nil {
		m = &machine{memory: make([]float32, (p.registers+len(p.outputs))*BlockSize)}
	}
	defer p.spare.Put(m)
	m.scalars = scalars
	results := make([][]float32, len(p.outputs))
	for from := 0; from < len(x); from += BlockSize {
		m.x = x[from:min(from+BlockSize, len(x))]
		m.n = len(m.x)
		if p.draws {
			m.chance = func(dst []float32, stream int) { chance(dst, from, stream) }
		}
		for _, i := range p.code {
			i.run(m.register(i.dst), m, i.arg)
		}
		for k, o := range p.outputs {
			if o.kind == scalar {
				results[k] = m.register(p.registers + k)
				kernel.Fill(results[k], m.scalars[o.index])
			} else {
				results[k] = m.vector(o)
			}
		}
		use(from, results)
	}
}

// kernel returns the function that computes e from operands at these places.
func (c *compiler) kernel(e *Expr, places []operand) func(dst []float32, m *machine, args []operand) {
	switch {
	case e.op == Draw:
		c.draws = true
		return func(dst []float32, m *machine, _ []operand) { m.chance(dst, int(e.value)) }
	case e.op == Where:
		return where
	case e.op == Add && len(places) == 3:
		return mulAdd(places)
	case len(places) == 1:
		f := primitives[e.op].kernel1
		return func(dst []float32, m *machine, args []operand) { f(dst, m.vector(args[0])) }
	}
	f := primitives[e.op].kernel2
	switch product := timesKernel(e); {
	case product != nil:
		f.vv = product
	case places[1].kind == scalar && f.vs != nil:
		return func(dst []float32, m *machine, args []operand) {
			f.vs(dst, m.vector(args[0]), m.scalars[args[1].index])
		}
	case places[0].kind == scalar && f.sv != nil:
		return func(dst []float32, m *machine, args []operand) {
			f.sv(dst, m.scalars[args[0].index], m.vector(args[1]))
		}
	}
	return func(dst []float32, m *machine, args []operand) { f.vv(dst, m.full(args, 0), m.full(args, 1)) }
}

// full is the memory of an operand as a vector. A scalar is repeated.
func (m *machine) full(args []operand, i int) []float32 {
	if args[i].kind != scalar {
		return m.vector(args[i])
	}
	v := m.rooms[i][:m.n]
	kernel.Fill(v, m.scalars[args[i].index])
	return v
}

func where(dst []float32, m *machine, args []operand) {
	kernel.Where(dst, m.full(args, 0), m.full(args, 1), m.full(args, 2))
}

// mulAdd computes a·b + c, rounded once; a is not a scalar.
func mulAdd(places []operand) func(dst []float32, m *machine, args []operand) {
	switch b, c := places[1], places[2]; {
	case b.kind == scalar && c.kind == scalar:
		return func(dst []float32, m *machine, args []operand) {
			kernel.Affine(dst, m.vector(args[0]), m.scalars[args[1].index], m.scalars[args[2].index])
		}
	case b.kind == scalar:
		return func(dst []float32, m *machine, args []operand) {
			kernel.MulAddScalar(dst, m.vector(args[0]), m.scalars[args[1].index], m.vector(args[2]))
		}
	}
	return func(dst []float32, m *machine, args []operand) {
		kernel.MulAdd(dst, m.vector(args[0]), m.vector(args[1]), m.vector(args[2]))
	}
}
