// The workloads of bench/cel on cel-go, one JSON line each: {"workload", "mode", "ns", "allocations"} of one operation.
// Programs are compiled with OptOptimize; the mode "cost" also tracks cost, against a limit.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"testing"

	"cel.dev/cel-go/cel"
)

var exprs = []struct{ name, src string }{
	{"amount", `amount >= 10000`},
	{"gold", `user_tier == "gold" && sub_total > 1000000`},
	{"exists20", `items.exists(i, i.sku == "A-7" && i.qty >= 2)`},
	{"regex", `name.startsWith("abc") && name.matches("^abc[0-9]+$")`},
}

var modes = []struct {
	name string
	opts []cel.ProgramOption
}{
	{"plain", []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize)}},
	{"cost", []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize), cel.CostTracking(nil), cel.CostLimit(1000000)}},
}

func must[T any](v T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/cel/peer:", err)
		os.Exit(1)
	}
	return v
}

func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, dep := range info.Deps {
		if dep.Path == "cel.dev/cel-go" {
			return dep.Version
		}
	}
	return "?"
}

func emit(workload, mode string, r testing.BenchmarkResult) {
	line := map[string]any{"workload": workload, "mode": mode, "version": version(),
		"ns": float64(r.T.Nanoseconds()) / float64(r.N), "allocations": r.AllocsPerOp()}
	fmt.Println(string(must(json.Marshal(line))))
}

func main() {
	testing.Init()
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: peer SECONDS expressions|rules")
		os.Exit(2)
	}
	if os.Args[2] == "rules" {
		measureRules(must(strconv.ParseFloat(os.Args[1], 64)))
		return
	}
	must(0, setTime(os.Args[1]+"s"))

	env := must(cel.NewEnv(
		cel.Variable("amount", cel.IntType), cel.Variable("sub_total", cel.IntType),
		cel.Variable("user_tier", cel.StringType), cel.Variable("name", cel.StringType),
		cel.Variable("items", cel.ListType(cel.MapType(cel.StringType, cel.DynType)))))
	items := make([]map[string]any, 20)
	for i := range items {
		items[i] = map[string]any{"sku": fmt.Sprintf("B-%d", i), "qty": int64(i)}
	}
	items[19] = map[string]any{"sku": "A-7", "qty": int64(2)}
	input := map[string]any{"amount": int64(12500), "sub_total": int64(1500000), "user_tier": "gold",
		"name": "abc12345", "items": items}

	for _, e := range exprs {
		ast, issues := env.Compile(e.src)
		must(ast, issues.Err())
		for _, m := range modes {
			program := must(env.Program(ast, m.opts...))
			emit("eval "+e.name, m.name, testing.Benchmark(func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; i < b.N; i++ {
					if v, _, err := program.Eval(input); err != nil || v.Value() != true {
						b.Fatal(e.name, "is not true:", v, err)
					}
				}
			}))
		}
	}
	emit("compile gold", "plain", testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; i < b.N; i++ {
			ast, issues := env.Compile(exprs[1].src)
			must(ast, issues.Err())
			must(env.Program(ast, modes[0].opts...))
		}
	}))
}
