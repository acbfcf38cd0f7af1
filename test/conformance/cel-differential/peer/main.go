// Makes expressions and activations from a seed and evaluates them on cel-go: one JSON line each, with the expression, the
// values of its variables and what it came to.
//
//	peer SEED COUNT
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/rand"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/ext"
)

func must[T any](v T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, "cel-differential/peer:", err)
		os.Exit(1)
	}
	return v
}

// What the generator calls the variables, and their types. The replay declares the same.
var variables = []struct {
	name string
	of   *cel.Type
}{
	{"i1", cel.IntType}, {"i2", cel.IntType}, {"u1", cel.UintType}, {"d1", cel.DoubleType}, {"d2", cel.DoubleType},
	{"s1", cel.StringType}, {"s2", cel.StringType}, {"y1", cel.BytesType}, {"b1", cel.BoolType},
	{"t1", cel.TimestampType}, {"n1", cel.DurationType}, {"li", cel.ListType(cel.IntType)},
	{"ls", cel.ListType(cel.StringType)}, {"ld", cel.ListType(cel.DoubleType)},
	{"ms", cel.MapType(cel.StringType, cel.IntType)}, {"mi", cel.MapType(cel.IntType, cel.StringType)}, {"x1", cel.DynType},
}

func newEnv() *cel.Env {
	options := []cel.EnvOption{cel.OptionalTypes(), ext.Strings(), ext.Math(), ext.Lists(), ext.Sets(), ext.Encoders(),
		ext.Bindings(), ext.TwoVarComprehensions(), cel.CrossTypeNumericComparisons(true), cel.DefaultUTCTimeZone(true)}
	for _, v := range variables {
		options = append(options, cel.Variable(v.name, v.of))
	}
	return must(cel.NewEnv(options...))
}

// A value in one form that both sides write: numbers keep their type and bits, texts are hexadecimal, entries are sorted.
func show(v ref.Val) string {
	switch v := v.(type) {
	case types.Null:
		return "null"
	case types.Bool:
		return strconv.FormatBool(bool(v))
	case types.Int:
		return strconv.FormatInt(int64(v), 10)
	case types.Uint:
		return strconv.FormatUint(uint64(v), 10) + "u"
	case types.Double:
		if math.IsNaN(float64(v)) {
			return "NaN"
		}
		return fmt.Sprintf("d:%016x", math.Float64bits(float64(v)))
	case types.String:
		return "s:" + hex.EncodeToString([]byte(v))
	case types.Bytes:
		return "b:" + hex.EncodeToString(v)
	case types.Timestamp:
		return fmt.Sprintf("t:%d.%d", v.Unix(), v.Nanosecond())
	case types.Duration:
		return fmt.Sprintf("n:%d", v.Nanoseconds())
	case *types.Optional:
		if !v.HasValue() {
			return "none"
		}
		return "of(" + show(v.GetValue()) + ")"
	case *types.Type:
		return "T:" + v.TypeName()
	case traits.Mapper:
		var entries []string
		for it := v.Iterator(); it.HasNext() == types.True; {
			key := it.Next()
			entries = append(entries, show(key)+"="+show(v.Get(key)))
		}
		sort.Strings(entries)
		return "{" + strings.Join(entries, ",") + "}"
	case traits.Lister:
		var items []string
		for it := v.Iterator(); it.HasNext() == types.True; {
			items = append(items, show(it.Next()))
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	return "?" + v.Type().TypeName()
}

func evaluate(env *cel.Env, expression string, activation map[string]any) (result string) {
	defer func() {
		if r := recover(); r != nil {
			result = fmt.Sprint("panic: ", r)
		}
	}()
	ast, issues := env.Compile(expression)
	if issues.Err() != nil {
		return "refused: " + issues.Err().Error()
	}
	program, err := env.Program(ast)
	if err != nil {
		return "error: " + err.Error()
	}
	value, _, err := program.Eval(activation)
	if err != nil {
		return "error: " + err.Error()
	}
	return show(value)
}

type line struct {
	Expression string            `json:"expression"`
	Values     map[string]string `json:"values"` // as show() has them
	Result     string            `json:"result"`
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: peer SEED COUNT")
		os.Exit(2)
	}
	g := &generator{Rand: rand.New(rand.NewSource(must(strconv.ParseInt(os.Args[1], 10, 64))))}
	count := must(strconv.Atoi(os.Args[2]))
	env := newEnv()
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	var activation map[string]any
	var values map[string]string
	for n := 0; n < count; n++ {
		if n%8 == 0 {
			activation, values = g.activation()
		}
		g.locals = nil
		expression := g.make(g.kind(), 1+g.Intn(4))
		if err := encoder.Encode(line{expression, values, evaluate(env, expression, activation)}); err != nil {
			os.Exit(1)
		}
	}
}

func (g *generator) activation() (map[string]any, map[string]string) {
	activation, values := map[string]any{}, map[string]string{}
	for _, v := range variables {
		value := g.value(v.of)
		activation[v.name] = value
		values[v.name] = show(value)
	}
	return activation, values
}

func (g *generator) value(of *cel.Type) ref.Val {
	switch of.Kind() {
	case types.IntKind:
		return types.Int(pick(g, ints))
	case types.UintKind:
		return types.Uint(pick(g, uints))
	case types.DoubleKind:
		return types.Double(pick(g, doubles))
	case types.StringKind:
		return types.String(pick(g, texts))
	case types.BytesKind:
		return types.Bytes(pick(g, []string{"", "a", "\xff\x00", "abc", "é"}))
	case types.BoolKind:
		return types.Bool(g.Intn(2) == 0)
	case types.TimestampKind:
		return types.Timestamp{Time: time.Unix(pick(g, seconds), pick(g, []int64{0, 1, 500_000_000, 999_999_999})).UTC()}
	case types.DurationKind:
		return types.Duration{Duration: time.Duration(pick(g, nanos))}
	case types.ListKind:
		items := make([]ref.Val, g.Intn(5))
		for i := range items {
			items[i] = g.value(of.Parameters()[0])
		}
		return types.NewRefValList(types.DefaultTypeAdapter, items)
	case types.MapKind:
		entries := map[ref.Val]ref.Val{}
		for n := g.Intn(4); n > 0; n-- {
			entries[g.value(of.Parameters()[0])] = g.value(of.Parameters()[1])
		}
		return types.NewRefValMap(types.DefaultTypeAdapter, entries)
	}
	return g.value(variables[g.Intn(len(variables)-1)].of)
}
