package main

import (
	"fmt"
	"math"
	"math/rand"
	"strconv"
	"strings"
)

var ints = []int64{0, 1, -1, 2, 3, 7, -7, 10, 63, 64, 100, 255, 1000, 1 << 31, -1 << 31, 1<<53 - 1, 1 << 53, 1<<53 + 1, math.MaxInt64, math.MinInt64, math.MaxInt64 - 1, 253402300799, -62135596800, 1767225600}
var uints = []uint64{0, 1, 2, 3, 7, 64, 255, 1 << 32, 1 << 53, 1<<53 + 1, 1 << 63, math.MaxInt64, math.MaxUint64}
var doubles = []float64{0, math.Copysign(0, -1), 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3.7, 1e-5, 1e6, 123456.789, 1e15, 1e21, 1e300, -1e300, 5e-324, 9007199254740992, 9007199254740993, 9223372036854775807, 18446744073709551615, 9223372036854774784, math.Inf(1), math.Inf(-1), math.NaN()}
var texts = []string{"", "a", "b", "ab", "abc", "A", "hello world", "é", "ñandú", "日本語", "😀", "a😀b", "  x\t", "1", "-1", "1.5", "true", "0x10", "1e3", "a,b,c", "%s %d", "\u00a0", "e\u0301", "AbC", "2026-01-01T00:00:00Z", "1h", "YWJj", "NaN", "\n", "\"q\"", "\\"}
var seconds = []int64{0, 1, -1, 1767225600, 1709164800, 951782400, 253402300799, -62135596800, -86400, 1_700_000_000}
var nanos = []int64{0, 1, -1, 1_000_000_000, -1_500_000_000, 3_600_000_000_000, 86_400_000_000_000, 999, 9223372036_000_000_000, -9223372036_000_000_000, -1_000_001}

type generator struct {
	*rand.Rand
	locals []local
}

type local struct{ name, kind string }

func pick[T any](g *generator, from []T) T { return from[g.Intn(len(from))] }

var kinds = []string{"int", "uint", "double", "string", "bytes", "bool", "bool", "bool", "time", "duration", "ints", "strings", "doubles", "map", "intmap", "opt", "dyn", "dyns", "type", "null"}

func (g *generator) kind() string { return pick(g, kinds) }

// What may be written for each kind; $k stands for a smaller expression of the kind, @k for a leaf,
// and ~ for a variable of
// the fold whose elements are of the kind that follows it.
var rules = map[string][]string{
	"int": {"$int + $int", "$int - $int", "$int * $int", "$int / $int", "$int % $int", "-($int)", "$bool ? $int : $int", "int($uint)", "int($double)", "int($string)", "int($time)",
		"size($string)", "$string.size()", "size($bytes)", "size($ints)", "$map.size()", "$ints[$int]", "$map[$string]", "$ints[dyn($double)]", "$time.getFullYear()", "$time.getMonth(%zone)", "$time.getDate(%zone)", "$time.getDayOfMonth()", "$time.getDayOfWeek(%zone)", "$time.getDayOfYear(%zone)", "$time.getHours(%zone)", "$time.getMinutes(%zone)", "$time.getSeconds()", "$time.getMilliseconds()",
		"@duration.getHours()", "@duration.getMinutes()", "@duration.getSeconds()", "$duration.getMilliseconds() % 1000", "$string.indexOf($string)", "$string.indexOf($string, $small)", "$string.lastIndexOf($string)", "$string.lastIndexOf($string, $small)",
		"math.greatest($int, $int)", "math.least($int, $int, $int)", "math.greatest($ints)", "math.abs($int)", "math.sign($int)", "math.bitAnd($int, $int)", "math.bitOr($int, $int)", "math.bitXor($int, $int)", "math.bitNot($int)", "math.bitShiftLeft($int, $small)", "math.bitShiftRight($int, $small)", "$opt.orValue($int)", "$opt.value()", "cel.bind(v, $int, v + v)", "$ints.first().orValue($int)", "$ints.last().value()"},
	"uint":   {"$uint + $uint", "$uint - $uint", "$uint * $uint", "$uint / $uint", "$uint % $uint", "uint($int)", "uint($double)", "uint($string)", "$bool ? $uint : $uint", "math.bitAnd($uint, $uint)", "math.bitOr($uint, $uint)", "math.bitNot($uint)", "math.bitShiftLeft($uint, $small)", "math.bitShiftRight($uint, $small)", "math.greatest($uint, $uint)", "math.abs($uint)", "math.sign($uint)"},
	"double": {"$double + $double", "$double - $double", "$double * $double", "$double / $double", "-($double)", "double($int)", "double($uint)", "double($string)", "$bool ? $double : $double", "math.ceil($double)", "math.floor($double)", "math.round($double)", "math.trunc($double)", "math.abs($double)", "math.sign($double)", "math.sqrt($double)", "math.sqrt($int)", "math.greatest($double, $double)", "math.least($doubles)", "$doubles[$small]"},
	"string": {"$string + $string", "string($int)", "string($uint)", "string($double)", "string($bool)", "string($bytes)", "string($time)", "string(@duration)", "$bool ? $string : $string", "$strings[$small]", "$intmap[$int]", "$string.charAt($small)", "$string.lowerAscii()", "$string.upperAscii()", "$string.replace($string, $string)", "$string.replace($string, $string, $small)", "$string.substring($small)", "$string.substring($small, $small)", "$string.trim()", "$string.reverse()", "$strings.join()", "$strings.join($string)", "strings.quote($string)", "base64.encode($bytes)",
		"'%s %s'.format([$dyn, $dyn])", "'%d'.format([$int])", "'%x|%X'.format([$int, $string])", "'%.3f'.format([$double])", "'%e'.format([$double])", "'%b %o'.format([$int, $uint])", "'%s'.format([$ints])", "'%s'.format([$map])", "'%.2e %%'.format([$double])", "'%d %f'.format([$double, $double])"},
	"bytes":    {"$bytes + $bytes", "bytes($string)", "base64.decode($string)", "base64.decode(base64.encode($bytes))", "$bool ? $bytes : $bytes"},
	"time":     {"$time + $duration", "$duration + $time", "$time - $duration", "timestamp($string)", "timestamp($int)", "timestamp(string($time))", "$bool ? $time : $time"},
	"duration": {"$duration + $duration", "$duration - $duration", "$time - $time", "duration($string)", "duration(string(@duration))", "duration(%durations)"},
	"bool": {"$bool && $bool", "$bool || $bool", "!($bool)", "$bool ? $bool : $bool", "$int < $int", "$int <= $uint", "$uint > $double", "$double >= $int", "$int == $int", "dyn($int) != $double", "$dyn == $dyn", "$dyn != $dyn", "$string < $string", "$string == $string", "$bytes < $bytes", "$time < $time", "$duration >= $duration", "$bool < $bool", "$double == $double", "$double < $uint", "$uint <= $int",
		"$int in $ints", "$string in $map", "$int in $intmap", "$dyn in $dyns", "dyn($double) in $intmap", "dyn($uint) in $intmap", "$ints == $ints", "$map == $map", "$dyns == $dyns", "$opt == $opt", "$opt == optional.none()", "$ints == []", "[] in [$ints]", "$opt.hasValue()", "$string.contains($string)", "$string.startsWith($string)", "$string.endsWith($string)", "$string.matches(%pattern)", "matches($string, $string)", "bool($string)", "has(ms.a)", "has({'a': $int}.a)", "type($dyn) == type($dyn)",
		"$ints.all(~int, $bool)", "$ints.exists(~int, $bool)", "$ints.exists_one(~int, $bool)", "$strings.exists(~string, $bool)", "$map.all(~string, $bool)", "$map.exists(k, v, v > $int)", "$ints.all(k, v, k <= v)", "$map.existsOne(k, v, v > $int)", "sets.contains($ints, $ints)", "sets.intersects($dyns, $dyns)", "sets.equivalent($ints, $ints)", "math.isNaN($double)", "math.isInf($double)", "math.isFinite($double)", "1 / $int > 0 || $bool", "x1.a == 1 && $bool", "$map.a == 1 && $bool"},
	"ints":    {"$ints + $ints", "[] + $ints", "$ints + []", "[$int, $int]", "[$int, ?$opt]", "$ints.map(~int, $int)", "$ints.filter(~int, $bool)", "$ints.map(~int, $bool, $int)", "$strings.map(~string, $int)", "lists.range($small)", "$ints.slice($small, $small)", "$ints.distinct()", "$ints.reverse()", "$ints.sort()", "$ints.sortBy(~int, $int)", "$ints.transformList(k, v, k * v)", "$bool ? $ints : $ints", "optional.unwrap([$opt, $opt])"},
	"strings": {"$strings + $strings", "[$string, $string]", "$string.split($string)", "$string.split($string, $small)", "$strings.sort()", "$strings.distinct()", "$strings.map(~string, $string)", "$strings.filter(~string, $bool)", "$ints.map(~int, $string)", "$map.map(~string, $string).sort()"},
	"doubles": {"[$double, $double]", "$doubles + $doubles", "$doubles.filter(w, !math.isNaN(w)).map(w, w + 0.0).sort()", "$doubles.distinct()", "$ints.map(~int, $double)", "$doubles.filter(~double, $bool)"},
	"map":     {"{$string: $int}", "{'p' + $string: $int, 'q' + $string: $int}", "{'a': $int, ?'b': $opt}", "$map.transformMap(k, v, v + $int)", "$ints.transformMapEntry(k, v, {string(v): k})", "$bool ? $map : $map"},
	"intmap":  {"{$int: $string}", "{$int / 2 * 2: $string, $int / 2 * 2 + 1: $string}", "$ints.transformMap(k, v, string(v))"},
	"opt":     {"optional.of($int)", "$opt.or(optional.none())", "optional.ofNonZeroValue($int)", "$ints[?$small]", "$map[?$string]", "ms.?a", "$opt.or($opt)", "$opt.optMap(~int, $int)", "$opt.optFlatMap(~int, $opt)", "$ints.first()", "$ints.last()"},
	"dyn":     {"dyn($int)", "dyn($uint)", "dyn($double)", "dyn($string)", "dyn($bytes)", "dyn($bool)", "dyn($time)", "dyn($duration)", "dyn($ints)", "dyn($map)", "dyn($dyns)", "dyn($opt)", "dyn($type)", "-(dyn($duration))", "-($dyn)", "$dyns[$small]", "$dyn + $dyn", "$dyn - $dyn", "{1: $dyn, 2u: $dyn, true: $dyn, 'a': $dyn}[$dyn]", "math.greatest($int, $double)", "math.least($uint, $double, $int)"},
	"dyns":    {"[dyn($int), $uint, $double]", "[$dyn, $dyn]", "[[$int], [$int, $int]].flatten()", "$dyns + $dyns", "[[1, [$int]], $ints].flatten(2)", "$dyns.distinct()", "[dyn(null), $string]"},
	"type":    {"type($dyn)", "type($int)", "type($opt)", "type($map)", "type($type)"},
	"null":    {"null", "$bool ? null : null"},
	"small":   {"size($string)"},
}

var choices = map[string][]string{
	"%zone":      {"", "'UTC'", "'America/New_York'", "'Asia/Jakarta'", "'+05:30'", "'-09:30'", "'Europe/Paris'", "'Nowhere/Land'"},
	"%pattern":   {"'a'", "'^a.*c$'", "'[0-9]+'", "'(?i)ABC'", "'^.$'", "'\\\\pL+'", "'('", "''", "'a|b'"},
	"%durations": {"'1h'", "'1.5s'", "'-2m3s'", "'1ms'", "'1us1ns'", "'9223372036s'", "'9223372037s'", "'1d'", "''", "'1'", "'.5h'", "'-0s'"},
}

func (g *generator) make(kind string, depth int) string {
	if depth <= 0 || g.Intn(8) == 0 || len(rules[kind]) == 0 {
		return g.leaf(kind)
	}
	before := len(g.locals)
	defer func() { g.locals = g.locals[:before] }()
	rule := pick(g, rules[kind])
	for name, of := range choices {
		rule = strings.ReplaceAll(rule, name, pick(g, of))
	}
	var out strings.Builder
	for i := 0; i < len(rule); i++ {
		c := rule[i]
		if c != '$' && c != '~' && c != '@' {
			out.WriteByte(c)
			continue
		}
		end := i + 1
		for end < len(rule) && rule[end] >= 'a' && rule[end] <= 'z' {
			end++
		}
		word := rule[i+1 : end]
		if c == '~' {
			name := fmt.Sprintf("v%d", len(g.locals))
			g.locals = append(g.locals, local{name, word})
			out.WriteString(name)
		} else if c == '@' {
			out.WriteString(g.leaf(word))
		} else {
			out.WriteString("(" + g.make(word, depth-1) + ")")
		}
		i = end - 1
	}
	return out.String()
}

func quote(text string) string {
	return "'" + strings.NewReplacer("\\", "\\\\", "'", "\\'", "\n", "\\n").Replace(text) + "'"
}

func (g *generator) leaf(kind string) string {
	var known []string
	for _, l := range g.locals {
		if l.kind == kind {
			known = append(known, l.name)
		}
	}
	if len(known) > 0 && g.Intn(2) == 0 {
		return pick(g, known)
	}
	constant := g.Intn(2) == 0
	switch kind {
	case "int":
		if constant {
			return strconv.FormatInt(pick(g, ints), 10)
		}
		return pick(g, []string{"i1", "i2"})
	case "small":
		return strconv.Itoa(g.Intn(7) - 1)
	case "uint":
		if constant {
			return strconv.FormatUint(pick(g, uints), 10) + "u"
		}
		return "u1"
	case "double":
		d := pick(g, doubles)
		if constant && !math.IsNaN(d) && !math.IsInf(d, 0) {
			return strconv.FormatFloat(d, 'e', -1, 64)
		}
		return pick(g, []string{"d1", "d2"})
	case "string":
		if constant {
			return quote(pick(g, texts))
		}
		return pick(g, []string{"s1", "s2"})
	case "bytes":
		return pick(g, []string{"y1", "b''", "b'abc'", "b'\\xff'", "b'é'"})
	case "bool":
		return pick(g, []string{"b1", "true", "false"})
	case "time":
		return pick(g, []string{"t1", "timestamp('2024-02-29T23:59:59.5Z')", "timestamp('9999-12-31T23:59:59.999999999Z')", "timestamp('0001-01-01T00:00:00Z')", "timestamp(int(timestamp('2026-03-29T01:30:00+01:00')))", "timestamp(0)"})
	case "duration":
		return pick(g, []string{"n1", "duration('1h1m')", "duration('0s')", "duration('-1.5s')"})
	case "ints":
		return pick(g, []string{"li", "[1, 2, 3]", "[1].filter(w, false)", "[3, 1, 2, 1]"})
	case "strings":
		return pick(g, []string{"ls", "['a', 'b']", "['b', 'a', 'é']"})
	case "doubles":
		return pick(g, []string{"ld", "[1.5, -0.0, 0.0]"})
	case "map":
		return pick(g, []string{"ms", "{'a': 1}", "{'a': 1, 'b': 2, 'é': 3}"})
	case "intmap":
		return pick(g, []string{"mi", "{1: 'a', 2: 'b'}"})
	case "opt":
		return pick(g, []string{"optional.of(i1)", "ms.?nothing", "ms.?a"})
	case "dyns":
		return pick(g, []string{"[dyn(1), 1u, 1.0, 'a']", "[dyn(null), true]", "[dyn(li), ms]"})
	case "type":
		return pick(g, []string{"int", "string", "list", "map", "type", "google.protobuf.Timestamp"})
	case "null":
		return "null"
	}
	return pick(g, []string{"x1", "dyn(1)", "dyn(1u)", "dyn(1.0)", "dyn('a')", "dyn(null)", "dyn([])", "dyn({})"})
}
