#!/usr/bin/env python3
"""`users set-password --batch` on all cores, beside the bare rate of Argon2: one line per figure, as `speed.py` prints it.

`hashes.rs` gives the bare rate: one hash after the other, alone, and in as many processes as there are cores. They take turns with the
command, and a ratio is that of the medians of one run. Exits 1 if a limit is missed. Python 3.9, standard library only.
"""
import argparse
import glob
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TARGET = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
OURS = os.path.join(TARGET, "release", "cxme-admin")
CORES = len(os.sched_getaffinity(0))
LIMIT = 0.9

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--users", type=int, default=100 * CORES, help="passwords in a batch")
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--lines", type=int, default=1_000_000, help="lines of the batch with one bad line")
parser.add_argument("--no-build", action="store_true", help="measure the binaries that are there")
options = parser.parse_args()

if not options.no_build:
    subprocess.run(["cargo", "build", "--release", "--bin", "cxme-admin", "--bench", "hashes"], check=True, cwd=ROOT)
HASHES = max((file for file in glob.glob(os.path.join(TARGET, "release", "deps", "hashes-*")) if "." not in
              os.path.basename(file)), key=os.path.getmtime)
FOLDER = tempfile.mkdtemp(prefix="batch-", dir=TARGET)
STORE = os.path.join(FOLDER, "store.db")


def ours(words, expect=0):
    start = time.perf_counter()
    ran = subprocess.run([OURS, "--store", STORE] + words, capture_output=True, text=True)
    if ran.returncode != expect:
        raise SystemExit(f"failed: {words}: {ran.returncode} {ran.stderr}")
    return time.perf_counter() - start, ran


def write(name, lines):
    path = os.path.join(FOLDER, name)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.writelines(lines)
    return path


def bare(processes, count):
    """Hashes a second of so many processes at once, each of which makes `count`."""
    running = [subprocess.Popen([HASHES, str(count)], stdout=subprocess.PIPE) for _ in range(processes)]
    return sum(1_000 / float(process.communicate()[0]) for process in running)


def peak_mib(words, expect):
    command = [shutil.which("time") or "/usr/bin/time", "-f", "%M", OURS, "--store", STORE] + words
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == expect, ran.stderr
    return int(ran.stderr.splitlines()[-1]) / 1024


try:
    ours(["init", "--yes", "--quiet"])
    ours(["users", "import", write("users.csv", ["email\n"] + [f"user{i}@example.net\n" for i in range(options.lines)])])
    batch = write("batch.txt", [f"user{i}:copper sailing winter basket {i}\n" for i in range(options.users)])
    command = ["users", "set-password", "--batch", batch, "--yes"]
    start = statistics.median(ours(command + ["--dry-run"])[0] for _ in range(options.rounds))
    rates, alone, together = [], [], []
    for _ in range(options.rounds):
        rates.append(options.users / (ours(command)[0] - start))
        alone.append(CORES * bare(1, 20))
        together.append(bare(CORES, options.users // CORES))
    rate, alone, together = map(statistics.median, (rates, alone, together))
    missed = rate / together < LIMIT
    print(f"FIG batch_of_{options.users} ours={rate:.4g}/s peer={together:.4g}/s ratio={rate / together:.3f} limit={LIMIT} "
          f"{'MISSED' if missed else 'ok'}")
    print(f"FIG batch_beside_one_core_times_{CORES} ours={rate:.4g}/s peer={alone:.4g}/s ratio={rate / alone:.3f}")
    lines = [f"user{i}:copper sailing winter basket {i}\n" for i in range(options.lines)]
    lines[options.lines // 2] = "nobody:copper sailing winter basket\n"
    bad = ["users", "set-password", "--yes", "--batch", write("bad.txt", lines)]
    wall, ran = ours(bad, 65)
    assert f"line {options.lines // 2 + 1}: no such user" in ran.stderr, ran.stderr
    print(f"FIG batch_of_{options.lines}_refused ours={wall:.4g}s memory={peak_mib(bad, 65):.4g}MiB")
    sys.exit(missed)
finally:
    shutil.rmtree(FOLDER)
