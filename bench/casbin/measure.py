"""Runs the cases of run.sh: rounds of ours and of the peer alternate, each number is the median of its rounds."""

import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

ROUNDS = int(os.environ.get("ROUNDS", "3"))
SIZES = (1_100, 11_000, 110_000, 1_000_000)
MODEL = pathlib.Path(__file__).with_name("model.conf")
N_REQUESTS = 4096
CHECK_S = 0.5  # of the peer, at least three checks; ours makes 500,000


def write_policy(path: pathlib.Path, rules: int) -> int:
    """One role for ten users, ten roles for a thing, a hundred roles in a domain. The number of users."""
    roles = rules // 11
    users = rules - roles
    with path.open("w") as out:
        for role in range(roles):
            out.write(f"p, group{role}, domain{role // 100}, data{role // 10}, read\n")
        for user in range(users):
            role = min(user // 10, roles - 1)
            out.write(f"g, user{user}, group{role}, domain{role // 100}\n")
    return users


def write_requests(path: pathlib.Path, users: list[int], roles: int):
    """Allowed ones."""
    with path.open("w") as out:
        for user in users:
            role = min(user // 10, roles - 1)
            out.write(f"user{user} domain{role // 100} data{role // 10} read\n")


def run(program: str, folder: pathlib.Path, cases: list[str]) -> dict:
    files = [str(folder / f"{case}.txt") for case in cases]
    args = [program, str(MODEL), str(folder / "policy.csv"), str(CHECK_S), *files]
    done = subprocess.run(args, text=True, capture_output=True, timeout=300)
    if done.returncode != 0:
        raise SystemExit(f"bench/casbin: {program}: {done.stderr.strip()}")
    result = json.loads(done.stdout)
    for case, asked in zip(cases, result["asked"]):
        if asked["refused"]:
            raise SystemExit(f"bench/casbin: {program} refused {asked['refused']} of {asked['checks']} allowed requests")
        result[f"{case}_us"], result[f"{case}_checks"] = asked["check_us"], asked["checks"]
    return result


def report(case: str, unit: str, ours: list[dict], peer: list[dict], name: str):
    mine, other = (statistics.median(result[name] for result in results) for results in (ours, peer))
    print(json.dumps({
        "bench": "casbin",
        "case": case,
        "unit": unit,
        "ours": round(mine, 3),
        "peer": "casbin",
        "peer_version": peer[0]["version"],
        "peer_value": round(other, 3),
        "ratio": round(other / mine, 2),
    }), flush=True)


def measure(folder: pathlib.Path, programs: list[str], size: int):
    users, roles = write_policy(folder / "policy.csv", size), size // 11
    asked = {"one": [users // 2], "spread": random.Random(1).sample(range(users), min(users, N_REQUESTS))}
    for case, chosen in asked.items():
        write_requests(folder / f"{case}.txt", chosen, roles)
    results = ([], [])
    for _ in range(ROUNDS):
        for program, into in zip(programs, results):
            into.append(run(program, folder, list(asked)))
    for case, chosen in asked.items():
        checks = statistics.median(result[f"{case}_checks"] for result in results[1])
        who = "one user" if len(chosen) == 1 else f"{len(chosen)} users in turn"
        report(f"check, {size} rules, {who}; peer: {checks:.0f} checks a round", "us", *results, f"{case}_us")
    report(f"load {size} rules", "s", *results, "load_s")
    report(f"load {size} rules, peak of the process", "MB", *results, "load_mb")


def main():
    programs = sys.argv[1:]
    print("bench/casbin: load average {:.2f} {:.2f} {:.2f} before".format(*os.getloadavg()), file=sys.stderr)
    with tempfile.TemporaryDirectory() as temporary:
        for size in SIZES:
            measure(pathlib.Path(temporary), programs, size)


if __name__ == "__main__":
    main()
