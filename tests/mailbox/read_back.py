#!/usr/bin/env python3
"""read_back.py READ_BACK - what is fetched into a Maildir and an mbox, others find there, octet by octet.

READ_BACK (read_back.cpp) fetches messages that are not easy to write. Then Python's `mailbox` reads them, and mutt counts them,
if there is one."""

import mailbox
import os
import pathlib
import pty
import re
import shutil
import subprocess
import sys
import tempfile

HEADER = b"From: bob@example.org\r\nSubject: %d\r\n"
BODIES = [
    b"\r\nA line.\r\n",
    b"\r\nFrom here\r\n>From there\r\n>>From and there\r\nFrom\r\nFrom \r\n From\r\n>Fro\r\n> From x\r\nfrom y\r\n",
    b"\r\n\r\nFrom behind a blank line Thu Jan  1 00:00:00 1970\r\n\r\n>From it, too\r\n\r\n\r\n",
    b"\r\nThe last line is one:\r\n>>>From ",
    b"\r\n.\r\n..\r\n...\r\n.From\r\n.From .\r\n.\r\n",
    b"\r\n" + bytes(range(14, 256)) + b"\r\n\x80\r\n\x00\x00\r\n\xff\xfe",
    b"\r\na\rb\nc\n.\nFrom a line that ends otherwise\r\r\nd\n\r\n\n\n",
    b"\r\n" + b"x" * 70_000 + b"\r\n" + b"From " * 50_000 + b"\r\n" + b">" * 66_000 + b"From \r\n",
    b"\r\n" + b"From \r\n.\r\n" * 20_000,
    b"\r\n",  # no body
    b"",  # no blank line behind the header
    b"\r\nno end of line",
    b"\r\nblank lines at the end\r\n\r\n\r\n",
]


def messages():
    """As a server has them. One has no octet at all."""
    yield from (HEADER % number + body for number, body in enumerate(BODIES))
    yield b""
    yield b"From the first line on\r\n"
    yield b"From "


def delivered(octets):
    """What becomes of a message: the server ends its last line, and lines end in LF."""
    if octets and not octets.endswith(b"\r\n"):
        octets += b"\r\n"
    return octets.replace(b"\r\n", b"\n")


def unquoted(octets):
    return re.sub(rb"(?m)^>(>*From )", rb"\1", octets)


failed = False


def compare(where, found, wanted):
    global failed
    if len(found) != len(wanted):
        print(f"{where}: {len(found)} messages instead of {len(wanted)}")
        failed = True
    for number, (is_there, should_be) in enumerate(zip(found, wanted)):
        if is_there != should_be:
            print(f"{where}, message {number}: {is_there[:300]!r}\n  instead of {should_be[:300]!r}")
            failed = True


def count_by_mutt(path, work):
    """How many messages it finds: it writes a line for each. It wants a terminal."""
    lines = work / "lines"
    lines.unlink(missing_ok=True)
    keys = f"<tag-pattern>~A<enter><tag-prefix><pipe-message>echo x >> {lines}<enter><exit>"
    settings = (f"set folder={work}", "set pipe_split=yes", "set wait_key=no", "set quit=yes", f"push '{keys}'")
    arguments = [word for setting in settings for word in ("-e", setting)]
    process, terminal = pty.fork()
    if process == 0:
        os.environ.update(TERM="vt100", HOME=str(work))
        os.execvp("mutt", ["mutt", "-n", "-F", "/dev/null", "-R", *arguments, "-f", str(path)])
    try:
        while os.read(terminal, 4096):
            pass
    except OSError:
        pass  # it has ended
    os.waitpid(process, 0)
    return len(lines.read_text().splitlines()) if lines.exists() else 0


def main(read_back):
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        (work / "messages").mkdir()
        for number, octets in enumerate(messages()):
            (work / "messages" / f"{number:03}").write_bytes(octets)
        wanted = [delivered(octets) for octets in messages()]
        # Others write to the same mbox, before and afterwards.
        before, after = b"Subject: before\n\nno end of line", b"Subject: after\n\nFrom another\n"
        mbox = mailbox.mbox(work / "mbox")
        mbox.add(before)
        mbox.close()
        subprocess.run([read_back, work / "messages", work], check=True, timeout=60)
        mbox = mailbox.mbox(work / "mbox", create=False)
        mbox.add(after)
        mbox.flush()

        found = [unquoted(mbox.get_bytes(key)) for key in mbox.iterkeys()]
        compare("mbox", found, [before + b"\n", *wanted, after])
        maildir = mailbox.Maildir(work / "maildir", create=False)
        found = [maildir.get_bytes(key) for key in maildir.iterkeys()]
        compare("maildir", sorted(found), sorted(wanted))

        if shutil.which("mutt"):
            for path, count in ((work / "mbox", len(wanted) + 2), (work / "maildir", len(wanted))):
                compare(f"{path.name}, by mutt", [b""] * count_by_mutt(path, work), [b""] * count)
        else:
            print("mutt is not installed: it is not asked")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
