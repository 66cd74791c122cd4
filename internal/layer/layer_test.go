package layer_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strings"
	"testing"

	"actfn/internal/layer"
	"actfn/internal/layer/layertest"
)

// cases are those of all layers; each layer's test file adds its own.
var cases []func(testing.TB) layertest.Case

// add adds cases that need no file.
func add(all ...layertest.Case) {
	for _, c := range all {
		cases = append(cases, func(testing.TB) layertest.Case { return c })
	}
}

// addRow adds a case with PyTorch's values.
func addRow(row string, c layertest.Case) {
	cases = append(cases, func(t testing.TB) layertest.Case {
		c.Row = layertest.PyTorch(t, row)
		return c
	})
}

func TestLayers(t *testing.T) {
	for _, c := range cases {
		layertest.Check(t, c(t))
	}
}

// TestEveryLayerHasCases finds the layers in the source: the types with a method New(Build) Op.
func TestEveryLayerHasCases(t *testing.T) {
	tested := map[string]bool{}
	for _, c := range cases {
		tested[reflect.TypeOf(c(t).Layer).Name()] = true
	}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			method, ok := d.(*ast.FuncDecl)
			if !ok || method.Recv == nil || method.Name.Name != "New" {
				continue
			}
			found++
			receiver := method.Recv.List[0].Type
			if pointer, ok := receiver.(*ast.StarExpr); ok {
				receiver = pointer.X
			}
			if name := receiver.(*ast.Ident).Name; !tested[name] {
				t.Errorf("%s is a layer without a case: add some in a test file of its own", name)
			}
		}
	}
	if found != len(tested) {
		t.Errorf("%d layers are in the source and %d have cases", found, len(tested))
	}
}

// shapes are those of one input.
func shapes(s ...int) []layer.Shape { return []layer.Shape{s} }
