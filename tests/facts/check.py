#!/usr/bin/env python3
"""Compares a program with facts that R gives on open cohorts.

    tests/facts/check.py PROGRAM [CASE…]        from anywhere; without a CASE, all of refs.json

Prints what differs, then "K of N facts hold in M cases", then the count of tests.
"""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "..", "oracle", "data")
KEYS = ("analysis", "endpoint", "population", "model", "group", "term", "level", "time", "stat")
MOST_SHOWN = 8  # differences a case


def key(fact):
    """What a fact is about: two facts with equal keys are one."""
    parts = []
    for name in KEYS:
        part = fact.get(name)
        if part is not None:
            part = float(part) if name == "time" else str(part)
        parts.append(part.lower() if name == "endpoint" and part is not None else part)
    return tuple(parts)


def matching(found, wanted):
    """The value found for a key; ours may name a population and an endpoint where the reference names none."""
    if wanted in found:
        return True, found[wanted]
    if wanted[KEYS.index("population")] is None:
        for other, value in found.items():
            if other[0] == wanted[0] and other[3:] == wanted[3:] and wanted[1] in (None, other[1]):
                return True, value
    return False, None


def holds(reference, is_there, value):
    """Equal within the tolerance of the reference; null (not reached) for null."""
    wanted = reference.get("value")
    if wanted is None:
        return is_there and value is None
    if not isinstance(value, (int, float)):
        return False
    return abs(value - wanted) <= reference["tol"] * max(abs(wanted), 1e-12) + 1e-13


def check(name, case, program):
    """How many facts of the case hold."""
    command = [program, os.path.join(DATA, case["file"]), *case["args"], "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    try:
        results = json.loads(done.stdout)
    except ValueError:
        print(f"{name}: no JSON (exit {done.returncode}): {done.stderr.strip()[:300]}")
        return 0
    found = {}
    for fact in results["facts"]:
        found.setdefault(key(fact), fact.get("value"))
    good = shown = 0
    for reference in case["facts"]:
        wanted = key(reference)
        is_there, value = matching(found, wanted)
        if holds(reference, is_there, value):
            good += 1
        elif shown < MOST_SHOWN:
            shown += 1
            print(f"{name}: {[part for part in wanted if part is not None]}"
                  f" want {reference.get('value')}, got {value if is_there else 'none'}")
    return good


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: tests/facts/check.py PROGRAM [CASE…]")
    program, chosen = os.path.abspath(sys.argv[1]), sys.argv[2:]
    with open(os.path.join(HERE, "refs.json"), encoding="utf-8") as file:
        cases = json.load(file)
    chosen = chosen or list(cases)
    total = sum(len(cases[name]["facts"]) for name in chosen)
    good = sum(check(name, cases[name], program) for name in chosen)
    print(f"{good} of {total} facts hold in {len(chosen)} cases")
    print(f"{good} passed, {total - good} failed")
    sys.exit(0 if good == total and total > 0 else 1)


if __name__ == "__main__":
    main()
