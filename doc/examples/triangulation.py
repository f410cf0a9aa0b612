#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What triangulation.c does, from Python, with nothing but its standard library:

    python3 triangulation.py sample_data/cohort.csv > facts.tsv

RWE_LIBRARY names the library where it is not installed.
"""
import csv
import ctypes
import math
import os
import sys

TEXT = ctypes.c_char_p
SIZE = ctypes.c_size_t


class Fact(ctypes.Structure):
    """struct rwe_session_fact"""
    KEYS = ("analysis", "endpoint", "population", "model", "group", "term", "level")
    _fields_ = [(key, TEXT) for key in KEYS] + [
        ("time", ctypes.c_double), ("stat", TEXT), ("text", TEXT), ("number", ctypes.c_double)]


class Caution(ctypes.Structure):
    """struct rwe_session_warning"""
    _fields_ = [("code", TEXT), ("analysis", TEXT), ("message", TEXT)]


def load():
    library = ctypes.CDLL(os.environ.get("RWE_LIBRARY", "librwe.so.0"))
    handle = ctypes.c_void_p
    for name, result, *arguments in (
            ("new", handle), ("free", None, handle), ("error", TEXT, handle),
            ("set", ctypes.c_int, handle, TEXT, TEXT), ("set_cohort", ctypes.c_int, handle, TEXT),
            ("run", ctypes.c_int, handle), ("n_facts", SIZE, handle),
            ("get_fact", ctypes.c_int, handle, SIZE, ctypes.POINTER(Fact)),
            ("n_warnings", SIZE, handle),
            ("get_warning", ctypes.c_int, handle, SIZE, ctypes.POINTER(Caution))):
        function = getattr(library, "rwe_session_" + name)
        function.restype = result
        function.argtypes = arguments
    return library


class Session:
    def __init__(self):
        self.library = load()
        self.handle = self.library.rwe_session_new()
        if not self.handle:
            raise MemoryError

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.library.rwe_session_free(self.handle)

    def check(self, status):
        if status != 0:
            raise ValueError(self.library.rwe_session_error(self.handle).decode())

    def set(self, name, value=None):
        value = None if value is None else str(value).encode()
        self.check(self.library.rwe_session_set(self.handle, name.encode(), value))

    def run(self, cohort):
        self.check(self.library.rwe_session_set_cohort(self.handle, os.fsencode(cohort)))
        self.check(self.library.rwe_session_run(self.handle))

    def facts(self):
        for i in range(self.library.rwe_session_n_facts(self.handle)):
            fact = Fact()
            self.library.rwe_session_get_fact(self.handle, i, ctypes.byref(fact))
            yield fact

    def warnings(self):
        for i in range(self.library.rwe_session_n_warnings(self.handle)):
            caution = Caution()
            self.library.rwe_session_get_warning(self.handle, i, ctypes.byref(caution))
            yield caution.message.decode()


def shown(value):
    """A cell: nothing for what is not there, every digit of a number."""
    if value is None or isinstance(value, float) and math.isnan(value):
        return ""
    return value.decode() if isinstance(value, bytes) else repr(value)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: triangulation.py COHORT.csv")
    out = csv.writer(sys.stdout, delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None, lineterminator="\n")
    with Session() as session:
        session.set("triangulation")
        try:
            session.run(sys.argv[1])
        except ValueError as error:
            sys.exit(str(error))
        out.writerow(Fact.KEYS + ("time", "stat", "value"))
        for fact in session.facts():
            value = fact.number if fact.text is None else fact.text
            out.writerow([shown(getattr(fact, key)) for key in Fact.KEYS] +
                         [shown(fact.time), shown(fact.stat), shown(value)])
        for message in session.warnings():
            print("warning:", message, file=sys.stderr)


if __name__ == "__main__":
    main()
