#!/usr/bin/env python3
"""Draws docs/terminal.svg, the picture in README.md, from a real run at a pseudo-terminal.

    pip install pyte
    cargo build --release
    python3 docs/terminal.py target/release/cxme-admin
"""

import html
import os
import pathlib
import pty
import re
import select
import socketserver
import subprocess
import sys
import tempfile
import threading
import time

import pyte

COLUMNS, ROWS = 98, 34
WIDTH, HEIGHT, MARGIN = 8.4, 18, 14
BACKGROUND, TEXT = "#1b1f24", "#d0d7de"
COLOURS = {"red": "#ff7b72", "green": "#7ee787", "brown": "#e3b341", "cyan": "#79c0ff", "default": TEXT}

CONFIG = """
[organization]
name = "Example Travel"
help_contact = "extension 4711"
[mail]
from = "passwords@example.com"
[mail.smtp]
host = "127.0.0.1"
port = PORT
tls = "none"
[reset]
link = "https://reset.example.com/#{code}"
"""
# The progress bar: mails done, of all.
PROGRESS = re.compile(r" (\d+) of \d+ ")
NAMES = ["Alice Adams", "Bob Brown", "Émile Dubois", "Fumiko Fujita", "Georg Groß", "Hana Horáková", "Ivan Ivanov"]
EMAILS = ["alice", "bob", "emile", "fumiko", "georg", "hana", "ivan"]


class Relay(socketserver.StreamRequestHandler):
    """A relay that accepts every mail but those to georg."""

    def handle(self):
        self.say("220 relay.example.com ESMTP")
        for line in self.rfile:
            verb = line.split(b" ")[0].strip().upper()
            if verb == b"DATA":
                self.say("354 go ahead")
                while self.rfile.readline() != b".\r\n":
                    pass
            is_refused = verb == b"RCPT" and b"georg@" in line
            self.say("550 5.1.1 no such mailbox" if is_refused else "221 bye" if verb == b"QUIT" else "250 ok")

    def say(self, reply):
        self.wfile.write(f"{reply}\r\n".encode())


class Terminal:
    """A shell at a pseudo-terminal, and what its screen shows."""

    def __init__(self, directory, program):
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self.stream = pyte.ByteStream(self.screen)
        child, self.end = pty.fork()
        if child == 0:
            os.chdir(directory)
            path = f"{program.parent}:/usr/bin:/bin"
            environment = {"PATH": path, "PS1": "$ ", "TERM": "xterm-256color", "LANG": "C.UTF-8"}
            environment["CXME_ADMIN_CONFIG"] = f"{directory}/config.toml"
            environment["CXME_ADMIN_STORE"] = f"{directory}/store.db"
            environment["HOME"] = directory
            settings = f"stty rows {ROWS} cols {COLUMNS}; exec dash -i"
            os.execve("/bin/sh", ["sh", "-c", settings], environment)

    def read_until(self, is_reached):
        """Reads what the program writes until the screen is as wanted."""
        end = time.monotonic() + 60
        while not is_reached():
            if not select.select([self.end], [], [], max(0, end - time.monotonic()))[0]:
                sys.exit("the terminal does not show what is waited for:\n" + "\n".join(self.screen.display))
            self.stream.feed(os.read(self.end, 4096))

    def line(self):
        """The line in which the cursor is."""
        return self.screen.display[self.screen.cursor.y].rstrip()

    def is_prompt(self):
        """Whether the cursor waits behind a prompt: a line that ends with a colon and a blank."""
        line = self.screen.display[self.screen.cursor.y]
        return self.screen.cursor.x > 2 and line[: self.screen.cursor.x].endswith(": ")

    def type(self, line):
        os.write(self.end, f"{line}\r".encode())

    def run(self, command, *answers):
        """Types a command, and the answers to its prompts."""
        self.type(command)
        for answer in answers:
            row = self.screen.cursor.y
            self.read_until(lambda: self.screen.cursor.y > row and self.is_prompt())
            self.type(answer)
        self.read_until(lambda: command in "".join(self.screen.display) and self.line() == "$")


def prepared(directory, program, port):
    """Creates a store with users in it."""
    directory = pathlib.Path(directory)
    (directory / "config.toml").write_text(CONFIG.replace("PORT", str(port)))
    (directory / "config.toml").chmod(0o600)
    rows = [f"{email}@example.com,{name}" for email, name in zip(EMAILS, NAMES)]
    rows += [f"trainee{number}@example.com,Trainee {number}" for number in range(1, 494)]
    options = [program, "--config", directory / "config.toml", "--store", directory / "store.db"]
    run = lambda *words, text="": subprocess.run([*options, *words], input=text, text=True, check=True)
    run("init", "--yes", "--quiet")
    run("users", "import", "-", "--quiet", text="\n".join(["email,name", *rows]))
    run("users", "set-password", "alice", "--stdin", "--no-notify", text="what alice chose at the harbour")
    run("users", "verify-password", "alice", "--stdin", text="what alice chose at the harbour")
    run("users", "lock", "hana", "--for", "2h", "--reason", "lost laptop")


def drawn(screen):
    """The screen as SVG."""
    lines = [row for row in range(ROWS) if screen.display[row].strip()]
    rows = max(lines) + 1
    width, height = COLUMNS * WIDTH + 2 * MARGIN, rows * HEIGHT + 2 * MARGIN
    svg = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img">',
        "<title>cxme-admin at a terminal</title>",
        f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>',
        f'<g font-family="monospace" font-size="14" fill="{TEXT}">',
    ]
    for row in range(rows):
        line = screen.display[row]
        is_typed = line.startswith("$ ")
        # Each word has its own place, so that columns line up in any font.
        for word in re.finditer(r"\S+", line):
            cell = screen.buffer[row][word.start()]
            colour = COLOURS["green"] if is_typed else COLOURS.get(cell.fg, TEXT)
            fill = "" if colour == TEXT else f' fill="{colour}"'
            weight = ' font-weight="bold"' if cell.bold else ""
            x, y = MARGIN + word.start() * WIDTH, MARGIN + (row + 0.75) * HEIGHT
            length = f'textLength="{len(word[0]) * WIDTH:.1f}" lengthAdjust="spacingAndGlyphs"'
            svg.append(f'<text x="{x:.1f}" y="{y:.1f}" {length}{fill}{weight}>{html.escape(word[0], quote=False)}</text>')
    return "\n".join([*svg, "</g>", "</svg>", ""])


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    relay = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Relay)
    relay.daemon_threads = True
    threading.Thread(target=relay.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as directory:
        prepared(directory, program, relay.server_address[1])
        terminal = Terminal(directory, program)
        terminal.read_until(lambda: terminal.line() == "$")
        terminal.run("cxme-admin users list --limit 6")
        good = "seven violet umbrellas whistle"
        terminal.run("cxme-admin users set-password bob", "Bob Brown 2026", good, good)
        terminal.type("cxme-admin users send-reset --no-password --rate 100/s --yes")
        terminal.read_until(lambda: any(int(done) > 300 for done in PROGRESS.findall("\n".join(terminal.screen.display))))
        picture = drawn(terminal.screen)
        # Ctrl-C: the run ends with the mails in flight.
        os.write(terminal.end, b"\x03")
        terminal.read_until(lambda: terminal.line() == "$")
    pathlib.Path(__file__).with_name("terminal.svg").write_text(picture)


main()
