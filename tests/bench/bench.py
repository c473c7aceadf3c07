#!/usr/bin/env python3
# Copyright the pop3 authors.
# Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
"""bench.py - builds the benchmarks, runs them, and prints the tables of examples/guide/performance.md.

    tests/bench/bench.py                      # everything: about 40 minutes
    tests/bench/bench.py -r 15 table a b      # some workloads, 15 rounds
    tests/bench/bench.py ma mb da db          # mail that is fetched into a Maildir
    tests/bench/bench.py messages sessions    # some parts

Parts: table (the workloads a s b g c d e f o ma mb da db against raw OpenSSL), messages (the cost of one by their number),
sessions (the same), memory (of idle sessions), rtt (messages per second by round trip time: tests/bench/rtt.svg).

Server and client have a processor each, and run in turn with the other clients, so that a slow minute of the machine hits
all of them: a ratio is the median of the ratios of each round. A run in which other processes kept the processors busy is
repeated (where the kernel tells). Needed: Linux, two processors, python3, CMake, and what the library needs; libcurl is
compared with where its headers are installed, mpop and getmail where they are.

The workloads ma and mb deliver into a Maildir in memory (/dev/shm), da and db into one on a disk (-d); raw receives the
same into nothing. "files alone" writes, syncs and moves such files, and receives nothing: in memory, a delivery by one
thread takes at least that and raw together; a disk varies by more than the difference. Peak memory is told by our programs
only.
"""
import argparse
import json
import math
import os
import platform
import resource
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median

sys.dont_write_bytecode = True  # nothing is left in the source
import peers
import plot

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
SERVER_CPU, CLIENT_CPU = 0, 1
SECONDS = 10  # what a run may take: a slower client gets fewer messages

# name: (what, mode of the clients, N, messages in the maildrop, options of the server)
WORKLOADS = {
    "a": ("10,000 x 4 KiB, TLS", "tls", 10_000, 10_000, ["--tls", "--size", "4096"]),
    "s": ("100,000 x 512 B, TLS", "tls", 100_000, 100_000, ["--tls", "--size", "512"]),
    "b": ("200 x 5 MiB, TLS", "tls", 200, 200, ["--tls", "--size", "5242880"]),
    "g": ("2,000 of mixed sizes, TLS", "tls", 2_000, 2_000, ["--tls", "--size", "mixed", "--store-mib", "24"]),
    "c": ("500 x 20 KiB, TLS, RTT 20 ms", "tls", 500, 500, ["--tls", "--size", "20480", "--rtt-ms", "20"]),
    "d": ("UIDL and LIST of 100,000, TLS", "list", 100_000, 100_000, ["--tls", "--size", "4096"]),
    "e": ("1,000 sessions at once, TLS, RTT 20 ms", "sessions", 1_000, 3, ["--tls", "--size", "4096", "--rtt-ms", "20"]),
    "f": ("200 x 5 MiB, no TLS", "plain", 200, 200, ["--size", "5242880"]),
    "o": ("one mailbox, once: the whole process", "once", 1, 1, ["--tls", "--size", "4096"]),
    "ma": ("10,000 x 4 KiB into a Maildir in memory, TLS", "memory", 10_000, 10_000, ["--tls", "--size", "4096"]),
    "mb": ("200 x 5 MiB into a Maildir in memory, TLS", "memory", 200, 200, ["--tls", "--size", "5242880"]),
    "da": ("10,000 x 4 KiB into a Maildir on a disk, TLS", "disk", 10_000, 10_000, ["--tls", "--size", "4096"]),
    "db": ("200 x 5 MiB into a Maildir on a disk, TLS", "disk", 200, 200, ["--tls", "--size", "5242880"]),
}

# name: (program, environment, modes)
EVERY = ("tls", "plain", "list", "sessions", "once")
MAILDIR = {"memory": Path("/dev/shm"), "disk": TOP}  # where each is
CLIENTS = {
    "raw": ("bench_raw", {}, (*EVERY, *MAILDIR)),
    "pop3": ("bench_client", {}, ("tls", "plain", "sessions", "once")),
    "pop3, into vectors": ("bench_client", {"POP3_LIST": "vector"}, ("list",)),
    "pop3, streamed": ("bench_client", {"POP3_LIST": "stream"}, ("list",)),
    "pop3 over asio::ssl::stream": ("bench_client", {"POP3_STREAM": "asio"}, ("tls", "list", "sessions")),
    "libcurl": ("bench_curl", {}, EVERY),
    "files alone": ("bench_files", {}, MAILDIR),
    "pop3, async_fetch": ("bench_fetch", {}, MAILDIR),
    "mpop": (peers.mpop, {}, MAILDIR),
    "getmail": (peers.getmail, {}, MAILDIR),
}


def say(*words):
    print(*words, file=sys.stderr, flush=True)


# ---- Running one client against one server ------------------------------------------------------


def prepare(cpu, user=None):
    """What a child does before it becomes the program: a processor of its own, and before others where that is allowed."""
    os.sched_setaffinity(0, {cpu})
    try:
        os.nice(-20)
    except PermissionError:
        pass
    if user:
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)


def waited():
    """Seconds so far in which some process waited for a processor; 0 where the kernel does not say."""
    try:
        return int(Path("/proc/pressure/cpu").read_text().split("total=")[1].split()[0]) / 1e6
    except OSError:
        return 0.0


class Server:
    def __init__(self, build, scratch, messages, options):
        self.ca = Path(scratch) / "ca.pem"
        command = [build / "bench_server", "--messages", str(messages), "--ca", self.ca, *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: prepare(SERVER_CPU))
        self.port = dict(field.split("=") for field in self.process.stdout.readline().split())["port"]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        report = self.process.stdout.read()
        self.process.wait()
        return json.loads(report)


def trust(server, mode="tls"):
    """What the clients trust: the server, and if they are to do their work once, what the system trusts. Otherwise OpenSSL
    must not read that: it takes longer than many a measurement."""
    if mode != "once":
        return {"BENCH_CA": str(server.ca), "SSL_CERT_FILE": str(server.ca)}
    roots = server.ca.with_name("roots.pem")  # libcurl takes one file
    system = ssl.get_default_verify_paths().cafile
    roots.write_text((Path(system).read_text() if system else "") + server.ca.read_text())
    return {"BENCH_CA": str(server.ca), "BENCH_ROOTS": str(roots)}


def run_program(command, environment, limit, user=None):
    """Its output, how long it took, and its processor time."""
    begin = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                               env={**os.environ, **environment}, preexec_fn=lambda: prepare(CLIENT_CPU, user))
    killer = threading.Timer(limit, process.kill)
    killer.start()
    output = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.monotonic() - begin
    killer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))}: exit status {process.returncode}")
    return output, wall, used.ru_utime + used.ru_stime


def has(build, program):
    return shutil.which(program.__name__) if callable(program) else (build / program).exists()


def check_mail(folder, n, size):
    """That each message is in new/, and one of them whole. Returns what a client would say of them."""
    files = list((folder / "mail/new").iterdir())
    whole = files[len(files) // 2].read_bytes().replace(b"\n", b"\r\n") if files else b""
    if len(files) != n or len(whole) != size:
        sys.exit(f"{folder}: {len(files)} messages of {n}, one of {len(whole)} octets of {size}")
    return f"msgs={n} bytes={n * size}"


def run_maildir(build, client, mode, n, messages, options, limit):
    """Each time a Maildir of its own. N messages are all that the server has: whoever fetches mail fetches all of it."""
    program, environment, _ = client
    size = int(options[options.index("--size") + 1])
    with tempfile.TemporaryDirectory(prefix="pop3bench.", dir=MAILDIR[mode]) as scratch:
        folder = Path(scratch)
        server, user = Server(build, scratch, n, options), None
        try:
            if callable(program):
                command, user = program(folder, server.port, server.ca)
            elif program == "bench_files":
                command = [build / program, folder, str(n), str(size)]
            else:
                command = [build / program, "localhost", server.port, *(["tls", str(n)] if program == "bench_raw" else [folder])]
            if mode == "disk":
                os.sync()  # what others have left to write is not measured
            before = waited()
            output, wall, cpu = run_program(command, {**trust(server), **environment}, limit, user)
            delayed = waited() - before
        finally:
            seen = server.stop()
        if program != "bench_raw":
            found = check_mail(folder, n, size)
            output = output or found
    if program == "bench_files":
        seen.update(retr=n, octets=n * size, transfer_s=wall, busy=0)
    return output, wall, cpu, delayed, seen


def run_session(build, client, mode, n, messages, options, limit):
    program, environment, _ = client
    with tempfile.TemporaryDirectory(prefix="pop3bench.") as scratch:
        server = Server(build, scratch, messages, options)
        try:
            before = waited()
            output, wall, cpu = run_program([build / program, "localhost", server.port, mode, str(n)],
                                            {**trust(server, mode), **environment}, limit)
            delayed = waited() - before
        finally:
            seen = server.stop()
    return output, wall, cpu, delayed, seen


def run_once(build, client, mode, n, messages, options, limit=120):
    way = run_maildir if mode in MAILDIR else run_session
    output, wall, cpu, delayed, seen = way(build, CLIENTS[client] if isinstance(client, str) else client, mode, n, messages,
                                           options, limit)
    said = {key: int(value) for key, value in (field.split("=") for field in output.split())}
    if mode == "list":
        right = said["msgs"] * 2 == seen["listed"]
    else:
        right = said["msgs"] == seen["retr"] and said["bytes"] == seen["octets"]
    if not right:
        sys.exit(f"{client} {mode} {n}: {said} is not what the server sent: {seen}")
    transfer = {"sessions": seen["span_s"], "once": wall}.get(mode, seen["transfer_s"])
    # Server and client wait for each other a little even when they are alone.
    return {"n": n, "wall": wall, "cpu": cpu, "time": transfer, "busy": seen["busy"], "octets": seen["octets"],
            "peak": said.get("peak_kib", 0) * 1024, "disturbed": max(0.0, delayed - 0.01) / wall}


disturbed_runs = 0


def run(*args, **named):
    global disturbed_runs
    tries = []
    # A long run is not repeated: it is a slow client's, of which no percents are asked.
    while not tries or (len(tries) < 3 and tries[-1]["disturbed"] > 0.05 and tries[-1]["wall"] < 3):
        if tries:
            time.sleep(0.5)
        tries.append(run_once(*args, **named))
    best = min(tries, key=lambda r: r["disturbed"])
    disturbed_runs += best["disturbed"] > 0.05
    return best


# ---- The table ----------------------------------------------------------------------------------


def compare(build, workload, rounds):
    what, mode, full, messages, options = WORKLOADS[workload]
    names = [name for name, (program, _, modes) in CLIENTS.items() if mode in modes and has(build, program)]
    if missing := [name for name, (_, _, modes) in CLIENTS.items() if mode in modes and name not in names]:
        say(f"not installed, and left out: {', '.join(missing)}")
    size, repeats = {}, {}
    for name in names:  # a short run, which also warms caches
        # Not too short: what a slow client takes for a message must show.
        probe = max(full // 20, min(full, 10))
        seconds = run_once(build, name, mode, probe, messages, options)["wall"] * full / probe
        size[name] = full if mode in ("list", "sessions", "once") else max(min(full, int(full * SECONDS / seconds)), 10)
        repeats[name] = max(1, min(15 if mode == "once" else 5, math.ceil(0.5 / max(seconds, 0.01))))
    results = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            runs = [run(build, name, mode, size[name], messages, options) for _ in range(repeats[name])]
            results[name].append({key: median(r[key] for r in runs) for key in runs[0]})
    raw = results["raw"]

    def ratio(name, key):
        return median((r[key] / r["n"]) / (base[key] / base["n"]) for r, base in zip(results[name], raw))

    unit = {"list": "entries", "sessions": "sessions", "once": "processes"}.get(mode, "messages")
    for name in names:
        rate = median(r["n"] * (2 if mode == "list" else 1) / r["time"] for r in results[name])
        octets = median(r["octets"] / r["time"] for r in results[name])
        throughput = f"{octets / 1e6:,.0f} MB/s" if mode in ("tls", "plain", *MAILDIR) else ""
        peak = median(r["peak"] for r in results[name]) / 2**20
        print(f"| {workload}: {what} | {name} | {rate:,.0f} {unit} | {throughput} | {ratio(name, 'time'):.2f} "
              f"| {ratio(name, 'cpu'):.2f} | {f'{peak:.1f}' if peak else ''} "
              f"| {median(r['busy'] for r in results[name]):.0%} |", flush=True)


def table(build, rounds, workloads):
    print("\nTime and CPU per message (entry, session, process) are relative to raw OpenSSL = 1.00. Where the server is busy at about "
          "100 %, the client could be faster.\n")
    print("| workload | client | per second | | time | CPU | peak memory, MiB | server busy |")
    print("|---|---|--:|--:|--:|--:|--:|--:|")
    for workload in workloads or WORKLOADS:
        say(f"table {workload}")
        compare(build, workload, rounds)


# ---- The curves ---------------------------------------------------------------------------------


def best_of(rounds, *args, **named):
    return min((run(*args, **named) for _ in range(rounds)), key=lambda r: r["time"])


def messages_curve(build, rounds):
    """Small numbers cannot be told from the round trip that any command takes; large ones must not cost more each."""
    print("\nMessages of 512 octets over TLS, and entries of UIDL and LIST: the time of one, in nanoseconds.\n")
    print("| messages | RETR, pop3 | RETR, raw | entry into a vector | entry streamed | entry, raw |")
    print("|--:|--:|--:|--:|--:|--:|")
    for power in range(1, 7):
        n = 10 ** power
        say(f"messages {n}")
        options = ["--tls", "--size", "512"]
        cells = [best_of(rounds, build, name, "tls", n, n, options)["time"] / n for name in ("pop3", "raw")]
        cells += [best_of(rounds, build, name, "list", n, n, options)["time"] / (2 * n)
                  for name in ("pop3, into vectors", "pop3, streamed", "raw")]
        print(f"| {n:,} | " + " | ".join(f"{1e9 * cell:,.0f}" for cell in cells) + " |", flush=True)


def sessions_curve(build, rounds):
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    print("\nSessions at once (log in, STAT, RETR 1 to 3, QUIT; TLS): the time, CPU time and peak memory of one.\n")
    print("| sessions | pop3, ms | CPU, ms | memory, KiB | raw, ms | CPU, ms | memory, KiB |")
    print("|--:|--:|--:|--:|--:|--:|--:|")
    alone = {}
    for n in (1, 10, 100, 1_000, 10_000):
        if n + 100 > files:
            say(f"sessions {n}: no more than {files} files may be open (ulimit -n)")
            break
        say(f"sessions {n}")
        cells = []
        for name in ("pop3", "raw"):
            r = best_of(rounds, build, name, "sessions", n, 3, ["--tls", "--size", "4096"], limit=300)
            alone.setdefault(name, r["peak"])
            memory = f"{(r['peak'] - alone[name]) / (n - 1) / 1024:.1f}" if n >= 100 else ""
            cells += [f"{1e3 * r['time'] / n:.2f}", f"{1e3 * r['cpu'] / n:.2f}", memory]
        print(f"| {n:,} | " + " | ".join(cells) + " |", flush=True)


def memory(build, _):
    print("\nMemory of one idle session that is logged in, in octets: resident, and of the heap.\n")
    print("| sessions | resident | heap: OpenSSL | heap: library and Asio |")
    print("|--:|--:|--:|--:|")
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    for n in (1_000, 10_000):
        if n + 100 > files:
            break
        say(f"memory {n}")
        with tempfile.TemporaryDirectory(prefix="pop3bench.") as scratch:
            server = Server(build, scratch, 3, ["--tls"])
            try:
                output, _, _ = run_program([build / "bench_memory", "localhost", server.port, str(n)],
                                           trust(server), 300)
            finally:
                server.stop()
        said = {key: int(value) for key, value in (field.split("=") for field in output.split())}
        print(f"| {n:,} | {said['resident']:,} | {said['openssl']:,} | {said['library']:,} |", flush=True)


def rtt(build, rounds):
    ways = {"pop3, pipelined": CLIENTS["pop3"], "pop3, one by one": ("bench_client", {"POP3_WINDOW": "1"}, EVERY),
            "libcurl": CLIENTS["libcurl"]}
    series = []
    print("\nMessages of 4 KiB per second, over TLS, by round trip time.\n")
    trips = (0, 1, 2, 5, 10, 20, 50, 100)
    print("| RTT, ms | " + " | ".join(map(str, trips)) + " |\n|---|" + "--:|" * len(trips))
    for name, client in ways.items():
        if not (build / client[0]).exists():
            continue
        points = []
        for trip in trips:
            say(f"rtt {trip} {name}")
            # One by one no more than takes three seconds.
            n = 10_000 if "pipelined" in name else min(10_000, int(3 / (1e-3 * trip + 1e-4)))
            r = best_of(max(1, rounds // 3), build, client, "tls", n, n,
                        ["--tls", "--size", "4096", "--rtt-ms", str(trip)])
            points.append([trip, n / r["time"]])
        print(f"| {name} | " + " | ".join(f"{rate:,.0f}" for _, rate in points) + " |", flush=True)
        series.append({"name": name, "points": points})
    data = {"title": "Messages per second (4 KiB, TLS), one session", "series": series}
    (build / "rtt.json").write_text(json.dumps(data, indent=1))
    (HERE / "rtt.svg").write_text(plot.draw(data))


# ---- All of it ----------------------------------------------------------------------------------


def build_programs(where):
    say(f"building in {where}")
    for command in (["cmake", "-S", TOP, "-B", where, "-DCMAKE_BUILD_TYPE=Release", "-DPOP3_BUILD_BENCHMARKS=ON",
                     "-DPOP3_BUILD_TESTS=OFF", "-DPOP3_BUILD_EXAMPLES=OFF"],
                    ["cmake", "--build", where, "--parallel", str(os.cpu_count())]):
        subprocess.run(command, check=True, stdout=sys.stderr)
    return where / "tests" / "bench"


def machine(where):
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    cache = (where / "CMakeCache.txt").read_text()
    compiler = cache.split("CMAKE_CXX_COMPILER:", 1)[1].split("=", 1)[1].splitlines()[0]
    version = subprocess.run([compiler, "--version"], capture_output=True, text=True).stdout.splitlines()[0]
    tls = subprocess.run(["openssl", "version"], capture_output=True, text=True).stdout.strip()
    print(f"{model}, {os.cpu_count()} processors, Linux {platform.release()}, {version}, {tls}, TLS 1.3 "
          "AES-256-GCM, over loopback.")


PARTS = {"table": table, "messages": messages_curve, "sessions": sessions_curve, "memory": memory, "rtt": rtt}


def main():
    p = argparse.ArgumentParser(prog="bench.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("what", nargs="*", help="parts, and workloads of the table (all)")
    p.add_argument("-r", "--rounds", type=int, default=7, help="how often each is measured (7)")
    p.add_argument("-b", "--build", type=Path, default=TOP / "build-bench", help="where to build")
    p.add_argument("-d", "--disk", type=Path, default=TOP, help="a folder on a disk, for da and db (that of the source)")
    a = p.parse_args()
    if unknown := set(a.what) - set(PARTS) - set(WORKLOADS):
        p.error(f"no such part or workload: {' '.join(unknown)}")
    if os.cpu_count() < 2:
        p.error("server and client need a processor each")
    MAILDIR["disk"] = a.disk
    workloads = [w for w in a.what if w in WORKLOADS]
    parts = [part for part in PARTS if part in a.what or (part == "table" and workloads)] or list(PARTS)

    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    build = build_programs(a.build)
    machine(a.build)
    for part in parts:
        PARTS[part](build, a.rounds, *([workloads] if part == "table" else []))
    if disturbed_runs:
        print(f"\n{disturbed_runs} runs were disturbed by other processes, even when repeated.")


main()
