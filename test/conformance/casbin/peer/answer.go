package main

import (
	"os"
	"strings"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
	fileadapter "github.com/casbin/casbin/v2/persist/file-adapter"
	"github.com/casbin/casbin/v2/util"

	"smallbiznis/test/conformance/casbin/world"
)

var matching = map[string]func(string, string) bool{
	"keyMatch":   util.KeyMatch,
	"keyMatch2":  util.KeyMatch2,
	"keyMatch3":  util.KeyMatch3,
	"regexMatch": util.RegexMatch,
	"globMatch": func(name, pattern string) bool {
		matches, err := util.GlobMatch(name, pattern)
		return err == nil && matches
	},
}

// answer asks Casbin every request of a world, whose policy goes through the file `path`.
func answer(w *world.World, path string) error {
	m, err := model.NewModelFromString(w.Model)
	if err != nil {
		return err
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		return err
	}
	for definition, name := range w.RoleMatching {
		e.AddNamedMatchingFunc(definition, name, matching[name])
	}
	for definition, name := range w.DomainMatching {
		e.AddNamedDomainMatchingFunc(definition, name, matching[name])
	}
	if err := os.WriteFile(path, []byte(w.Policy), 0o600); err != nil {
		return err
	}
	e.SetAdapter(fileadapter.NewAdapter(path))
	if err := e.LoadPolicy(); err != nil {
		w.LoadFails, w.Requests = true, []world.Request{}
		return nil
	}
	for _, condition := range w.Conditions {
		if condition.Domain == "" {
			e.AddNamedLinkConditionFunc(condition.Definition, condition.User, condition.Role, util.TimeMatchFunc)
		} else {
			e.AddNamedDomainLinkConditionFunc(condition.Definition, condition.User, condition.Role, condition.Domain, util.TimeMatchFunc)
		}
	}
	asksPolicy := strings.Contains(m["m"]["m"].Value, "p_")
	for i := range w.Requests {
		request := &w.Requests[i]
		ok, rule, err := e.EnforceEx(request.Values...)
		switch {
		case err != nil:
			request.Want, request.Error = "error", strings.SplitN(err.Error(), "\n", 2)[0]
		case ok:
			request.Want = "allow"
		default:
			request.Want = "deny"
		}
		if err == nil && asksPolicy {
			rule = append([]string{}, rule...)
			request.Rule = &rule
		}
	}
	return nil
}
