"""Prints the matrix of run.sh: a row for each behaviour, a column for each version of the peer.

  main.py OURS PEERS MONITOR     our agent, the folder with the peer's agents (one a version), asynqmon

ROW: only rows whose name contains it. COLUMN: only that column. SHORT, SEED: see rows/fleet.py. Exit code 1 when a cell
fails.
"""

import importlib
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE)]

import matrix  # noqa: E402

SUBJECTS = ("enqueueing", "outcomes", "wire", "inspecting", "upkeep", "monitor", "scheduling", "recovery", "fleet")


def main() -> int:
    ours, peers, monitor = sys.argv[1:]
    for subject in SUBJECTS:
        importlib.import_module(f"rows.{subject}")
    programs = matrix.Programs(ours, {version: f"{peers}/{version}" for version in matrix.GO}, monitor)
    rows = [row for row in matrix.ROWS if os.environ.get("ROW", "") in row.name]
    columns = tuple(column for column in matrix.COLUMNS if os.environ.get("COLUMN", "") in column)
    rows = [row for row in rows if set(row.columns) & set(columns)]
    if not rows:
        raise SystemExit("test/interop/asynq: there are no such rows")
    return 1 if matrix.run(programs, rows, columns) else 0


if __name__ == "__main__":
    sys.exit(main())
