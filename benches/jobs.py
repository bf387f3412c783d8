#!/usr/bin/env python3
"""What a job for a million costs, measured: one line per figure, `FIG name ours=… peer=… ratio=… limit=… ok|MISSED`.

The commands themselves, on stores of their own below `target/`, mailing to Postfix's `smtp-sink` on this machine. Ours and
the peer take turns in the same run. What is compared with what stands in README.md beside this file. Exits 1 if a limit is
missed. Python 3.9, standard library only; Debian's packages `sqlite3`, `time` and `postfix`.
"""
import argparse
import contextlib
import os
import re
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

# Nothing is left beside the scripts.
sys.dont_write_bytecode = True
import sending as shared
from sending import ENVIRONMENT
from sending import program
from sending import sink

PASSWORD = b"seven violet umbrellas whistle\n"

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--users", type=int, default=1_000_000, help="users of the large store")
parser.add_argument("--rounds", type=int, default=3, help="of what takes seconds")
parser.add_argument("--only", default="making,sending,beside", help="sections, joined by commas")
parser.add_argument("--no-build", action="store_true", help="measure the binary that is there")
options = parser.parse_args()
missed = []


def fig(name, unit, ours, peer=None, ratio=None, limit=None):
    """Prints a figure. `limit` is one of the ratio where there is `ratio`, and of `ours` otherwise."""
    judged = ours if ratio is None else ratio
    words = [f"FIG {name} ours={ours:.4g}{unit}"]
    words += [f"peer={peer:.4g}{unit}"] if peer is not None else []
    words += [f"ratio={ratio:.3f}"] if ratio is not None else []
    if limit is not None:
        words += [f"limit={limit}", "ok" if judged <= limit else "MISSED"]
        if judged > limit:
            missed.append(name)
    print(" ".join(words), flush=True)


def timed(command, **more):
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT, **more)
    return time.perf_counter() - start


def store(name, users, port):
    """A store with users, and a configuration that mails to this port; its directory, and the command that uses it."""
    directory = os.path.join(FOLDER, name)
    return directory, shared.store(directory, users, shared.to_relay(port, 8))


def making():
    """A job for everybody, and the same rows put by sqlite3 into the same table with its indexes, without a question."""
    folder, ours = store("making", options.users, 9)
    path = os.path.join(folder, "store.db")
    plain = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; BEGIN IMMEDIATE; "
        "INSERT INTO jobs (state, operator, operator_uid, created_at, selection) VALUES ('running', 'x', 0, 1, 'x'); "
        "INSERT INTO messages (job_id, kind, state, user_id, address, operator, operator_uid, created_at, due_at, lifetime) "
        "SELECT (SELECT max(id) FROM jobs), 'reset', 'queued', id, email, 'x', 0, 1, 1, 86400 FROM users; COMMIT;"
    )

    def clear():
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.executescript("DELETE FROM messages; DELETE FROM jobs; VACUUM; PRAGMA wal_checkpoint(TRUNCATE);")

    command = [*ours, "users", "send-reset", "--all", "--queue-only", "--yes"]
    pairs, peak = [], 0
    for _ in range(options.rounds):
        report = os.path.join(FOLDER, "time")
        one = timed([program("time"), "-o", report, "-f", "%M", *command])
        with open(report) as file:
            peak = max(peak, int(file.read()) / 1024)
        clear()
        pairs.append((one, timed([program("sqlite3"), path, plain])))
        clear()
    one, other = (statistics.median(column) for column in zip(*pairs))
    fig(f"job_of_{options.users}_made", "s", one, other, one / other, 4)
    fig(f"job_of_{options.users}_made_memory", "MiB", peak, limit=64)
    shutil.rmtree(folder)


def sending():
    """What a mail costs, in time and in processor time, in the middle of a job for half a million and in one for 20,000."""
    with sink() as port:
        times, processor_times, peak = {}, {}, 0
        for count in (20_000, options.users // 2):
            folder, ours = store(f"sending{count}", count, port)
            shared.queue_everybody(ours)
            laps, processor_laps = [], []
            for _ in range(options.rounds):
                before = sent(folder)
                report = os.path.join(FOLDER, "time")
                command = [program("time"), "-o", report, "-f", "%M %e", *ours, "jobs", "run", "1", "--max-runtime", "4s"]
                _, processor = shared.processor_time(
                    lambda: subprocess.run(command, stderr=subprocess.DEVNULL, env=ENVIRONMENT))
                with open(report) as file:
                    kib, wall = re.findall(r"^(\d+) ([\d.]+)$", file.read(), re.M)[-1]
                peak = max(peak, int(kib) / 1024)
                mails = max(1, sent(folder) - before)
                laps.append(float(wall) / mails)
                processor_laps.append(processor / mails)
                if sent(folder) >= count:
                    break
            times[count], processor_times[count] = statistics.median(laps), statistics.median(processor_laps)
            shutil.rmtree(folder)
        name = f"mail_in_a_job_of_{options.users // 2}"
        for name, of, limit in ((name, times, 1.1), (f"{name}_processor_time", processor_times, 1.05)):
            small, large = of[20_000], of[options.users // 2]
            fig(name, "us", large * 1e6, small * 1e6, large / small, limit)
        fig("sending_memory", "MiB", peak, limit=64)


def sent(folder):
    with contextlib.closing(sqlite3.connect(os.path.join(folder, "store.db"))) as database:
        return database.execute("SELECT count(*) FROM messages WHERE state = 'accepted'").fetchone()[0]


def beside():
    """`users set-password --stdin` beside a job that is sent at full speed, and alone."""
    with sink() as port:
        folder, ours = store("beside", 200_000, port)
        command = [*ours, "users", "set-password", "user0000001", "--stdin", "--no-notify"]

        def set_password():
            return timed(command, input=PASSWORD)

        alone = [set_password() for _ in range(40)]
        job = subprocess.Popen([*ours, "users", "send-reset", "--all", "--yes"], env=ENVIRONMENT,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while sent(folder) == 0:
            time.sleep(0.1)
        with_job = []
        while len(with_job) < 40 and job.poll() is None:
            with_job.append(set_password())
        job.send_signal(signal.SIGTERM)
        job.wait()
        if len(with_job) < 40:
            raise SystemExit("the job was over too soon")
        late = lambda times: statistics.quantiles(times, n=20)[-1]
        fig("set_password_beside_a_job_p95_more", "ms", (late(with_job) - late(alone)) * 1e3, limit=200)
        shutil.rmtree(folder)


if not options.no_build:
    shared.build()
with tempfile.TemporaryDirectory(dir=shared.TARGET) as FOLDER:
    for section in options.only.split(","):
        {"making": making, "sending": sending, "beside": beside}[section]()
sys.exit(1 if missed else 0)
