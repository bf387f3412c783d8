#!/usr/bin/env python3
"""Measures the speed and the cost of bulk mail. Prints one line per figure: `FIG name ours=… peer=… ratio=… limit=… ok|MISSED`.

Ours is the outbox with its own store, or `jobs run` itself; both commit and sync the row of each message before they send its
mail. The peer is Postfix's `smtp-source -d`, which sends a fixed mail of the same size and keeps no record, with as many
connections. Both send to Postfix's `smtp-sink` on this machine, in turn. A ratio compares the medians of mails a second, or of
processor time per mail. The time of an fdatasync(2) on the disk is printed with the rates. README.md in this directory describes
each comparison. Exits 1 if a limit is missed. Needs Python 3.9, standard library only; the programs are in Debian's package
`postfix`.
"""
import argparse
import os
import queue
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

# No bytecode files beside the scripts.
sys.dont_write_bytecode = True
import sending
from sending import program

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--count", type=int, default=20_000, help="mails of a run")
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--only", default="near,command,far", help="sections, joined by commas")
parser.add_argument("--bulk", help="measure this binary of benches/bulk.rs instead of building it")
parser.add_argument("--no-build", action="store_true", help="measure the command that is there")
options = parser.parse_args()
missed = []

# For each number of connections, the minimum ratio to the peer's mails a second.
LEAST_RATE = {8: 0.6, 32: 0.65}
# The maximum ratio to the peer's processor time per mail.
MOST_PROCESSOR_TIME = 2.1


def build():
    command = ["cargo", "bench", "--locked", "--bench", "bulk", "--no-run"]
    built = subprocess.run(command, cwd=sending.ROOT, capture_output=True, text=True)
    found = re.search(r"Executable .*\((.*)\)", built.stderr)
    if built.returncode or not found:
        raise SystemExit(built.stderr)
    return os.path.join(sending.ROOT, found.group(1))


def text(command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def ours(port, connections, count):
    """Mails a second and processor time per mail of the run alone, without filling the store."""
    with tempfile.TemporaryDirectory(dir=DIRECTORY) as directory:
        seconds, processor = text([BULK, directory, str(port), str(connections), str(count)]).split()[:2]
    return count / float(seconds), float(processor) / count


def command(port, connections, count):
    """The same for `jobs run`, from its start to its end."""
    directory = os.path.join(DIRECTORY, "command")
    run = sending.store(directory, count, sending.to_relay(port, connections))
    sending.queue_everybody(run)
    start = time.perf_counter()
    _, processor = sending.processor_time(
        lambda: subprocess.run([*run, "jobs", "run", "1"], check=True, env=sending.ENVIRONMENT))
    seconds = time.perf_counter() - start
    shutil.rmtree(directory)
    return count / seconds, processor / count


def peer(port, connections, count, size):
    """The same for smtp-source."""
    mails = ["-s", str(connections), "-m", str(count), "-l", str(size), "-f", "a@example.org", "-t", "b@example.net"]
    start = time.perf_counter()
    _, processor = sending.processor_time(lambda: text([program("smtp-source"), "-d", *mails, f"127.0.0.1:{port}"]))
    return count / (time.perf_counter() - start), processor / count


def size_for_command():
    """The average size of the mails of [`command`]."""
    directory = os.path.join(DIRECTORY, "size")
    mails = os.path.join(directory, "mails")
    run = sending.store(directory, 60, f'transport = "file"\n[mail.file]\ndirectory = "{mails}"\n')
    sending.queue_everybody(run)
    subprocess.run([*run, "jobs", "run", "1"], check=True, env=sending.ENVIRONMENT)
    sizes = [entry.stat().st_size for entry in os.scandir(mails)]
    shutil.rmtree(directory)
    return sum(sizes) // len(sizes)


def fdatasync():
    """The median time of an fdatasync in seconds, after overwriting a few pages, as SQLite does with its log."""
    path, times = os.path.join(DIRECTORY, "disk"), []
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    os.write(file, bytes(1 << 20))
    os.fsync(file)
    for turn in range(200):
        os.pwrite(file, os.urandom(32_768), turn % 32 * 32_768)
        start = time.perf_counter()
        os.fdatasync(file)
        times.append(time.perf_counter() - start)
    os.close(file)
    os.remove(path)
    return statistics.median(times)


def fig(name, one, other, unit, limit, kept, more=""):
    print(f"FIG {name} ours={one:.0f}{unit} peer={other:.0f}{unit} ratio={one / other:.3f} limit={limit:.3f} "
          f"{more}{'ok' if kept else 'MISSED'}", flush=True)
    if not kept:
        missed.append(name)


def rate(name, rounds, limit_of):
    """Prints the figure for mails a second."""
    one, other = (statistics.median(figures[0] for figures in column) for column in zip(*rounds))
    disk = fdatasync()
    limit = limit_of(other, disk)
    fig(name, one, other, "/s", limit, one / other >= limit, f"fdatasync={disk * 1e6:.0f}us ")


def processor_time(name, rounds):
    """Prints the figure for processor time per mail."""
    one, other = (statistics.median(figures[1] for figures in column) * 1e6 for column in zip(*rounds))
    fig(name, one, other, "us", MOST_PROCESSOR_TIME, one / other <= MOST_PROCESSOR_TIME)


def delayed(port, one_way):
    """Starts a proxy to `port` that delays all data by `one_way` seconds, and returns its port. Its threads end with this process."""
    server = socket.create_server(("127.0.0.1", 0))

    def deliver(waiting, to):
        while True:
            due, piece = waiting.get()
            time.sleep(max(0, due - time.monotonic()))
            try:
                if not piece:
                    return to.shutdown(socket.SHUT_WR)
                to.sendall(piece)
            except OSError:
                return

    def pump(source, to):
        waiting = queue.SimpleQueue()
        threading.Thread(target=deliver, args=(waiting, to), daemon=True).start()
        piece = b"?"
        while piece:
            try:
                piece = source.recv(65_536)
            except OSError:
                piece = b""
            waiting.put((time.monotonic() + one_way, piece))

    def accept():
        while True:
            near, _ = server.accept()
            far = socket.create_connection(("127.0.0.1", port))
            for one in (near, far):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for pair in ((near, far), (far, near)):
                threading.Thread(target=pump, args=pair, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return server.getsockname()[1]


def on_this_machine(name, measure, size):
    """The limit for many connections, which the disk may determine: each connection waits for one commit per mail."""
    for connections, share in LEAST_RATE.items():
        with sending.sink() as port:
            rounds = [(measure(port, connections, options.count), peer(port, connections, options.count, size))
                      for _ in range(options.rounds)]
        rate(f"{name}_{connections}", rounds,
             lambda peer, disk: min(share, 0.8 * connections / (disk + connections / peer) / peer))
        processor_time(f"{name}_{connections}_processor_time", rounds)


def size_for_outbox():
    with tempfile.TemporaryDirectory(dir=DIRECTORY) as directory:
        return int(text([BULK, directory, "0", "1", "20"]).split()[2])


def near():
    """The outbox alone, on this machine."""
    on_this_machine("bulk", ours, size_for_outbox())


def whole_command():
    """`jobs run`, on this machine."""
    if not options.no_build:
        sending.build()
    on_this_machine("jobs_run", command, size_for_command())


def far():
    """The outbox alone, with a round trip of 20 ms, of which the peer needs four per mail."""
    size = size_for_outbox()
    for connections in LEAST_RATE:
        with sending.sink() as port:
            port = delayed(port, 0.010)
            rounds = [(ours(port, connections, connections * 150), peer(port, connections, connections * 40, size))
                      for _ in range(min(3, options.rounds))]
        rate(f"bulk_{connections}_at_20ms", rounds, lambda peer, disk: 3.5)


BULK = options.bulk or build()
with tempfile.TemporaryDirectory(prefix="bulk.", dir=sending.TARGET) as DIRECTORY:
    for section in options.only.split(","):
        {"near": near, "command": whole_command, "far": far}[section]()
print(f"missed: {', '.join(missed)}" if missed else "all limits kept")
sys.exit(1 if missed else 0)
