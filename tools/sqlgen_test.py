"""What tools/sqlgen writes and refuses. Run by ctest (db/sqlgen_test)."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SQLGEN = Path(__file__).resolve().parent / "sqlgen"


class SqlgenTest(unittest.TestCase):
    def setUp(self):
        # A checkout of its own: paths in migrations.h are relative to the folder above tools/.
        self.root = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root)
        (self.root / "tools").mkdir()
        shutil.copy(SQLGEN, self.root / "tools")

    def run_sqlgen(self, *args):
        return subprocess.run([sys.executable, self.root / "tools/sqlgen", *map(str, args)], capture_output=True, text=True)

    def write(self, path, text):
        path = self.root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def queries(self, sql):
        out = self.root / "out/queries.h"
        done = self.run_sqlgen("queries", "ledger", self.write("queries.sql", sql), out)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return out.read_text()

    def assert_refused(self, done, where, what):
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertTrue(done.stderr.startswith(f"{self.root}/{where}: "), done.stderr)
        self.assertIn(what, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)

    def test_makes_a_constant_of_each_statement(self):
        text = self.queries("-- name: insert_entry\ninsert into e values ($1, $2::text);\n\n-- name: get_2\nselect $1\n")
        self.assertIn('#include "pkg/db/statement.h"', text)
        self.assertIn("namespace smallbiznis::ledger::sql {", text)
        self.assertIn('inline constexpr db::Statement kInsertEntry{"ledger.insert_entry", '
                      'R"sql(insert into e values ($1, $2::text))sql", 2};', text)
        self.assertIn('kGet2{"ledger.get_2", R"sql(select $1)sql", 1};', text)

    def test_looks_alikes_in_strings_and_comments_do_not_count(self):
        for sql, want, params in [
            ("select 1 -- $3; x", "select 1", 0),
            ("-- about; $2\nselect $1", "select $1", 1),
            ("select /* ; /* nested $7 */ ; */ $1", "select $1", 1),
            ("select 'a;$2''--'", "select 'a;$2''--'", 0),
            ("select E'\\';$2'", "select E'\\';$2'", 0),
            ('select ";$2--"', 'select ";$2--"', 0),
            ("select $$ ; $2 $$, $t$ ; $$ $t$", "select $$ ; $2 $$, $t$ ; $$ $t$", 0),
            ("select a$1 from t", "select a$1 from t", 0),
            ("select $2, $1, $2 ;", "select $2, $1, $2", 2),
            ("select 'x\n\n  y'", "select 'x\n\n  y'", 0),
        ]:
            with self.subTest(sql):
                self.assertIn(f'kIt{{"ledger.it", R"sql({want})sql", {params}}};', self.queries(f"-- name: it\n{sql}\n"))

    def test_picks_a_delimiter_that_the_text_does_not_hold(self):
        self.assertIn("""R"sql_(select ')sql"')sql_\"""", self.queries("-- name: it\nselect ')sql\"'\n"))

    def test_refuses_bad_queries(self):
        for sql, line, what in [
            ("-- name: a\nselect 1\n-- name: a\nselect 2\n", 3, "already declared in line 1"),
            ("-- name: a_1\nselect 1\n-- name: a1\nselect 2\n", 3, ""),
            ("-- name: a\n-- only a comment\n", 1, "a is empty"),
            ("-- name: a\n\n-- name: b\nselect 1\n", 1, "a is empty"),
            ("-- name: a\nselect $1, $3\n", 2, "uses $3 but not $2"),
            ("-- name: a\nselect $2\n", 2, "uses $2 but not $1"),
            ("-- name: a\nselect $0\n", 2, "uses $0"),
            ("-- name: a\nselect 1;\nselect 2;\n", 3, "several statements"),
            ("-- name: Bad-Name\nselect 1\n", 1, "bad statement name"),
            ("-- name: a__b\nselect 1\n", 1, "bad statement name"),
            ("select 1;\n-- name: a\nselect 1\n", 1, "before the first"),
            ("-- nothing\n", 1, "no '-- name:'"),
            ("-- name: a\nselect 'x\n", 2, "' is not closed"),
            ("-- name: a\nselect 1 /* x\n", 2, "comment is not closed"),
            ("-- name: a\nselect $x$ y\n", 2, "$x$ is not closed"),
            (b"-- name: a\nselect '\xff'\n", 2, "not UTF-8"),
            ("-- name: a\nselect '\0'\n", 2, "NUL"),
        ]:
            with self.subTest(sql):
                done = self.run_sqlgen("queries", "ledger", self.write("queries.sql", sql), self.root / "out/q.h")
                self.assert_refused(done, f"queries.sql:{line}", what)
                self.assertFalse((self.root / "out/q.h").exists())

    def test_leaves_an_unchanged_output_alone(self):
        self.queries("-- name: it\nselect 1\n")
        out = self.root / "out/queries.h"
        before = out.stat().st_mtime_ns
        self.queries("-- now with a comment\n-- name: it\nselect 1\n")
        self.assertEqual(out.stat().st_mtime_ns, before)
        self.queries("-- name: it\nselect 2\n")
        self.assertIn("select 2", out.read_text())

    def test_lists_migrations_in_order_with_checksums(self):
        first = self.write("services/ledger/migrations/0001_entries.sql", "create table e ();\n")
        second = self.write("services/ledger/migrations/0002_more_entries.sql", "create table f ();\n-- ; $9\n")
        out = self.root / "out/migrations.h"
        done = self.run_sqlgen("migrations", "ledger", out, second, first)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        text = out.read_text()
        self.assertIn('#include "pkg/db/migrate.h"', text)
        self.assertIn("namespace smallbiznis::ledger {\n\ninline constexpr db::Migration kMigrations[] = {", text)
        for number, path in [(1, first), (2, second)]:
            relative = path.relative_to(self.root)
            checksum = hashlib.sha256(path.read_bytes()).hexdigest()
            self.assertIn(f'{{"ledger", {number}, "{relative}", R"sql({path.read_text()})sql",\n     "{checksum}"}}', text)
        self.assertLess(text.index("0001_"), text.index("0002_"))

    def test_refuses_bad_migrations(self):
        ok = ("0001_a.sql", "select 1;")
        for files, where, what in [
            ([("1_a.sql", "select 1")], "1_a.sql:1", "bad migration file name"),
            ([("0001_A.sql", "select 1")], "0001_A.sql:1", "bad migration file name"),
            ([ok, ("0003_c.sql", "select 1")], "0003_c.sql:1", "want 0002"),
            ([("0002_b.sql", "select 1")], "0002_b.sql:1", "want 0001"),
            ([ok, ("0001_b.sql", "select 1")], "0001_b.sql:1", "want 0002"),
            ([("0001_a.sql", "-- nothing\n")], "0001_a.sql:1", "empty migration"),
            ([("0001_a.sql", "select 1;\nCOMMIT;")], "0001_a.sql:2", "runs in a transaction of its runner"),
        ]:
            with self.subTest(files):
                paths = [self.write(name, sql) for name, sql in files]
                self.assert_refused(self.run_sqlgen("migrations", "ledger", self.root / "m.h", *paths), where, what)

    def test_explains_itself_when_called_wrongly(self):
        done = self.run_sqlgen("nonsense")
        self.assertEqual(done.returncode, 2)
        self.assertIn("sqlgen queries ROOM", done.stderr)


if __name__ == "__main__":
    unittest.main()
