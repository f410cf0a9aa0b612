#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an example of the library has the facts of the command, number by number and in the same order.

    python3 tests/tools/same_facts.py BINARY COHORT EXAMPLE…

EXAMPLE is a command that prints the facts of --triangulation on COHORT as doc/examples do.
"""
import json
import subprocess
import sys

MOST_TOLD = 8


def command_facts(binary, cohort):
    done = subprocess.run([binary, cohort, "--triangulation", "--format", "json", "--quiet"],
                          stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)["facts"]


def value_of(text, like):
    """The cell as the command's fact has it: a text, a number or null."""
    if isinstance(like, str):
        return text
    return None if text == "" else float(text)


def example_facts(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, encoding="utf-8")
    names, *rows = [line.split("\t") for line in done.stdout.rstrip("\n").split("\n")]
    return [dict(zip(names, row)) for row in rows]


def same(mine, theirs):
    keys = {name: text for name, text in mine.items() if text != "" and name != "value"}
    if "time" in keys:
        keys["time"] = float(keys["time"])
    return keys == {k: v for k, v in theirs.items() if k != "value"} and \
        value_of(mine["value"], theirs["value"]) == theirs["value"]


def main():
    binary, cohort, *example = sys.argv[1:]
    expected, actual = command_facts(binary, cohort), example_facts(example + [cohort])
    different = [(a, e) for a, e in zip(actual, expected) if not same(a, e)]
    for a, e in different[:MOST_TOLD]:
        print("is", a, "expected", e, file=sys.stderr)
    print(f"{len(actual)} facts, expected {len(expected)}; {len(different)} differ", file=sys.stderr)
    sys.exit(len(actual) != len(expected) or len(actual) == 0 or len(different) > 0)


if __name__ == "__main__":
    main()
