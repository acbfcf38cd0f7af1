//go:build recorder

// Stands in package casbin of a copy of the module, where Enforcer.enforce and a few others have been renamed: it notes
// down what the module's own tests ask, and what they are told.
package casbin

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"reflect"
	"runtime"
	"strings"
	"sync"

	"github.com/casbin/casbin/v2/model"
	fileadapter "github.com/casbin/casbin/v2/persist/file-adapter"
	"github.com/casbin/casbin/v2/rbac"
	defaultrolemanager "github.com/casbin/casbin/v2/rbac/default-role-manager"
	"github.com/casbin/casbin/v2/util"
)

type recordedLink struct{ definition, user, role, domain string }

type recordedCondition struct {
	link   recordedLink
	holds  rbac.LinkConditionFunc
	params []string // that a test has set; nil: those of the rule
}

var (
	recordMutex      sync.Mutex
	recordedLinks    = map[*Enforcer]map[recordedLink]*recordedCondition{}
	recordOutput     *os.File
	builtInFunctions = map[string]bool{}
)

func init() {
	functions := model.LoadFunctionMap()
	for name := range functions.GetFunctions() {
		builtInFunctions[name] = true
	}
	if path := os.Getenv("CASBIN_RECORD"); path != "" {
		file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			panic(err)
		}
		recordOutput = file
	}
}

func (e *Enforcer) enforce(matcher string, explains *[]string, rvals ...interface{}) (bool, error) {
	values, plain := recordValues(rvals)
	why := explains
	if why == nil {
		why = &[]string{}
	}
	ok, err := e.enforceUnrecorded(matcher, why, rvals...)
	if recordOutput != nil && e.enabled {
		recordMutex.Lock()
		defer recordMutex.Unlock()
		line := e.recordWorld(matcher)
		if !plain {
			line["skip"] = "a value of the request is no JSON"
		}
		line["requests"] = []any{e.recordRequest(matcher, rvals, values, *why, ok, err)}
		text, failed := json.Marshal(line)
		if failed != nil {
			panic(failed)
		}
		if _, failed = recordOutput.Write(append(text, '\n')); failed != nil {
			panic(failed)
		}
	}
	return ok, err
}

func (e *Enforcer) recordRequest(matcher string, rvals, values []any, why []string, ok bool, err error) map[string]any {
	request := map[string]any{"values": values, "want": "deny"}
	sections := NewEnforceContext("")
	if len(rvals) > 0 {
		if context, is := rvals[0].(EnforceContext); is {
			sections = context
			request["sections"] = []string{context.RType, context.PType, context.EType, context.MType}
		}
	}
	text := matcher
	if text == "" && e.model["m"][sections.MType] != nil {
		text = e.model["m"][sections.MType].Value
	}
	if err != nil {
		request["want"], request["error"] = "error", strings.SplitN(err.Error(), "\n", 2)[0]
	} else if ok {
		request["want"] = "allow"
	}
	// Without a rule in the matcher Casbin names the first one, whatever it says.
	if err == nil && strings.Contains(util.EscapeAssertion(text), sections.PType+"_") {
		request["rule"] = append([]string{}, why...)
	}
	return request
}

// The values as JSON, without an EnforceContext before them; false when one cannot be.
func recordValues(rvals []any) ([]any, bool) {
	values, plain := []any{}, true
	for i, value := range rvals {
		if _, is := value.(EnforceContext); is && i == 0 {
			continue
		}
		converted, ok := recordValue(reflect.ValueOf(value))
		values, plain = append(values, converted), plain && ok
	}
	return values, plain
}

func recordValue(value reflect.Value) (any, bool) {
	switch value.Kind() {
	case reflect.Invalid:
		return nil, true
	case reflect.Interface, reflect.Ptr:
		return recordValue(value.Elem())
	case reflect.Struct:
		fields, plain := map[string]any{}, true
		for i := 0; i < value.NumField(); i++ {
			if value.Type().Field(i).IsExported() {
				converted, ok := recordValue(value.Field(i))
				fields[value.Type().Field(i).Name], plain = converted, plain && ok
			}
		}
		return fields, plain
	case reflect.Map:
		fields, plain := map[string]any{}, value.Type().Key().Kind() == reflect.String
		for _, key := range value.MapKeys() {
			converted, ok := recordValue(value.MapIndex(key))
			fields[key.String()], plain = converted, plain && ok
		}
		return fields, plain
	case reflect.Slice:
		items, plain := []any{}, value.Type().Elem().Kind() == reflect.Interface
		for i := 0; i < value.Len(); i++ {
			converted, ok := recordValue(value.Index(i))
			items, plain = append(items, converted), plain && ok
		}
		return items, plain
	case reflect.String, reflect.Bool, reflect.Float64, reflect.Int, reflect.Int64:
		return value.Interface(), true
	default:
		return nil, false
	}
}

func (e *Enforcer) recordWorld(matcher string) map[string]any {
	line := map[string]any{"name": recordTest(), "json_requests": e.acceptJsonRequest}
	line["model"] = e.recordModel(matcher)
	line["policy"] = e.recordPolicy()
	roles, domains := map[string]string{}, map[string]string{}
	for ptype, rm := range e.rmMap {
		recordMatching(line, rm, ptype, roles, domains)
	}
	for ptype, rm := range e.condRmMap {
		recordMatching(line, rm, ptype, roles, domains)
	}
	line["role_matching"], line["domain_matching"] = roles, domains
	priorities := map[string]int{}
	for ptype, assertion := range e.model["p"] {
		if index, ok := assertion.FieldIndexMap["priority"]; ok && assertion.Tokens[index] != ptype+"_priority" {
			priorities[ptype] = index
		}
	}
	line["priority_column"] = priorities
	conditions := []any{}
	for link, condition := range recordedLinks[e] {
		conditions = append(conditions, map[string]string{"definition": link.definition, "user": link.user,
			"role": link.role, "domain": link.domain, "holds": condition.text()})
	}
	line["conditions"] = conditions
	functions := []string{}
	for name := range e.fm.GetFunctions() {
		if !builtInFunctions[name] {
			functions = append(functions, name)
		}
	}
	line["functions"] = functions
	return line
}

func (c *recordedCondition) text() string {
	name := recordFunction(c.holds)
	if name == "TimeMatchFunc" && c.params == nil {
		return "TimeMatch"
	}
	if ok, err := c.holds(c.params...); err == nil && ok {
		return "true"
	}
	return "false"
}

func recordTest() string {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(2, callers)])
	for {
		frame, more := frames.Next()
		name := frame.Function[strings.LastIndex(frame.Function, "/")+1:]
		if _, test, found := strings.Cut(name, ".Test"); found {
			return "Test" + test
		}
		if !more {
			return "?"
		}
	}
}

func recordFunction(function any) string {
	name := runtime.FuncForPC(reflect.ValueOf(function).Pointer()).Name()
	return name[strings.LastIndex(name, ".")+1:]
}

func recordMatching(line map[string]any, rm any, ptype string, roles, domains map[string]string) {
	switch rm.(type) {
	case *defaultrolemanager.RoleManagerImpl, *defaultrolemanager.RoleManager, *defaultrolemanager.DomainManager,
		*defaultrolemanager.ConditionalRoleManager, *defaultrolemanager.ConditionalDomainManager:
	default:
		line["skip"] = "a role manager of the test's own"
		return
	}
	note := func(field string, into map[string]string) {
		function := reflect.ValueOf(rm).Elem().FieldByName(field)
		if function.IsNil() {
			return
		}
		name := runtime.FuncForPC(function.Pointer()).Name()
		name = name[strings.LastIndex(name, ".")+1:]
		into[ptype] = strings.ToLower(name[:1]) + name[1:]
	}
	note("matchingFunc", roles)
	note("domainMatchingFunc", domains)
	if len(line["model"].(string)) > 0 && strings.Contains(line["model"].(string), "keyMatch(r.dom, p.dom)") {
		delete(domains, ptype) // Casbin sets it by itself
	}
}

// The file, when the model is still what stands there.
func (e *Enforcer) recordModel(matcher string) string {
	if text, err := os.ReadFile(e.modelPath); err == nil && matcher == "" {
		if fresh, err := model.NewModelFromString(string(text)); err == nil && recordSame(e.model, fresh) {
			return string(text)
		}
	}
	var text strings.Builder
	sections := [][2]string{{"r", "request_definition"}, {"p", "policy_definition"}, {"g", "role_definition"},
		{"e", "policy_effect"}, {"m", "matchers"}}
	for _, section := range sections {
		if len(e.model[section[0]]) == 0 {
			continue
		}
		text.WriteString("[" + section[1] + "]\n")
		for key, assertion := range e.model[section[0]] {
			value := assertion.Value
			if section[0] == "m" {
				if matcher != "" && key == "m" {
					value = matcher
				} else {
					value = strings.ReplaceAll(value, "\\\\", "\\") // they are doubled in a model
				}
			}
			text.WriteString(key + " = " + strings.Join(strings.Fields(value), " ") + "\n")
		}
	}
	return text.String()
}

func recordSame(a, b model.Model) bool {
	for _, section := range []string{"r", "p", "g", "e", "m"} {
		if len(a[section]) != len(b[section]) {
			return false
		}
		for key, assertion := range a[section] {
			if b[section][key] == nil || b[section][key].Value != assertion.Value {
				return false
			}
		}
	}
	return true
}

// The file, when the policy is still what stands there.
func (e *Enforcer) recordPolicy() string {
	if adapter, ok := e.adapter.(*fileadapter.Adapter); ok && adapter != nil {
		path := reflect.ValueOf(adapter).Elem().FieldByName("filePath").String()
		fresh := e.model.Copy()
		fresh.ClearPolicy()
		if text, err := os.ReadFile(path); err == nil && adapter.LoadPolicy(fresh) == nil &&
			fresh.SortPoliciesBySubjectHierarchy() == nil && fresh.SortPoliciesByPriority() == nil &&
			recordCSV(fresh) == recordCSV(e.model) {
			return string(text)
		}
	}
	return recordCSV(e.model)
}

func recordCSV(m model.Model) string {
	var text strings.Builder
	out := csv.NewWriter(&text)
	for _, section := range []string{"p", "g"} {
		for i := 1; i < 10; i++ {
			ptype := section
			if i > 1 {
				ptype += string(rune('0' + i))
			}
			if m[section][ptype] == nil {
				continue
			}
			for _, rule := range m[section][ptype].Policy {
				_ = out.Write(append([]string{ptype}, rule...))
			}
		}
	}
	out.Flush()
	return text.String()
}

func (e *Enforcer) recordLink(definition, user, role, domain string) *recordedCondition {
	if recordedLinks[e] == nil {
		recordedLinks[e] = map[recordedLink]*recordedCondition{}
	}
	link := recordedLink{definition, user, role, domain}
	if recordedLinks[e][link] == nil {
		recordedLinks[e][link] = &recordedCondition{link: link}
	}
	return recordedLinks[e][link]
}

func (e *Enforcer) AddNamedLinkConditionFunc(ptype, user, role string, fn rbac.LinkConditionFunc) bool {
	e.recordLink(ptype, user, role, "").holds = fn
	return e.AddNamedLinkConditionFuncUnrecorded(ptype, user, role, fn)
}

func (e *Enforcer) AddNamedDomainLinkConditionFunc(ptype, user, role, domain string, fn rbac.LinkConditionFunc) bool {
	e.recordLink(ptype, user, role, domain).holds = fn
	return e.AddNamedDomainLinkConditionFuncUnrecorded(ptype, user, role, domain, fn)
}

func (e *Enforcer) SetNamedLinkConditionFuncParams(ptype, user, role string, params ...string) bool {
	e.recordLink(ptype, user, role, "").params = params
	return e.SetNamedLinkConditionFuncParamsUnrecorded(ptype, user, role, params...)
}

func (e *Enforcer) SetNamedDomainLinkConditionFuncParams(ptype, user, role, domain string, params ...string) bool {
	e.recordLink(ptype, user, role, domain).params = params
	return e.SetNamedDomainLinkConditionFuncParamsUnrecorded(ptype, user, role, domain, params...)
}
