package main

import (
	"bufio"
	_ "embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
)

//go:embed recorder/recorder.go
var recorder string

// What the recorder wraps.
var renamed = map[string]bool{
	"enforce":                               true,
	"AddNamedLinkConditionFunc":             true,
	"AddNamedDomainLinkConditionFunc":       true,
	"SetNamedLinkConditionFuncParams":       true,
	"SetNamedDomainLinkConditionFuncParams": true,
}

// record runs the tests of a copy of the module in which the recorder listens, and prints what it has noted down.
func record(module, work string) error {
	if err := os.RemoveAll(work); err != nil {
		return err
	}
	if err := copyTree(module, work); err != nil {
		return err
	}
	if err := rename(filepath.Join(work, "enforcer.go")); err != nil {
		return err
	}
	text := strings.Replace(recorder, "//go:build recorder", "//go:build go1.21", 1) // the module says 1.13
	if err := os.WriteFile(filepath.Join(work, "zz_recorder.go"), []byte(text), 0o644); err != nil {
		return err
	}
	output, err := filepath.Abs(filepath.Join(work, "recorded.jsonl"))
	if err != nil {
		return err
	}
	test := exec.Command("go", "test", "-count=1", "-vet=off", "-run", "^Test", ".")
	test.Dir = work
	test.Env = append(os.Environ(), "CASBIN_RECORD="+output, "GOFLAGS=-mod=mod")
	if report, err := test.CombinedOutput(); err != nil {
		return fmt.Errorf("the module's own tests: %w\n%s", err, report)
	}
	return printOnce(output)
}

// Tests ask the same thing many times: a line is printed once.
func printOnce(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 64<<20)
	seen := map[string]bool{}
	for lines.Scan() {
		if !seen[lines.Text()] {
			seen[lines.Text()] = true
			fmt.Println(lines.Text())
		}
	}
	return lines.Err()
}

func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(path, from))
		if entry.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, text, 0o644)
	})
}

// rename gives the methods that the recorder wraps another name.
func rename(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, path, text, 0)
	if err != nil {
		return err
	}
	var ends []int
	for _, declaration := range parsed.Decls {
		if method, ok := declaration.(*ast.FuncDecl); ok && method.Recv != nil && renamed[method.Name.Name] {
			ends = append(ends, files.Position(method.Name.End()).Offset)
		}
	}
	if len(ends) != len(renamed) {
		return fmt.Errorf("%s has %d of the %d methods that are to be wrapped", path, len(ends), len(renamed))
	}
	sort.Sort(sort.Reverse(sort.IntSlice(ends)))
	for _, end := range ends {
		text = append(text[:end:end], append([]byte("Unrecorded"), text[end:]...)...)
	}
	return os.WriteFile(path, text, 0o644)
}
