package export

import (
	_ "embed" // the template
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"actfn/internal/activations"
	"actfn/internal/dataset"
	"actfn/internal/formula"
	"actfn/internal/layer"
)

var pyTorch = Format{
	Name: "pytorch", Ending: ".py", Summary: "Write a model as Python code for PyTorch",
	Help: `pytorch writes one Python file that needs nothing but PyTorch, and Pillow to read images: the network as an
nn.Module, whose parameters have the names of the weights file, the activations, what turns an image file
into the network's input, the names of the classes, and load(), which reads the weights. Its logits
are those of eval to 1e-4.`,
	Write: writePyTorch,
}

//go:embed pytorch.py.tmpl
var pythonText string

var pythonFile = template.Must(template.New("").Funcs(template.FuncMap{
	"quote": strconv.Quote, // a string of Python too
	"list": func(values []float64) string {
		var list []string
		for _, v := range values {
			list = append(list, python(v))
		}
		return "[" + strings.Join(list, ", ") + "]"
	},
}).Parse(pythonText))

func writePyTorch(w io.Writer, m Model) error {
	list, err := m.Net.List(m.Net.Input.Channels)
	if err != nil {
		return err
	}
	t := &torchCode{activations: map[string]string{}}
	if t.shapes, err = list.Shapes(); err != nil {
		return err
	}
	network, err := t.module(list.Layers, "", list.Inputs[0].Name)
	if err != nil {
		return err
	}
	network = t.define(network)
	code := strings.Join(slices.Concat(t.classes, network.Init, network.Forward), "\n")
	return pythonFile.Execute(w, pythonPage{
		Outline: m.Net.Outline(), Classes: m.Classes, Transform: m.Transform,
		Network: network, Definitions: t.classes, code: code,
	})
}

// pythonPage is what the template tells.
type pythonPage struct {
	Outline     string
	Classes     []string
	Transform   dataset.Transform
	Network     body
	Definitions []string
	code        string
}

// Uses reports whether the code mentions something.
func (p pythonPage) Uses(what string) bool { return strings.Contains(p.code, what) }

// torchCode is Python code for a list of layers.
type torchCode struct {
	shapes      map[string]layer.Shape
	classes     []string          // as they are defined
	activations map[string]string // by spec, the class that is defined for it
	blocks      []block
}

// body is that of a module: the lines of __init__ and of forward, which computes the result of x.
type body struct{ Init, Forward []string }

// module writes layers that read one value from elsewhere, input, and of which the last is the result. Their names
// begin with the prefix. Layers called STAGE.NUMBER.NAME are blocks of an nn.Sequential.
func (t *torchCode) module(layers []layer.Named, prefix, input string) (b body, err error) {
	variables := map[string]string{input: "x"} // of values that are still read
	made := map[string]bool{"": true}          // modules that others can belong to
	for i := 0; i < len(layers); {
		first, end := layers[i], i+1
		name := strings.TrimPrefix(first.Name, prefix)
		read := make([]string, len(first.Inputs))
		for k, value := range first.Inputs {
			if read[k] = variables[value]; read[k] == "" {
				return b, fmt.Errorf("layer %s reads %s, want what its block has or what enters it", first.Name, value)
			}
		}
		var module, result string
		if parts := inStage.FindStringSubmatch(name); parts != nil {
			name = parts[1]
			for end < len(layers) && strings.HasPrefix(layers[end].Name, prefix+name+".") {
				end++
			}
			module, err = t.stage(layers[i:end], prefix+name+".")
		} else {
			module, err = t.expression(first)
		}
		if err != nil {
			return b, err
		}
		if strings.Contains(module, "{}") {
			result = module
			for _, variable := range read {
				result = strings.Replace(result, "{}", variable, 1)
			}
		} else {
			owner := name[:max(0, strings.LastIndexByte(name, '.'))]
			if !made[owner] {
				b.Init = append(b.Init, "self."+owner+" = nn.Module()")
			}
			made[owner], made[name] = true, true
			b.Init = append(b.Init, "self."+name+" = "+module)
			result = "self." + name + "(" + strings.Join(read, ", ") + ")"
		}
		if end == len(layers) {
			b.Forward = append(b.Forward, "return "+result)
			break
		}
		maps.DeleteFunc(variables, func(value, _ string) bool {
			return !slices.ContainsFunc(layers[end:], func(n layer.Named) bool { return slices.Contains(n.Inputs, value) })
		})
		free := slices.IndexFunc(variableNames, func(name string) bool {
			return !slices.Contains(slices.Collect(maps.Values(variables)), name)
		})
		variables[layers[end-1].Name] = variableNames[free]
		b.Forward = append(b.Forward, variableNames[free]+" = "+result)
		i = end
	}
	return b, nil
}

// inStage are names of layers in a block.
var inStage = regexp.MustCompile(`^(\w+)\.\d+\.`)

// variableNames are enough for networks in which few values wait.
var variableNames = strings.Split("xyzabcdefghijklmnopqrstuvw", "")

// expression is what PyTorch has for a layer, or a class that is defined for it.
func (t *torchCode) expression(n layer.Named) (string, error) {
	text := n.Layer.(layer.Describer).Describe(n.In(t.shapes)).PyTorch
	if a, ok := n.Layer.(layer.Activation); ok && text == "" {
		return t.activation(a)
	}
	return text, nil
}

// stage writes an nn.Sequential of blocks, whose names follow the prefix.
func (t *torchCode) stage(layers []layer.Named, prefix string) (string, error) {
	var list []string
	for len(layers) > 0 {
		number, _, _ := strings.Cut(strings.TrimPrefix(layers[0].Name, prefix), ".")
		name := prefix + number
		n := 0
		for n < len(layers) && strings.HasPrefix(layers[n].Name, name+".") {
			n++
		}
		b, err := t.module(layers[:n], name+".", layers[0].Inputs[0])
		if err != nil {
			return "", err
		}
		list = append(list, fmt.Sprintf("{block %d}", len(t.blocks)))
		t.blocks = append(t.blocks, block{name, b})
		layers = layers[n:]
	}
	return "nn.Sequential(" + strings.Join(list, ", ") + ")", nil
}

// block is a module in an nn.Sequential.
type block struct {
	name string // layer1.0
	body
}

// text is the body with whole numbers replaced, and these.
func (b body) text() (text string, numbers []string) {
	text = strings.Join(b.Init, "\n") + "\f" + strings.Join(b.Forward, "\n")
	text = token.ReplaceAllStringFunc(text, func(word string) string {
		if _, err := strconv.Atoi(word); err != nil {
			return word
		}
		numbers = append(numbers, word)
		return "\v"
	})
	return text, numbers
}

var token = regexp.MustCompile(`[A-Za-z_][\w.]*|\d+(?:\.\d*)?(?:e[+-]?\d+)?`)

// define adds the classes of the blocks, of which those are one that differ only in whole numbers, and puts their names
// into the network.
func (t *torchCode) define(network body) body {
	groups, order := map[string][]int{}, []string{}
	for i, b := range t.blocks {
		text, _ := b.text()
		if groups[text] == nil {
			order = append(order, text)
		}
		groups[text] = append(groups[text], i)
	}
	made := make([]string, 2*len(t.blocks))
	for g, text := range order {
		class := "Block"
		if len(order) > 1 {
			class += fmt.Sprint(g + 1)
		}
		arguments := t.block(class, text, groups[text])
		for k, i := range groups[text] {
			made[2*i], made[2*i+1] = fmt.Sprintf("{block %d}", i), class+"("+strings.Join(arguments[k], ", ")+")"
		}
	}
	replace := strings.NewReplacer(made...)
	for i, line := range network.Init {
		network.Init[i] = replace.Replace(line)
	}
	return network
}

// block defines the class of some blocks, and returns the arguments that make each of them.
func (t *torchCode) block(class, text string, which []int) (arguments [][]string) {
	arguments = make([][]string, len(which))
	columns := make([][]string, len(which))
	var of []string
	for k, i := range which {
		_, columns[k] = t.blocks[i].text()
		of = append(of, t.blocks[i].name)
	}
	column := func(c int) (values []string) {
		for _, row := range columns {
			values = append(values, row[c])
		}
		return values
	}
	var vary []string // columns of different numbers, each once
	for c := range columns[0] {
		values := column(c)
		if key := strings.Join(values, " "); len(slices.Compact(values)) > 1 && !slices.Contains(vary, key) {
			vary = append(vary, key)
			for k, value := range column(c) {
				arguments[k] = append(arguments[k], value)
			}
		}
	}
	parameters := [][]string{nil, {"channels"}, {"inputs", "outputs"}}[min(len(vary), 2)] // in all the networks there are
	for i := len(parameters); i < len(vary); i++ {
		parameters = append(parameters, fmt.Sprint("n", i+1))
	}
	init, forward, _ := strings.Cut(text, "\f")
	inInit := strings.Count(init, "\v")
	for c, word := range columns[0] {
		i := slices.Index(vary, strings.Join(column(c), " "))
		if i >= 0 {
			word = parameters[i]
		}
		if c < inInit {
			init = strings.Replace(init, "\v", word, 1)
			continue
		}
		if i >= 0 {
			if kept := "self." + word + " = " + word; !strings.HasPrefix(init, kept) {
				init = kept + "\n" + init
			}
			word = "self." + word
		}
		forward = strings.Replace(forward, "\v", word, 1)
	}
	if n := len(of); n > 4 {
		of = []string{of[0], of[1], "…", of[n-1]}
	}
	t.class(class, strings.Join(of, ", "), parameters, strings.Split(init, "\n"), strings.Split(forward, "\n"))
	return arguments
}

// class defines a module.
func (t *torchCode) class(name, help string, parameters, init, forward []string) {
	lines := []string{"class " + name + "(nn.Module):", `    """` + strings.Join(strings.Fields(help), " ") + `"""`}
	if len(init) > 0 {
		arguments := strings.Join(append([]string{"self"}, parameters...), ", ")
		lines = append(lines, "", "    def __init__("+arguments+"):", "        super().__init__()")
		for _, line := range init {
			lines = append(lines, "        "+line)
		}
	}
	lines = append(lines, "", "    def forward(self, x):")
	for _, line := range forward {
		lines = append(lines, "        "+line)
	}
	t.classes = append(t.classes, strings.Join(lines, "\n"))
}

// activation is what makes the module of an activation, whose class it defines if there is none yet.
func (t *torchCode) activation(a layer.Activation) (string, error) {
	f := a.Function
	var arguments, parameters, init, forward []string
	for _, p := range f.Learnable() {
		if p.Name == "training" {
			return "", fmt.Errorf("activation %s: parameter is training, which nn.Module has itself, want another name", f)
		}
		size, variable := "1", formula.PythonName(p.Name)
		own := "self." + p.Name
		if variable != p.Name || ofModule.MatchString(p.Name) {
			own = "self._parameters['" + p.Name + "']"
		}
		value := own
		if p.Learn == activations.PerChannel {
			size, value = "channels", "by_channel("+own+", x)"
			parameters, arguments = []string{"channels"}, []string{strconv.Itoa(a.Channels)}
		}
		init = append(init, fmt.Sprintf("%s = nn.Parameter(torch.full((%s,), %s))", own, size, python(p.Value)))
		forward = append(forward, variable+" = "+value)
	}
	class, ok := t.activations[f.String()]
	if !ok {
		code, err := f.PyTorch()
		if err != nil {
			return "", err
		}
		for _, u := range code.Draws {
			forward = append(forward, u+" = torch.rand_like(x) if self.training else torch.full_like(x, 0.5)")
		}
		forward = append(append(forward, code.Lines...), "return "+code.Result)
		help := f.String()
		if f.Row() != nil {
			help += ": " + f.Formula()
		}
		class = t.className(f)
		t.activations[f.String()] = class
		t.class(class, help, parameters, init, forward)
	}
	return class + "(" + strings.Join(arguments, ", ") + ")", nil
}

// className is that of an activation: LeakyRelu, or Activation for a formula; numbered where others have the same.
func (t *torchCode) className(f activations.Activation) string {
	name := "Activation"
	if f.Row() != nil {
		name = ""
		for part := range strings.SplitSeq(f.Name(), "_") {
			name += strings.ToUpper(part[:1]) + part[1:]
		}
	}
	defined := slices.Collect(maps.Values(t.activations))
	numbered := name
	for n := 2; slices.Contains(defined, numbered); n++ {
		numbered = fmt.Sprint(name, n)
	}
	return numbered
}

// ofModule are names that nn.Module has itself.
var ofModule = regexp.MustCompile(`^(_.*|T_destination|add_module|apply|bfloat16|buffers|call_super_init|children|` +
	`compile|cpu|cuda|double|dump_patches|eval|extra_repr|forward|get_\w+|half|ipu|load_state_dict|modules|mtia|` +
	`named_\w+|parameters|register_\w+|requires_grad_|set_\w+|share_memory|state_dict|to|to_empty|train|type|xpu|zero_grad)$`)

// python is a number as Python reads it: a float, also where it is whole.
func python(v float64) string {
	text := strconv.FormatFloat(v, 'g', -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text
}
