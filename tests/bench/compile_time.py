#!/usr/bin/env python3
# Copyright the pop3 authors.
# Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
"""compile_time.py [-n RUNS] [--cxx g++,clang++] [--opt=-O0,-O2]

What a program that includes this library costs the compiler: CPU time (the least of RUNS), octets of code and peak memory,
each relative to a program that does the same with nothing but Asio and OpenSSL (compile_time/bare.cpp). Header-only, and
with the library compiled once (POP3_SEPARATE_COMPILATION). Only the ratios mean something elsewhere.
"""
import argparse
import os
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
include = os.path.join(here, "..", "..", "include")
flags = ["-std=c++20", "-I", include, "-DASIO_STANDALONE=1", "-DASIO_HAS_CO_AWAIT=1", "-DASIO_HAS_STD_COROUTINE=1", "-pthread"]
once = ["-DPOP3_SEPARATE_COMPILATION"]
programs = [
    ("bare Asio and OpenSSL", "bare.cpp", []),
    ("USER and PASS", "mailbox.cpp", []),
    ("login", "mailbox.cpp", ["-DLOGIN"]),
    ("four commands more", "mailbox.cpp", ["-DCOMMANDS"]),
    ("four handlers more", "mailbox.cpp", ["-DHANDLERS"]),
    ("login over four streams", "mailbox.cpp", ["-DSTREAMS"]),
]


def compile_once(cxx, opt, source, defines, output):
    command = [cxx, *flags, opt, *defines, "-c", os.path.join(here, "compile_time", source), "-o", output]
    pid = os.posix_spawnp(cxx, command, os.environ)
    _, status, used = os.wait4(pid, 0)
    if status != 0:
        sys.exit("this does not compile: " + " ".join(command))
    sections = subprocess.run(["size", "-A", output], capture_output=True, text=True, check=True).stdout
    text = sum(int(line.split()[1]) for line in sections.splitlines() if line.startswith(".text"))
    return used.ru_utime + used.ru_stime, text, used.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=3, metavar="RUNS")
    parser.add_argument("--cxx", default="g++,clang++")
    parser.add_argument("--opt", default="-O0,-O2")
    arguments = parser.parse_args()
    rows = [(name, source, defines) for name, source, defines in programs]
    rows += [(name + ", compiled once", source, defines + once) for name, source, defines in programs[1:]]
    with tempfile.TemporaryDirectory() as folder:
        for cxx in arguments.cxx.split(","):
            for opt in arguments.opt.split(","):
                best = {}
                # In turn, so that what disturbs the machine disturbs all of them.
                for _ in range(arguments.n):
                    for name, source, defines in rows:
                        found = compile_once(cxx, opt, source, defines, os.path.join(folder, "o"))
                        best[name] = min(best.get(name, found), found)
                print(f"| {cxx} {opt} | seconds | | text, KiB | | memory, MiB |")
                print("|---|--:|--:|--:|--:|--:|")
                base = best[rows[0][0]]
                for name, _, _ in rows:
                    time, text, memory = best[name]
                    print(f"| {name} | {time:.2f} | {time / base[0]:.2f} | {text / 1024:.0f} | {text / base[1]:.2f} | {memory:.0f} |")
                print(flush=True)


main()
