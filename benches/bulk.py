#!/usr/bin/env python3
"""How fast bulk mail leaves, measured: one line per figure, `FIG name ours=… peer=… ratio=… limit=… fdatasync=… ok|MISSED`.

Ours is the outbox on a store of its own, with every message's row committed and synced before its mail leaves; the peer is
Postfix's `smtp-source -d`, which knows its mail by heart and keeps no record, with as many connections and mails of the same
size. Both send to Postfix's `smtp-sink` on this machine and take turns; a ratio is that of the medians of mails a second. The
time that the disk takes for an fdatasync(2) stands beside. What is compared with what stands in README.md beside this file.
Exits 1 if a limit is missed. Python 3.9, standard library only; the programs are in Debian's package `postfix`.
"""
import argparse
import contextlib
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

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TARGET = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
SBIN = "/usr/sbin:/sbin:" + os.environ.get("PATH", "")

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--count", type=int, default=20_000, help="mails of a run")
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--only", default="near,far", help="sections, joined by commas")
parser.add_argument("--bulk", help="measure this binary of benches/bulk.rs instead of building it")
options = parser.parse_args()
missed = []


def program(name):
    path = shutil.which(name, path=SBIN)
    if not path:
        raise SystemExit(f"missing: {name} (Debian package postfix)")
    return path


def build():
    command = ["cargo", "bench", "--locked", "--bench", "bulk", "--no-run"]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    found = re.search(r"Executable .*\((.*)\)", built.stderr)
    if built.returncode or not found:
        raise SystemExit(built.stderr)
    return os.path.join(ROOT, found.group(1))


def text(command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def ours(port, connections, count):
    """Mails a second."""
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        return count / float(text([BULK, folder, str(port), str(connections), str(count)]).split()[0])


def peer(port, connections, count):
    start = time.perf_counter()
    text([program("smtp-source"), "-d", "-s", str(connections), "-m", str(count), "-l", str(SIZE),
          "-f", "a@example.org", "-t", "b@example.net", f"127.0.0.1:{port}"])
    return count / (time.perf_counter() - start)


def fdatasync():
    """The median in seconds, for a few pages written over each other, as SQLite writes its log."""
    path, times = os.path.join(FOLDER, "disk"), []
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


def fig(name, rates, limit_of):
    """Prints a figure: of the mails a second of ours and the peer in each round."""
    one, other = (statistics.median(column) for column in zip(*rates))
    disk = fdatasync()
    ratio, limit = one / other, limit_of(other, disk)
    kept = ratio >= limit
    print(f"FIG {name} ours={one:.0f}/s peer={other:.0f}/s ratio={ratio:.3f} limit={limit:.3f} "
          f"fdatasync={disk * 1e6:.0f}us {'ok' if kept else 'MISSED'}", flush=True)
    if not kept:
        missed.append(name)


def await_port(port):
    for _ in range(200):
        with contextlib.suppress(OSError):
            return socket.create_connection(("127.0.0.1", port), 1).close()
        time.sleep(0.05)
    raise SystemExit(f"nobody listens on port {port}")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@contextlib.contextmanager
def sink():
    port = free_port()
    account = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen([program("smtp-sink"), *account, f"127.0.0.1:{port}", "1024"])
    try:
        await_port(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def delayed(port, one_way):
    """The port of a proxy to `port` that hands on whatever comes after `one_way` seconds; its threads end with this process."""
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


def near():
    """On this machine. With many connections the disk may be what bounds: each waits for its commit once a mail."""
    for connections, share in ((8, 0.5), (32, 0.75)):
        with sink() as port:
            rates = [(ours(port, connections, options.count), peer(port, connections, options.count))
                     for _ in range(options.rounds)]
        fig(f"bulk_{connections}", rates,
            lambda rate, disk: min(share, 0.8 * connections / (disk + connections / rate) / rate))


def far():
    """With 20 ms of round trip, of which the peer needs four a mail."""
    for connections in (8, 32):
        with sink() as port:
            port = delayed(port, 0.010)
            rates = [(ours(port, connections, connections * 150), peer(port, connections, connections * 40))
                     for _ in range(min(3, options.rounds))]
        fig(f"bulk_{connections}_at_20ms", rates, lambda rate, disk: 3.5)


BULK = options.bulk or build()
with tempfile.TemporaryDirectory(prefix="bulk.", dir=TARGET) as FOLDER:
    with tempfile.TemporaryDirectory(dir=FOLDER) as own:
        SIZE = int(text([BULK, own, "0", "1", "20"]).split()[1])
    print(f"a mail has {SIZE} bytes", flush=True)
    for section in options.only.split(","):
        {"near": near, "far": far}[section]()
print(f"missed: {', '.join(missed)}" if missed else "all limits kept")
sys.exit(1 if missed else 0)
