// Package gate decides conditions on a comparison: mish vs relu > -0.5pp. A gate is parsed, judged by a Result and
// perhaps an earlier one, and can be shown to fire by a regression that is put in. All functions are pure.
package gate
