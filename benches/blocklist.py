#!/usr/bin/env python3
"""Blocklist files: how long one of 10,000,000 hashes takes to build, and a look-up in it.

A line per figure, as `speed.py` prints them. Exits 1 if a limit is missed. Python 3.9, standard library only; Debian's `time` must be
installed. Needs 1 GiB of disk.
"""
import argparse
import glob
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TARGET = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
OURS = os.path.join(TARGET, "release", "cxme-admin")

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--entries", type=int, default=10_000_000)
parser.add_argument("--no-build", action="store_true", help="measure the binaries that are there")
options = parser.parse_args()
missed = []


def fig(name, unit, ours, limit):
    ok = ours <= limit
    print(f"FIG {name} ours={ours:.4g}{unit} limit={limit}{unit} {'ok' if ok else 'MISSED'}", flush=True)
    if not ok:
        missed.append(name)


def write_lists(by_hash, by_count):
    """The same hashes twice. Those by count are those of a counter; they are put in order through files of their first byte."""
    parts = [bytearray() for _ in range(256)]
    with open(by_count, "wb") as file:
        for number in range(options.entries):
            digest = hashlib.sha1(b"%d" % number).digest()
            parts[digest[0]] += digest
            file.write(b"%s:%d\r\n" % (digest.hex().upper().encode(), options.entries - number))
    with open(by_hash, "wb") as file:
        for part in parts:
            for digest in sorted(bytes(part[at:at + 20]) for at in range(0, len(part), 20)):
                file.write(b"%s:1\r\n" % digest.hex().upper().encode())


def build(name, source, place):
    report = place + ".time"
    command = [shutil.which("time"), "-o", report, "-f", "%M", OURS, "policy", "blocklist", "build", source, "--out", place]
    start = time.perf_counter()
    subprocess.run(command, check=True, env=ENVIRONMENT)
    fig(f"blocklist_build_{name}", "s", time.perf_counter() - start, 60)
    with open(report, encoding="ascii") as file:
        fig(f"blocklist_build_{name}_memory", "MiB", int(file.read()) / 1024, 200)


if not options.no_build:
    subprocess.run(["cargo", "build", "--release", "--bin", "cxme-admin", "--bench", "blocklist"], check=True, cwd=ROOT)
# Cargo gives a bench's file a name of its own.
BENCH = max((file for file in glob.glob(os.path.join(TARGET, "release", "deps", "blocklist-*")) if "." not in
             os.path.basename(file)), key=os.path.getmtime)
with tempfile.TemporaryDirectory(prefix="blocklist-", dir=TARGET) as FOLDER:
    ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": FOLDER, "LANG": "C.UTF-8"}
    by_hash, by_count = os.path.join(FOLDER, "by-hash.txt"), os.path.join(FOLDER, "by-count.txt")
    write_lists(by_hash, by_count)
    first, second = os.path.join(FOLDER, "first"), os.path.join(FOLDER, "second")
    build("by_hash", by_hash, first)
    build("by_count", by_count, second)
    with open(first, "rb") as one, open(second, "rb") as other:
        if one.read() != other.read():
            raise SystemExit("the same entries gave two files")
    size = os.path.getsize(first)
    print(f"FIG blocklist_bytes_an_entry ours={size / options.entries:.3f}")
    # The second run finds the file in memory.
    for _ in range(2):
        looked_up, opened, _ = subprocess.run([BENCH, first, "200000"], check=True, capture_output=True, text=True).stdout.split()
    fig("blocklist_look_up", "us", float(looked_up), 50)
    fig("blocklist_open", "us", float(opened), 1000)
    subprocess.run([OURS, "policy", "blocklist", "info", first, "--verify"], check=True, env=ENVIRONMENT)
print(f"missed: {', '.join(missed)}" if missed else "all limits kept")
sys.exit(1 if missed else 0)
