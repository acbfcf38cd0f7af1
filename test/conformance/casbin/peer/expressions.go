package main

import (
	"fmt"
	"strings"

	"smallbiznis/test/conformance/casbin/world"
)

// expressionWorld is a matcher of operators, without a policy: what binds to what, and which types go together.
func (g *generator) expressionWorld() {
	g.request, g.policy = []string{"x", "y", "s", "t", "o"}, []string{"sub"}
	g.effect = "some(where (p.eft == allow))"
	g.model(g.truth(3))
	for range requestsPerWorld {
		values := []any{float64(g.IntN(9) - 2), float64(g.IntN(40)) / 4, pick(g, "a", "b", "ab", "", "2020-01-02"), pick(g, "a", "b", "^a", "9"),
			map[string]any{"n": float64(g.IntN(4)), "s": pick(g, "a", "b"), "list": []any{1.0, "a", true}, "in": map[string]any{"b": g.chance(50)}}}
		if g.chance(5) {
			values[g.IntN(5)] = pick[any](g, nil, true, "a", 2.0, []any{1.0})
		}
		g.w.Requests = append(g.w.Requests, world.Request{Values: values})
	}
}

func (g *generator) truth(depth int) string {
	if depth == 0 {
		return pick(g, "true", "false", "r.o.in.b", "r.x > 1", "r.s == r.t", "r.s in ('a', 'ab')")
	}
	switch g.IntN(12) {
	case 0, 1:
		return g.truth(depth-1) + " && " + g.truth(depth-1)
	case 2, 3:
		return g.truth(depth-1) + " || " + g.truth(depth-1)
	case 4:
		return "!(" + g.truth(depth-1) + ")"
	case 5:
		return "(" + g.truth(depth-1) + ")"
	case 6:
		return g.number(depth-1) + " " + pick(g, "<", "<=", ">", ">=", "==", "!=") + " " + g.number(depth-1)
	case 7:
		return g.text(depth-1) + " " + pick(g, "<", "<=", ">", ">=", "==", "!=", "=~", "!~") + " " + g.text(depth-1)
	case 8:
		return g.number(depth-1) + " in (" + strings.Join([]string{g.number(depth - 1), g.number(0), "1", "2"}[:1+g.IntN(4)], ", ") + ")"
	case 9:
		return g.truth(depth-1) + " ? " + g.truth(depth-1) + " : " + g.truth(depth-1)
	case 10:
		return pick(g, "r.x in r.o.list", "r.s IN r.o.list", "r.o.n == r.x", "r.o.s == r.s", "r.o == r.o", "r.o.nope == 1", "r.x.y", "r.s == r.x",
			"keyMatch(r.s, r.t)", "keyMatch(r.x, r.t)", "regexMatch(r.s, r.t)", "regexMatch(r.o.list)", "r.x", "r.s", "!r.o.in.b",
			"'2020-01-02' > '2020-01-01'", "r.s == '2020-01-02'", "'10:15PM' != 3", "(r.x ?? r.y) > 1", "r.s =~ '['")
	default:
		return g.truth(depth-1) + pick(g, " == ", " != ") + g.truth(0)
	}
}

func (g *generator) number(depth int) string {
	if depth <= 0 {
		return pick(g, "r.x", "r.y", "r.o.n", "1", "2.5", "0x1F", "-r.x", "3", "~2", "-1")
	}
	switch g.IntN(8) {
	case 0:
		return "(" + g.number(depth-1) + ")"
	case 1:
		return fmt.Sprintf("(%s ? %s : %s)", g.truth(depth-1), g.number(depth-1), g.number(depth-1))
	default:
		operator := pick(g, "+", "-", "*", "/", "%", "**", "+", "-", "*", "&", "|", "^", "<<", ">>")
		return g.number(depth-1) + " " + operator + " " + g.number(depth-1)
	}
}

func (g *generator) text(depth int) string {
	if depth <= 0 || g.chance(60) {
		return pick(g, "r.s", "r.t", "r.o.s", "'a'", `"b"`, "''")
	}
	return g.text(depth-1) + " + " + pick(g, g.text(depth-1), g.number(0), "true")
}
