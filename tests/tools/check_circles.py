#!/usr/bin/env python3
"""Circles of files by calls: files of which each calls, directly or through others, all the others.

    tests/tools/check_circles.py MOST OBJECT…       MOST: how many circles are allowed

The arrows are exact: an object that leaves undefined the name of a function calls the object that defines it (nm).
Names of data are no arrows: the registry lists what analyses offer and calls none of them by name. A circle is a
strongly connected component of more than one object. Lists each, and fails when there are more than MOST.
"""
import os
import subprocess
import sys


def names(path):
    """The external functions that an object defines, and the names that it leaves undefined."""
    defined, undefined = set(), set()
    done = subprocess.run(["nm", "--extern-only", path], capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        kind, name = line.split()[-2:]
        if kind == "U":
            undefined.add(name)
        elif kind in "TW":
            defined.add(name)
    return defined, undefined


def calls(objects):
    """For each object, by its name without folder of the build and ending, the objects that it calls."""
    folder = os.path.commonpath(objects)
    of = {os.path.relpath(path, folder)[:-2]: names(path) for path in sorted(objects)}
    home = {name: file for file, (defined, _) in of.items() for name in defined}
    return {file: {home[name] for name in undefined if name in home} - {file} for file, (_, undefined) in of.items()}


def circles(graph):
    """Strongly connected components of more than one node (Tarjan 1972), without recursion."""
    index, low, on, stack, found = {}, {}, set(), [], []
    for root in graph:
        if root in index:
            continue
        walk = [(root, iter(sorted(graph[root])))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on.add(root)
        while walk:
            node, rest = walk[-1]
            for other in rest:
                if other not in index:
                    index[other] = low[other] = len(index)
                    stack.append(other)
                    on.add(other)
                    walk.append((other, iter(sorted(graph[other]))))
                    break
                if other in on:
                    low[node] = min(low[node], index[other])
            else:
                walk.pop()
                if walk:
                    low[walk[-1][0]] = min(low[walk[-1][0]], low[node])
                if low[node] == index[node]:
                    cut = stack.index(node)
                    circle = stack[cut:]
                    del stack[cut:]
                    on.difference_update(circle)
                    if len(circle) > 1:
                        found.append(sorted(circle))
    return sorted(found, key=lambda circle: (-len(circle), circle))


def main():
    if len(sys.argv) < 4:
        sys.exit("usage: tests/tools/check_circles.py MOST OBJECT…")
    most, graph = int(sys.argv[1]), calls(sys.argv[2:])
    found = circles(graph)
    for circle in found:
        print(f"circle of {len(circle)}: {', '.join(circle)}")
    inside = sum(map(len, found))
    print(f"circles: {len(found)} by calls (at most {most}), with {inside} of {len(graph)} files in them")
    sys.exit(1 if len(found) > most else 0)


if __name__ == "__main__":
    main()
