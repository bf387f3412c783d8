"""Helpers for the scripts that send mail: a relay on this machine, stores that send to it, and the cost of a command.

The relay is Postfix's `smtp-sink`, which accepts every mail and keeps none.
"""
import contextlib
import os
import resource
import shutil
import socket
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TARGET = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
OURS = os.path.join(TARGET, "release", "cxme-admin")
ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}


def program(name):
    path = shutil.which(name, path="/usr/sbin:/sbin:" + os.environ.get("PATH", ""))
    if not path:
        raise SystemExit(f"missing: {name}")
    return path


def build():
    subprocess.run(["cargo", "build", "--release", "--locked", "--quiet"], cwd=ROOT, check=True)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@contextlib.contextmanager
def sink():
    """Runs smtp-sink, and returns its port."""
    port = free_port()
    account = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen([program("smtp-sink"), *account, f"127.0.0.1:{port}", "1024"], stderr=subprocess.DEVNULL)
    try:
        await_port(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def await_port(port):
    for _ in range(200):
        with contextlib.suppress(OSError):
            return socket.create_connection(("127.0.0.1", port), 1).close()
        time.sleep(0.05)
    raise SystemExit(f"nobody listens on port {port}")


def store(directory, users, mail):
    """Creates a directory with a store of this many users and a configuration whose `[mail]` continues with `mail`. Returns the
    command that uses it."""
    os.mkdir(directory, 0o700)
    config = os.path.join(directory, "config.toml")
    with open(config, "w") as file:
        file.write(f'[store]\npath = "{directory}/store.db"\n[reset]\nlink = "https://reset.example.org/#{{code}}"\n'
                   f'[mail]\nfrom = "passwords@example.org"\n{mail}')
    os.chmod(config, 0o600)
    ours = [OURS, "-c", config]
    subprocess.run([*ours, "init", "--yes", "--quiet"], check=True, env=ENVIRONMENT)
    rows = os.path.join(directory, "users.csv")
    with open(rows, "w") as file:
        file.write("username,email,name,locale\n")
        file.writelines(f"user{i:07},user{i:07}@example.net,User Number {i},{'de' if i % 3 else ''}\n"
                        for i in range(users))
    subprocess.run([*ours, "users", "import", rows], check=True, env=ENVIRONMENT)
    os.remove(rows)
    return ours


def to_relay(port, connections):
    """The lines of `[mail]` for [`store`] that send to a relay on this machine."""
    return f'[mail.smtp]\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\nconnections = {connections}\n'


def queue_everybody(ours):
    """Creates job 1 for every user, without sending it."""
    subprocess.run([*ours, "users", "send-reset", "--all", "--queue-only", "--yes"], check=True, env=ENVIRONMENT)


def processor_time(run):
    """Calls `run`. Returns its result and the processor time, user and system, of the processes that ended meanwhile."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return result, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
