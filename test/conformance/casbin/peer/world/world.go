// Package world describes a model with its policy, and what Casbin said to requests. One JSON line each.
package world

// World is what an enforcer is made of.
type World struct {
	Name           string            `json:"name"`
	Model          string            `json:"model"`
	Policy         string            `json:"policy"` // CSV
	RoleMatching   map[string]string `json:"role_matching,omitempty"`
	DomainMatching map[string]string `json:"domain_matching,omitempty"`
	Conditions     []Condition       `json:"conditions,omitempty"`
	PriorityColumn map[string]int    `json:"priority_column,omitempty"`
	JSONRequests   bool              `json:"json_requests,omitempty"`
	Functions      []string          `json:"functions,omitempty"`
	Skip           string            `json:"skip,omitempty"` // why it cannot be asked elsewhere
	LoadFails      bool              `json:"load_fails,omitempty"`
	Requests       []Request         `json:"requests"`
}

// Condition of a conditional role: Holds is TimeMatch, true or false.
type Condition struct {
	Definition string `json:"definition"`
	User       string `json:"user"`
	Role       string `json:"role"`
	Domain     string `json:"domain"`
	Holds      string `json:"holds"`
}

// Request and its answer: Want is allow, deny or error.
type Request struct {
	Values   []any     `json:"values"`
	Sections []string  `json:"sections,omitempty"` // r2, p2, e2, m2
	Want     string    `json:"want"`
	Rule     *[]string `json:"rule,omitempty"` // that decided; empty: none; absent: not known
	Error    string    `json:"error,omitempty"`
}
