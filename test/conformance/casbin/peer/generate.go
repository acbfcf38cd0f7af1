package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"

	"smallbiznis/test/conformance/casbin/world"
)

const requestsPerWorld = 100

// generate prints random worlds until they have so many requests.
func generate(seed uint64, requests int) error {
	file, err := os.CreateTemp("", "casbin-*.csv")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for i := 0; requests > 0; i++ {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, uint64(i)))}
		made := g.world(fmt.Sprintf("seed %d world %d", seed, i))
		if err := answer(made, file.Name()); err != nil {
			return fmt.Errorf("%s: %w", made.Name, err)
		}
		if err := out.Encode(made); err != nil {
			return err
		}
		requests -= max(1, len(made.Requests))
	}
	return nil
}

type generator struct {
	*rand.Rand
	w *world.World

	domains, roles, resourceRoles, conditional bool
	effects, priority, objects, rules          bool
	patterns                                   []string // what p.obj may be beside names
	effect                                     string
	request, policy                            []string // columns
}

// chance is true in so many of 100 cases.
func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

func pick[T any](g *generator, from ...T) T { return from[g.IntN(len(from))] }

var (
	subjects = []string{"alice", "bob", "carol", "root", "team/1", "team/2", "/u/alice"}
	roleSet  = []string{"admin", "editor", "reader", "ops", "alice", "/u/:id", "team/*", "/u/{id}"}
	things   = []string{"data1", "data2", "/book/1", "/book/2/page/3", "/pen/x", "192.168.2.7", "10.0.0.9", "::1", "a.b", "", "/"}
	groups   = []string{"books", "pens", "/book/:id", "/book/*", "data1"}
	actions  = []string{"read", "write", "delete", "GET"}
	domains  = []string{"d1", "d2", "org/1", "org/2"}
	domainPs = []string{"d1", "d2", "org/1", "org/*", "*", "org/:id"}
	patterns = map[string][]string{
		"keyMatch":   {"/book/*", "/*", "data*", "*"},
		"keyMatch2":  {"/book/:id", "/book/:id/page/:p", "/book/*", "/:x", "/pen/x"},
		"keyMatch3":  {"/book/{id}", "/book/{id}/page/{p}", "/{a}{b}", "/*", "/book/{id"},
		"keyMatch4":  {"/book/{id}/page/{id}", "/book/{a}/page/{b}", "/{x}", "/(a){x}"},
		"keyMatch5":  {"/book/{id}", "/book/*", "/pen/{x}"},
		"regexMatch": {"^/book/[0-9]+$", "data[12]", "a.b", ".*", "^$"},
		"globMatch":  {"/book/*", "/**/3", "/{book,pen}/?", "/[bp]*/[!a-w]", "**", "/book/**", "data[1-2]", "{a,b{.,c}}*"},
		"ipMatch":    {"192.168.2.0/24", "10.0.0.9", "::/0", "10.0.0.0/33x", "::1", "0.0.0.0/0"},
	}
	malformed = []string{"[", "(", "/{a}(", "[z-", "{a", "\\", "a{2,1}"}
)

func (g *generator) world(name string) *world.World {
	g.w = &world.World{Name: name, RoleMatching: map[string]string{}, DomainMatching: map[string]string{}, Requests: []world.Request{}}
	if g.chance(20) {
		g.expressionWorld()
		return g.w
	}
	g.domains, g.roles, g.resourceRoles = g.chance(40), g.chance(75), g.chance(20)
	g.effects, g.priority = g.chance(60), g.chance(15)
	g.objects, g.rules = g.chance(15), g.chance(12)
	g.conditional = g.roles && g.chance(12)
	g.effect = pick(g, "some(where (p.eft == allow))", "some(where (p.eft == allow))", "!some(where (p.eft == deny))",
		"some(where (p.eft == allow)) && !some(where (p.eft == deny))", "priority(p.eft) || deny",
		"subjectPriority(p.eft) || deny")
	if !g.roles && strings.HasPrefix(g.effect, "subject") {
		g.effect = "priority(p.eft) || deny"
	}
	g.columns()
	g.model(g.matcher())
	g.matching()
	g.writePolicy()
	for range requestsPerWorld {
		g.w.Requests = append(g.w.Requests, world.Request{Values: g.values()})
	}
	return g.w
}

func (g *generator) columns() {
	g.request = []string{"sub", "obj", "act"}
	g.policy = []string{"sub", "obj", "act"}
	if g.domains {
		g.request = []string{"sub", "dom", "obj", "act"}
		g.policy = []string{"sub", "dom", "obj", "act"}
	}
	if g.rules {
		g.policy = append(g.policy, "rule")
	}
	if g.effects {
		g.policy = append(g.policy, "eft")
	}
	if g.priority {
		if g.chance(50) {
			g.policy = append(g.policy, "priority")
		} else {
			g.policy = append([]string{"priority"}, g.policy...)
			if strings.HasPrefix(g.effect, "subject") { // whose subjects are in the first column
				g.effect = "priority(p.eft) || deny"
			}
		}
	}
}

func (g *generator) model(matcher string) {
	var text strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&text, format+"\n", args...) }
	line("[request_definition]\nr = %s", strings.Join(g.request, ", "))
	line("[policy_definition]\np = %s", strings.Join(g.policy, ","))
	if g.roles || g.resourceRoles {
		line("[role_definition] \n# who is what")
		columns := "_, _"
		if g.domains {
			columns = "_, _, _"
		}
		if g.conditional {
			columns += ", (_, _)"
		}
		line("g = %s", columns)
		if g.resourceRoles {
			line("g2 = _,_")
		}
	}
	line("[policy_effect]\ne = %s", g.effect)
	line("[matchers]\nm = %s", matcher)
	g.w.Model = text.String()
}

// matcher is a conjunction in any order, perhaps with another alternative.
func (g *generator) matcher() string {
	terms := []string{g.subjectTerm(), g.objectTerm(), g.actionTerm()}
	if g.domains {
		terms = append(terms, g.domainTerm())
	}
	if g.rules {
		terms = append(terms, "eval(p.rule)")
	}
	if g.objects {
		terms = append(terms, pick(g, "r.sub.Age > 18", "r.sub.Name != 'bob'", "'x' in r.sub.Tags", "r.sub.Age * 2 >= 36 - r.sub.Age",
			"r.sub.Boss.Name == 'carol'", "r.sub.Missing == 1"))
	}
	for g.chance(25) {
		terms = append(terms, pick(g, "r.act != 'delete'", "!(r.obj == 'data2')", "r.act in ('read', 'write')", "true", "1 < 2",
			"(r.act == 'read' ? true : r.obj == p.obj)", "r.obj =~ '^/|data'", "p.act != r.obj", "r.act in ('read')", "'a' + 'b' == 'ab'",
			"r.obj !~ 'x$'", "keyGet(r.obj, p.obj) != '1'", "keyGet2(r.obj, '/book/:id', 'id') == '1'",
			"keyGet3(r.obj, '/{kind}/{id}', 'id') in ('1', 'x')", "r.act > 'a'"))
	}
	g.Shuffle(len(terms), func(i, j int) { terms[i], terms[j] = terms[j], terms[i] })
	if g.chance(30) && len(terms) > 2 {
		terms = append([]string{"(" + terms[0] + pick(g, " && ", " || ") + terms[1] + ")"}, terms[2:]...)
	}
	text := strings.Join(terms, " && ")
	for g.chance(20) {
		text += " || " + pick(g, `r.sub == "root"`, "r.obj == p.obj && r.sub == p.sub", "r.act == 'GET'", "(r.sub == p.sub && r.act == p.act)", "r.obj == 'a.b'")
	}
	return text
}

func (g *generator) subjectTerm() string {
	subject := "r.sub"
	if g.objects {
		subject = pick(g, "r.sub.Name", "r.sub.Name", "r.sub")
	}
	if !g.roles {
		return pick(g, subject+" == p.sub", "p.sub == "+subject)
	}
	if !g.domains {
		return "g(" + subject + ", p.sub)"
	}
	return "g(" + subject + ", p.sub, " + pick(g, "r.dom", "r.dom", "p.dom", "'d1'") + ")"
}

func (g *generator) domainTerm() string {
	if g.chance(20) && !g.conditional {
		return "keyMatch(r.dom, p.dom)"
	}
	return pick(g, "r.dom == p.dom", "p.dom == r.dom", "r.dom == p.dom", "regexMatch(r.dom, p.dom)")
}

func (g *generator) objectTerm() string {
	if g.resourceRoles && g.chance(70) {
		g.patterns = groups
		return "g2(r.obj, p.obj)"
	}
	if g.chance(50) {
		return pick(g, "r.obj == p.obj", "p.obj==r.obj")
	}
	names := []string{"keyMatch", "keyMatch2", "keyMatch3", "keyMatch4", "keyMatch5", "regexMatch", "globMatch", "ipMatch"}
	name := pick(g, names...)
	g.patterns = patterns[name]
	if g.chance(8) {
		g.patterns = append(append([]string{}, g.patterns...), pick(g, malformed...))
	}
	return name + "(r.obj, p.obj)"
}

func (g *generator) actionTerm() string {
	return pick(g, "r.act == p.act", "r.act == p.act", "regexMatch(r.act, p.act)", "(p.act == '*' || r.act == p.act)",
		"r.act in (p.act, 'GET')", "keyMatch(r.act, p.act)")
}

func (g *generator) matching() {
	if g.conditional || !(g.roles || g.resourceRoles) {
		return
	}
	if g.chance(20) {
		g.w.RoleMatching["g"] = pick(g, "keyMatch2", "keyMatch", "keyMatch3", "globMatch")
	}
	if g.resourceRoles && g.chance(50) {
		g.w.RoleMatching["g2"] = pick(g, "keyMatch2", "keyMatch", "regexMatch")
	}
	if g.domains && g.chance(30) {
		g.w.DomainMatching["g"] = pick(g, "keyMatch", "keyMatch2")
	}
}

func (g *generator) value(column string) string {
	switch column {
	case "sub":
		if g.roles && g.chance(60) {
			return pick(g, roleSet...)
		}
		return pick(g, subjects...)
	case "dom":
		if g.chance(25) {
			return pick(g, domainPs...)
		}
		return pick(g, domains...)
	case "obj":
		if len(g.patterns) > 0 && g.chance(70) {
			return pick(g, g.patterns...)
		}
		return pick(g, things[:8]...)
	case "act":
		return pick(g, "read", "write", "*", "GET", "read|write", "read")
	case "eft":
		return pick(g, "allow", "allow", "deny", "deny", "", "maybe")
	case "priority":
		return pick(g, "1", "2", "3", "10", "-1", "+2")
	default:
		return g.rule()
	}
}

// rule is the text of an eval().
func (g *generator) rule() string {
	if g.objects {
		return pick(g, "r.sub.Age > 18", "r.sub.Age > 18 && r.sub.Name == 'alice'", "r.sub.Name == p.sub", "r.sub.Age + 1 < 40 || true", "r.sub.Nope == 1")
	}
	return pick(g, "true", "r.sub == 'alice'", "r.act == \"read\" && r.obj != 'data2'", "r.obj == p.obj", "keyMatch(r.obj, '/book/*')",
		"1 +", "r.sub", "nope(r.sub)", "regexMatch(r.obj, '^/book/\\\\d')", "r.sub in ('alice','bob')", "1", "false", "r.zzz == 1")
}

func field(g *generator, text string) string {
	if strings.ContainsAny(text, "\",") || strings.HasPrefix(text, " ") || g.chance(5) {
		return `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
	}
	return text
}

func (g *generator) writePolicy() {
	var lines []string
	add := func(fields ...string) {
		for i := range fields {
			fields[i] = field(g, fields[i])
		}
		lines = append(lines, strings.Join(fields, pick(g, ",", ", ", ",  ")))
	}
	for range g.IntN(25) {
		row := []string{"p"}
		for _, column := range g.policy {
			row = append(row, g.value(column))
		}
		add(row...)
	}
	if g.roles {
		g.links(add)
	}
	if g.resourceRoles {
		for range g.IntN(8) {
			add("g2", pick(g, append(things[:8:8], groups...)...), pick(g, groups...))
		}
	}
	g.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	if g.chance(10) {
		lines = append(lines, "# a comment", "", "   ")
	}
	if g.chance(2) {
		lines = append(lines, pick(g, "p, short", "q, a, b", `p, "a, b`, "g, x", `p, a"b, c, d`))
	}
	g.w.Policy = strings.Join(lines, "\n")
}

// links of roles. With subjectPriority they are a tree: Casbin's order is not the same twice otherwise, or never ends.
func (g *generator) links(add func(...string)) {
	row := func(from, to string) {
		fields := []string{"g", from, to}
		domain := ""
		if g.domains {
			domain = pick(g, domains...)
			if g.chance(25) {
				domain = pick(g, domainPs...)
			}
			fields = append(fields, domain)
		}
		if g.conditional {
			fields = append(fields, pick(g, "_", "2000-01-01 00:00:00", "2990-01-01 00:00:00"), pick(g, "_", "_", "2990-01-01 00:00:00", "2001-01-01 00:00:00"))
			if g.chance(60) {
				g.w.Conditions = append(g.w.Conditions, world.Condition{Definition: "g", User: from, Role: to, Domain: domain, Holds: "TimeMatch"})
			}
		} else if g.chance(5) {
			fields = append(fields, "more")
		}
		add(fields...)
	}
	if strings.HasPrefix(g.effect, "subject") || g.conditional {
		order := []string{"ops", "admin", "editor", "reader", "alice", "bob", "carol"}
		for i := 1; i < len(order); i++ {
			if g.chance(70) {
				row(order[i], order[g.IntN(i)])
			}
		}
		return
	}
	for range g.IntN(15) {
		row(pick(g, append(subjects[:len(subjects):len(subjects)], roleSet...)...), pick(g, roleSet...))
	}
}

func (g *generator) values() []any {
	var values []any
	for _, column := range g.request {
		switch column {
		case "sub":
			name := pick(g, subjects...)
			if g.objects {
				values = append(values, map[string]any{"Name": name, "Age": float64(g.IntN(40)), "Tags": []any{pick(g, "x", "y"), 3.0},
					"Boss": map[string]any{"Name": pick(g, "carol", "bob")}})
				continue
			}
			values = append(values, name)
		case "dom":
			values = append(values, pick(g, append(domains, "nowhere", "d9")...))
		case "obj":
			values = append(values, pick(g, things...))
		default:
			values = append(values, pick(g, actions...))
		}
	}
	if g.chance(2) {
		values[g.IntN(len(values))] = pick[any](g, 1.0, nil, true, []any{"alice"}, map[string]any{"Name": "alice"})
	}
	if g.chance(1) {
		values = values[1:]
	}
	return values
}
