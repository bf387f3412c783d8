#!/usr/bin/env python3
"""What a policy costs: the users whose password met another one among a million, and a change that is compared with a history.

One line per figure, as `speed.py` prints it. Exits 1 if a limit is missed. Python 3.9, standard library only.
"""
import argparse
import contextlib
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TARGET = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
OURS = os.path.join(TARGET, "release", "cxme-admin")
LIMITS = {"outdated": 0.3, "history": 1.0}

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--users", type=int, default=1_000_000)
parser.add_argument("--words", type=int, default=100_000, help="lines of the organization's list of words")
parser.add_argument("--history", type=int, default=8, help="former passwords that are compared")
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--no-build", action="store_true", help="measure the binary that is there")
options = parser.parse_args()

if not options.no_build:
    subprocess.run(["cargo", "build", "--release", "--locked", "--bin", "cxme-admin"], check=True, cwd=ROOT)
FOLDER = tempfile.mkdtemp(prefix="policy-", dir=TARGET)
STORE = os.path.join(FOLDER, "store.db")
CONFIG = os.path.join(FOLDER, "config.toml")
missed = False


def ours(words, stdin=None):
    """The wall time in seconds, and what the command printed."""
    start = time.perf_counter()
    ran = subprocess.run([OURS, "-c", CONFIG] + words, capture_output=True, text=True, input=stdin)
    wall = time.perf_counter() - start
    if ran.returncode:
        raise SystemExit(f"failed: {words}: {ran.returncode} {ran.stderr}")
    return wall, ran.stdout


def fig(name, value, limit):
    global missed
    missed |= value > limit
    print(f"FIG {name} ours={value * 1e3:.4g}ms limit={limit * 1e3:.4g}ms {'MISSED' if value > limit else 'ok'}")


def median(words, stdin=None):
    return statistics.median(ours(words, stdin)[0] for _ in range(options.rounds))


def sql(statement, *values):
    with contextlib.closing(sqlite3.connect(STORE)) as database:
        database.execute("PRAGMA synchronous = OFF")
        with database:
            database.execute(statement, values)


def fingerprint():
    return ours(["policy", "show", "-o", "json"])[1].split('"fingerprint":"')[1].split('"')[0]


try:
    with open(os.path.join(FOLDER, "words.txt"), "w") as file:
        file.writelines(f"quarterly meeting {n}\n" for n in range(options.words))
    with open(CONFIG, "w") as file:
        file.write(f'[store]\npath = "{STORE}"\n[password]\nblocklist_file = "words.txt"\nhistory = {options.history}\n'
                   '[password.role."Admin"]\nmin_length = 30\n')
    ours(["init", "--yes", "--quiet"])
    with open(os.path.join(FOLDER, "users.csv"), "w") as file:
        file.write("email\n")
        file.writelines(f"user{n}@example.net\n" for n in range(options.users))
    ours(["users", "import", os.path.join(FOLDER, "users.csv")])
    ours(["users", "set-password", "user0", "--stdin", "--no-notify"], "copper sailing winter basket 0\n")
    # Everybody has the password of user0, and met its policy.
    current = fingerprint()
    sql("UPDATE users SET password_hash = (SELECT password_hash FROM users WHERE username = 'user0'), password_set_at = 1, "
        "password_policy = ?", current)
    for name, share in (("none", 0), ("few", 1_000), ("half", 2), ("all", 1)):
        if share:
            sql("UPDATE users SET password_policy = '0123456789abcdef' WHERE id % ? = 0", share)
        fig(f"outdated_{name}_of_{options.users}", median(["users", "list", "--policy-outdated", "--limit", "50"]),
            LIMITS["outdated"])
    for n in range(1, options.history + 1):
        ours(["users", "set-password", "user1", "--stdin", "--no-notify"], f"copper sailing winter basket {n}\n")
    times = []
    for n in range(options.rounds):
        word = f"copper sailing autumn basket {n}\n"
        times.append(ours(["users", "set-password", "user1", "--stdin", "--no-notify"], word)[0])
    fig(f"change_with_history_{options.history}", statistics.median(times), LIMITS["history"])
    sys.exit(missed)
finally:
    shutil.rmtree(FOLDER)
