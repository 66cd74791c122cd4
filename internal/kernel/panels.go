package kernel

// BlockHeight is the number of inputs in a block of weights: a panel of it and what that is multiplied with stay in the
// first-level cache, a block in the second.
const BlockHeight = 96

// Panels returns the number of panels that hold out outputs.
func Panels(out int) int { return (out + PanelWidth - 1) / PanelWidth }

// PackWeights lays out the weights src of a linear layer, PyTorch's (out, in), for the kernels:
// W[block, panel, input in block, output in panel] with BlockHeight inputs a block, the last of which may have fewer, and
// PanelWidth outputs a panel, with zeros past the last output. So each of the layer's three products reads W in order and
// uses whole cache lines.
func PackWeights(dst, src []float32, out, in int) {
	clear(dst)
	eachRow(dst, out, in, func(row []float32, o, i int) {
		for k := range row {
			row[k] = src[(o+k)*in+i]
		}
	})
}

// UnpackWeights is the inverse of PackWeights.
func UnpackWeights(dst, src []float32, out, in int) {
	eachRow(src, out, in, func(row []float32, o, i int) {
		for k, v := range row {
			dst[(o+k)*in+i] = v
		}
	})
}

// PackedAt is where PackWeights puts the weight of an output and an input.
func PackedAt(out, in, o, i int) int {
	from := i / BlockHeight * BlockHeight
	height := min(BlockHeight, in-from)
	return (from*Panels(out)+o/PanelWidth*height+i-from)*PanelWidth + o%PanelWidth
}

// eachRow visits the rows of the panels of w in order: the weights of input i for len(row) outputs, from o on.
func eachRow(w []float32, out, in int, visit func(row []float32, o, i int)) {
	l := Linear{In: in, Out: out}
	for from := 0; from < in; from += BlockHeight {
		block, height := l.block(w, from)
		for j := range Panels(out) {
			panel, outputs := l.panel(block, height, j)
			for i := range height {
				visit(panel[i*PanelWidth:][:outputs], j*PanelWidth, from+i)
			}
		}
	}
}

// blocks is the number of blocks of weights.
func (l *Linear) blocks() int { return (l.In + BlockHeight - 1) / BlockHeight }

// block returns the block of weights that begins with input i, and its height.
func (l *Linear) block(w []float32, i int) (block []float32, height int) {
	height = min(BlockHeight, l.In-i)
	width := Panels(l.Out) * PanelWidth
	return w[i*width : (i+height)*width], height
}

// panel returns panel j of a block, and the number of outputs in it.
func (l *Linear) panel(block []float32, height, j int) (panel []float32, outputs int) {
	size := height * PanelWidth
	return block[j*size : (j+1)*size], min(PanelWidth, l.Out-j*PanelWidth)
}
