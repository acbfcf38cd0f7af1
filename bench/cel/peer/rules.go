package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"cel.dev/cel-go/cel"
)

// The rule sets of rules.cc: every rule is evaluated with every input, one after the other.
var ruleSets = []struct {
	name  string
	rules uint32
	mixed bool
}{
	{"rules 1000", 1000, false}, {"rules 10000", 10000, false}, {"rules 100000", 100000, false},
	{"rules mixed 10000", 10000, true},
}

func scatter(i uint32) uint32 { return i * 2654435761 >> 8 }

func ruleText(mixed bool, i uint32) string {
	if !mixed {
		return fmt.Sprintf("sub_total >= %d && sub_total < %d", 10000*uint64(i), 10000*(uint64(i)+1))
	}
	if i%500 == 499 {
		return fmt.Sprintf(`items.exists(i, i.sku == "A-%d" && i.qty >= 2)`, i%9)
	}
	switch i % 10 {
	case 0, 1, 2:
		return fmt.Sprintf(`category == "c-%d" && sub_total >= %d`, i/4, scatter(i)%500000)
	case 3, 4:
		return fmt.Sprintf(`user_tier == "gold" && name.startsWith("s-%d-")`, i)
	case 5, 6:
		return fmt.Sprintf(`sub_total >= %d && sub_total < %d && user_tier in ["gold", "silver"]`, 100*i, 100*i+5000)
	case 7:
		return fmt.Sprintf(`country in ["ID", "MY", "SG"] && store == %d`, i%3000)
	case 8:
		return fmt.Sprintf(`"t-%d" in tags && !blocked`, i%2000)
	}
	return fmt.Sprintf(`(category == "c-%d" || category == "c-%d") && amount > 100.5 && name.matches("^s-[0-9]+")`,
		i/3, i/2)
}

func choose[T any](yes bool, a, b T) T {
	if yes {
		return a
	}
	return b
}

func ruleInputs(mixed bool, rules uint32) []map[string]any {
	inputs := make([]map[string]any, 1000)
	for i := range inputs {
		n := scatter(uint32(i) + 1)
		most := choose(mixed, uint64(1000000), 10000*uint64(rules))
		items := make([]map[string]any, 5)
		for j := range items {
			items[j] = map[string]any{"sku": fmt.Sprintf("A-%d", (n+uint32(j)*37)%100), "qty": int64(j)}
		}
		inputs[i] = map[string]any{"sub_total": int64(uint64(n) * 997 % most),
			"user_tier": choose(n%3 == 0, "gold", "silver"), "category": fmt.Sprintf("c-%d", n%3333),
			"name": fmt.Sprintf("s-%d-x", n%10000), "country": choose(n%2 == 0, "ID", "VN"),
			"store": int64(n % 3000), "tags": []string{fmt.Sprintf("t-%d", n%2000), fmt.Sprintf("t-%d", n%1999)},
			"blocked": n%7 == 0, "amount": float64(n % 1000), "items": items}
	}
	return inputs
}

func countMatches(programs []cel.Program, input map[string]any) int {
	matches := 0
	for _, program := range programs {
		v, _, err := program.Eval(input)
		if must(v, err).Value() == true {
			matches++
		}
	}
	return matches
}

func measureRules(seconds float64) {
	env := must(cel.NewEnv(cel.Variable("sub_total", cel.IntType), cel.Variable("user_tier", cel.StringType),
		cel.Variable("category", cel.StringType), cel.Variable("name", cel.StringType),
		cel.Variable("country", cel.StringType), cel.Variable("store", cel.IntType),
		cel.Variable("tags", cel.ListType(cel.StringType)), cel.Variable("blocked", cel.BoolType),
		cel.Variable("amount", cel.DoubleType),
		cel.Variable("items", cel.ListType(cel.MapType(cel.StringType, cel.DynType)))))
	for _, set := range ruleSets {
		programs := make([]cel.Program, set.rules)
		for i := range programs {
			ast, issues := env.Compile(ruleText(set.mixed, uint32(i)))
			must(ast, issues.Err())
			programs[i] = must(env.Program(ast, modes[0].opts...))
		}
		inputs := ruleInputs(set.mixed, set.rules)
		matches, counted := 0, min(len(inputs), int(1000000/set.rules))
		for _, input := range inputs[:counted] {
			matches += countMatches(programs, input)
		}
		var took []float64
		for i, start := 0, time.Now(); time.Since(start).Seconds() < seconds; i++ {
			before := time.Now()
			countMatches(programs, inputs[i%len(inputs)])
			took = append(took, float64(time.Since(before).Nanoseconds()))
		}
		slices.Sort(took)
		fmt.Println(string(must(json.Marshal(map[string]any{"workload": set.name, "mode": "plain", "version": version(),
			"p50": took[len(took)/2], "p99": took[len(took)*99/100], "matches": matches}))))
	}
}
