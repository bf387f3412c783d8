#!/usr/bin/env python3
"""Measures what a shell waits for at TAB. Prints one line per figure: `FIG name ours=… limit=… ok|MISSED`.

Builds the release, makes a store of 1,000,000 users below `target/`, and asks as the completion scripts do. README.md in this directory
describes each figure. Exits 1 if a limit is missed. Needs Python 3.9, standard library only.
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

# No bytecode files beside the scripts.
sys.dont_write_bytecode = True
import sending as shared
from sending import ENVIRONMENT
from sending import OURS

# The longest that a person may wait, in milliseconds, and the most values that are shown.
LIMIT, MOST = 50, 200

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--users", type=int, default=1_000_000, help="users of the store, at least 10,000")
parser.add_argument("--rounds", type=int, default=100, help="how often each line is asked about")
parser.add_argument("--no-build", action="store_true", help="measure the binary that is there")
options = parser.parse_args()
missed = []


def ask(config, *words):
    """The values for the last word, and the wall time in milliseconds."""
    command = [OURS, "__complete", "zsh", "", "cxme-admin", "-c", config, *words]
    start = time.perf_counter()
    ran = subprocess.run(command, check=True, capture_output=True, text=True, env=ENVIRONMENT)
    wall = (time.perf_counter() - start) * 1e3
    if ran.stderr:
        raise SystemExit(f"{command} said: {ran.stderr}")
    return ran.stdout.splitlines(), wall


def fig(name, config, count, *words):
    """Measures one line, to which there are so many values."""
    times = []
    for _ in range(options.rounds):
        values, wall = ask(config, *words)
        if len(values) != count:
            raise SystemExit(f"{words}: {len(values)} values, not {count}")
        times.append(wall)
    median, late = statistics.median(times), statistics.quantiles(times, n=20)[-1]
    verdict = "ok" if median <= LIMIT else "MISSED"
    if median > LIMIT:
        missed.append(name)
    print(f"FIG {name} ours={median:.4g}ms p95={late:.4g}ms limit={LIMIT}ms {verdict}", flush=True)


if not options.no_build:
    shared.build()
with tempfile.TemporaryDirectory(dir=shared.TARGET) as folder:
    directory = os.path.join(folder, "store")
    # Nothing is sent.
    shared.store(directory, options.users, shared.to_relay(9, 1))
    config = os.path.join(directory, "config.toml")
    fig("complete_any_user", config, MOST, "users", "show", "")
    fig("complete_many_users", config, MOST, "users", "lock", "user000")
    fig("complete_one_user", config, 1, "users", "set-password", "user0009999")
    fig("complete_no_user", config, 0, "users", "set-password", "nobody")
    fig("complete_many_addresses", config, 1, "users", "show", "user0009999@ex")
    fig("complete_role", config, 1, "users", "list", "--role", "Min")
sys.exit(1 if missed else 0)
