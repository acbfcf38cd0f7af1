"""Runs both sides of bench/cel in turns and prints one JSON line a case: the medians of the rounds."""

import json
import os
import statistics
import subprocess
import sys

ROUNDS = int(os.environ.get("ROUNDS", "3"))
ROUND_S = os.environ.get("ROUND_S", "1")


CASES = os.environ.get("CASES", "expressions rules").split()
FIGURES = {"expressions": {"ns": "ns", "allocations": "allocations"}, "rules": {"p50": "ns", "p99": "ns"}}


def run(program: str, cases: str) -> dict:
    """{(workload, mode): figures}; ours has no mode, its limit is always on."""
    out = subprocess.run([program, ROUND_S, cases], text=True, stdout=subprocess.PIPE, check=True).stdout
    lines = [json.loads(line) for line in out.splitlines()]
    return {(line["workload"], line.get("mode", "ours")): line for line in lines}


def median(rounds: list[dict], key: tuple[str, str], figure: str) -> float:
    return statistics.median(figures[key][figure] for figures in rounds)


def report(cases: str, our_rounds: list[dict], peer_rounds: list[dict]) -> None:
    for workload, mode in peer_rounds[0]:
        mine, theirs = our_rounds[0][workload, "ours"], peer_rounds[0][workload, mode]
        if mine.get("matches") != theirs.get("matches"):
            sys.exit(f"bench/cel: {workload}: {mine['matches']} matches, the peer has {theirs['matches']}")
        for figure, unit in FIGURES[cases].items():
            value = median(our_rounds, (workload, "ours"), figure)
            peer_value = median(peer_rounds, (workload, mode), figure)
            line = {
                "bench": "cel",
                "case": f"{workload}{' ' + figure if cases == 'rules' else ''}; peer: {mode}",
                "unit": unit,
                "ours": round(value, 2),
                "peer": "cel-go",
                "peer_version": theirs["version"],
                "peer_value": round(peer_value, 2),
                "ratio": round(peer_value / value, 2) if value else None,
            }
            if "bytes" in mine:
                line["index_bytes_per_rule"] = mine["bytes"]
            print(json.dumps(line), flush=True)


def main():
    ours, peer = sys.argv[1:]
    print("bench/cel: load average {:.2f} {:.2f} {:.2f} before".format(*os.getloadavg()), file=sys.stderr)
    for cases in CASES:
        our_rounds, peer_rounds = [], []
        for _ in range(ROUNDS):
            our_rounds.append(run(ours, cases))
            peer_rounds.append(run(peer, cases))
        report(cases, our_rounds, peer_rounds)


if __name__ == "__main__":
    main()
