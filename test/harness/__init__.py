"""Starts the real binaries on a private PostgreSQL and Redis and speaks to them. Knows nothing of tests."""

import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]


def binary(name: str) -> str:
    """The program of that name in BUILD_DIR (build/release when not given)."""
    return str((ROOT / os.environ.get("BUILD_DIR", "build/release")).resolve() / "cmd" / name / name)
