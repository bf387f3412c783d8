"""Fills a store with what years of use leave in it: events, the user changes of each, and messages that have ended.

The chain of the events is computed here from its description (docs/audit.md), so that `store check` meets one that another program
has computed.
"""
import contextlib
import hashlib
import random
import sqlite3
import struct

# 2026-01-01T00:00:00Z
START = 1_767_225_600
DETAILS = '{"chosen_by":"operator","must_change":false,"sessions":"ended","username":"user%07d"}'


def hashed(version, *fields):
    """SHA-256 over a version byte and fields, each preceded by its length (8 bytes, big endian; all ones for NULL)."""
    parts = [bytes([version])]
    for field in fields:
        if field is None:
            parts.append(b"\xff" * 8)
            continue
        if isinstance(field, int):
            field = struct.pack(">q", field)
        elif isinstance(field, str):
            field = field.encode()
        parts += (struct.pack(">Q", len(field)), field)
    return hashlib.sha256(b"".join(parts)).digest()


def fill(store, events, messages):
    """Adds so many events, each of a password that was set with the change of its user, and so many messages of jobs."""
    pick = random.Random(11)
    with contextlib.closing(sqlite3.connect(store)) as database:
        database.execute("PRAGMA synchronous = OFF")
        with database:
            users = database.execute("SELECT id, email FROM users ORDER BY id").fetchall()
            number, before = database.execute("SELECT number, hash FROM events ORDER BY number DESC LIMIT 1").fetchone()
            add_events(database, pick, [user for user, _ in users], number, before, events)
            add_messages(database, pick, users, messages)
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def add_events(database, pick, users, number, before, count):
    rows, changes = [], []
    for number in range(number + 1, number + 1 + count):
        user = users[pick.randrange(len(users))]
        salt = pick.randbytes(16)
        digest = hashed(1, salt, number, user, "password", None, "set")
        changes.append((number, user, "password", None, "set", salt, digest))
        fields = (number, START + number, "alice", 1000, None, "server1", "sudo", "Help desk", "users set-password", "done",
                  user, "ticket 12345", DETAILS % user, hashed(1, user, "password", digest))
        before = hashed(4, before, *fields)
        rows.append((*fields, before))
        if len(rows) == 10_000:
            put(database, rows, changes)
    put(database, rows, changes)


def put(database, rows, changes):
    database.executemany(
        "INSERT INTO events (number, time, operator, operator_uid, login_uid, host, identified_by, authority, action, outcome, "
        "user_id, reason, details, changes_digest, hash) VALUES (" + "?, " * 14 + "?)", rows)
    database.executemany("INSERT INTO user_changes (event, user_id, field, old, new, salt, digest) "
                         "VALUES (?, ?, ?, ?, ?, ?, ?)", changes)
    rows.clear()
    changes.clear()


def add_messages(database, pick, users, count):
    """Jobs for everybody, one after the other, with what the outbox writes of a mail that was accepted."""
    while count > 0:
        job = database.execute("INSERT INTO jobs (state, operator, operator_uid, created_at, ended_at, selection) "
                               "VALUES ('finished', 'alice', 1000, ?, ?, 'all users')", (START, START + 1)).lastrowid
        rows = []
        for user, address in users[:count]:
            time = START + pick.randrange(20_000_000)
            rows.append((job, user, address, time, time, time, time + 1, time + 1, time + 1, time + 86_401,
                         time + 3600 if user % 2 else None, pick.randbytes(16), pick.randbytes(32),
                         f"{pick.getrandbits(128):032x}@example.org", f"250 2.0.0 Ok: queued as {pick.getrandbits(44):X}"))
        database.executemany(
            "INSERT INTO messages (job_id, kind, state, user_id, address, operator, operator_uid, created_at, due_at, "
            "attempts, first_try_at, last_try_at, delivered_at, ended_at, lifetime, expires_at, clock_period, used_at, nonce, "
            "code_hash, message_id, reply) VALUES (?, 'reset', 'accepted', ?, ?, 'alice', 1000, ?, ?, 1, ?, ?, ?, ?, "
            "86400, ?, 1, ?, ?, ?, ?, ?)", rows)
        count -= len(rows)
