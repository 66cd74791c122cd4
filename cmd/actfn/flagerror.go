package main

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"actfn/internal/config"
	"actfn/internal/fault"
	"actfn/internal/setting"
)

// flagError says what is wrong with a flag in our words.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var value *pflag.InvalidValueError
	var missing *pflag.ValueRequiredError
	switch {
	case errors.As(err, &unknown):
		return unknownFlag(cmd, unknown)
	case errors.As(err, &missing):
		return noValue(missing.GetFlag())
	case errors.Is(err, errNoValue) && errors.As(err, &value):
		return noValue(value.GetFlag())
	case errors.As(err, &value):
		return fmt.Errorf("--%s: %w", value.GetFlag().Name, want(value))
	}
	return err
}

func noValue(f *pflag.Flag) error {
	return fmt.Errorf("--%s %w, want %s", f.Name, errNoValue, valueName(f))
}

// unknownFlag hints at the key of that name, which --set sets, or at the nearest flag.
func unknownFlag(cmd *cobra.Command, unknown *pflag.NotExistError) error {
	list := cmd.CommandPath() + " --help lists the flags"
	if unknown.GetSpecifiedShortnames() != "" {
		return fault.Hint(fmt.Errorf("unknown flag -%s", unknown.GetSpecifiedName()), "%s", list)
	}
	name := "--" + unknown.GetSpecifiedName()
	err := fmt.Errorf("unknown flag %s", name)
	keys := config.KeysOf(strings.ReplaceAll(unknown.GetSpecifiedName(), "-", "_"))
	if len(keys) > 0 && cmd.Flags().Lookup("set") != nil {
		example := "VALUE"
		if keys[0].Type().Kind() == reflect.Bool {
			example = "true"
		}
		return fault.Hint(err, "--set %s=%s", keys[0].Name, example)
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	return suggest(err, fault.Nearest(name, names), list)
}

// want explains a refused value. Our own flags say it themselves.
func want(e *pflag.InvalidValueError) error {
	if words, ok := setting.TypeWords[e.GetFlag().Value.Type()]; ok {
		return fmt.Errorf("value is %q, want %s", e.GetValue(), words)
	}
	return errors.Unwrap(e)
}

func valueName(f *pflag.Flag) string {
	return cmp.Or(setting.TypeWords[f.Value.Type()], f.Value.Type())
}
