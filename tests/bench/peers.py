# Copyright the pop3 authors.
# Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
"""Programs that fetch mail into a Maildir, and how they are started: each finds FOLDER/mail with its three folders, keeps the
mail on the server, and has not seen any of it. What they need besides is written to FOLDER."""
import os
import pwd
from pathlib import Path

MPOP = """\
account bench
host localhost
port {port}
user bench
password bench
auth user
tls on
tls_starttls off
tls_trust_file {ca}
pipelining on
keep on
received_header off
uidls_file {folder}/uidls
delivery maildir {folder}/mail
"""

# Nothing is added to messages, so that all write the same.
GETMAIL = """\
[retriever]
type = SimplePOP3SSLRetriever
server = localhost
port = {port}
username = bench
password = bench
ca_certs = {ca}
timeout = 600
[destination]
type = Maildir
path = {folder}/mail/
[options]
read_all = false
delete = false
delivered_to = false
received = false
verbose = 0
"""


def write_settings(text, name, folder, port, ca):
    path = Path(folder) / name
    path.write_text(text.format(folder=folder, port=port, ca=ca))
    path.chmod(0o600)
    return path


def make_maildir(folder):
    for part in ("tmp", "new", "cur"):
        (Path(folder) / "mail" / part).mkdir(parents=True)


def mpop(folder, port, ca):
    make_maildir(folder)
    return ["mpop", "-C", write_settings(MPOP, "mpoprc", folder, port, ca), "--quiet", "bench"], None


def getmail(folder, port, ca):
    make_maildir(folder)
    rc = write_settings(GETMAIL, "getmailrc", folder, port, ca)
    user = None
    if os.geteuid() == 0:  # for whom it delivers nothing
        user = pwd.getpwnam("nobody")
        for path in (Path(folder), *Path(folder).rglob("*")):
            os.chown(path, user.pw_uid, user.pw_gid)
    return ["getmail", "--getmaildir", folder, "--rcfile", rc, "--quiet"], user
