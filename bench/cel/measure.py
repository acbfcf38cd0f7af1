"""Runs both sides of bench/cel in turns and prints one JSON line a case: the medians of the rounds."""

import json
import os
import statistics
import subprocess
import sys

ROUNDS = int(os.environ.get("ROUNDS", "3"))
ROUND_S = os.environ.get("ROUND_S", "1")


def run(program: str) -> dict:
    """{(workload, mode): figures}; ours has no mode, its limit is always on."""
    out = subprocess.run([program, ROUND_S], text=True, stdout=subprocess.PIPE, check=True).stdout
    lines = [json.loads(line) for line in out.splitlines()]
    return {(line["workload"], line.get("mode", "ours")): line for line in lines}


def median(rounds: list[dict], key: tuple[str, str], figure: str) -> float:
    return statistics.median(figures[key][figure] for figures in rounds)


def main():
    ours, peer = sys.argv[1:]
    print("bench/cel: load average {:.2f} {:.2f} {:.2f} before".format(*os.getloadavg()), file=sys.stderr)
    our_rounds, peer_rounds = [], []
    for _ in range(ROUNDS):
        our_rounds.append(run(ours))
        peer_rounds.append(run(peer))
    for workload, mode in peer_rounds[0]:
        for unit, figure in (("ns", "ns"), ("allocations", "allocations")):
            value = median(our_rounds, (workload, "ours"), figure)
            peer_value = median(peer_rounds, (workload, mode), figure)
            line = {
                "bench": "cel",
                "case": f"{workload}; peer: {mode}",
                "unit": unit,
                "ours": round(value, 2),
                "peer": "cel-go",
                "peer_version": peer_rounds[0][workload, mode]["version"],
                "peer_value": round(peer_value, 2),
                "ratio": round(peer_value / value, 2) if value else None,
            }
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
