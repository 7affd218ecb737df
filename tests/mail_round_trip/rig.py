"""A real Postfix and a real Dovecot, each with folders and ports of its own, for one test run.

Postfix vouches for senders as a border server does, by a header that it writes on top; here a
table says whom it found proven, because nobody in the rig signs anything.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.adapters.certificates import Authority

MX = "mx.brightwater.example"
PASSWORD = "sesame"
PEOPLE = ("billing@brightwater.example", "lea@lead.example", "ap@client.example")
DOMAINS = sorted({one.rpartition("@")[2] for one in PEOPLE})
# name, kind, private, wake-up, most processes, program: as in the master.cf that Postfix ships
_SERVICES = """
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def missing() -> str:
    """Say what this machine lacks to run the rig, or nothing."""
    if os.geteuid() != 0:
        return "Postfix and Dovecot are started by root only"
    programs = ("/usr/sbin/postfix", "/usr/sbin/dovecot", "/usr/lib/dovecot/lmtp")
    absent = [one for one in programs if not Path(one).exists()]
    return f"not installed (apt-get install postfix dovecot-imapd dovecot-lmtpd): {absent}" * bool(
        absent
    )


@dataclass(frozen=True)
class Rig:
    """Where the two servers listen, and whom a client has to trust."""

    smtp_port: int
    imap_port: int
    authority: Authority
    folder: Path


@contextmanager
def running() -> Iterator[Rig]:
    """Start both servers, and end them with all that they wrote."""
    folder = Path(tempfile.mkdtemp(prefix="mail-rig-"))
    folder.chmod(0o755)  # the servers give up being root
    smtp, imap, lmtp = (_free_port() for _ in range(3))
    authority = Authority(folder)
    certificate = folder / "server.pem"
    authority.server_context("localhost")
    shutil.copy(next(folder.glob("localhost-*.pem")), certificate)
    rig = Rig(smtp, imap, authority, folder)
    postfix = _write_postfix(folder, smtp, lmtp, certificate)
    dovecot = _write_dovecot(folder, imap, lmtp, certificate)
    server = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", str(dovecot)])
    try:
        _run("/usr/sbin/postfix", "-c", str(postfix), "check")
        _run("/usr/sbin/postfix", "-c", str(postfix), "start")
        for port in (smtp, imap, lmtp):
            _wait_for(port, folder)
        yield rig
    finally:
        with suppress(subprocess.CalledProcessError):
            _run("/usr/sbin/postfix", "-c", str(postfix), "stop")
        server.terminate()
        server.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _write_postfix(folder: Path, smtp: int, lmtp: int, certificate: Path) -> Path:
    home, queue, data = folder / "postfix", folder / "queue", folder / "data"
    for one in (home, queue, data):
        one.mkdir()
    user = pwd.getpwnam("postfix")
    os.chown(data, user.pw_uid, user.pw_gid)
    vouched = home / "vouched"
    vouched.write_text(
        "".join(
            f"/@{domain.replace('.', '[.]')}$/ PREPEND Authentication-Results: {MX};"
            f" dmarc={'fail' if domain == 'client.example' else 'pass'} header.from={domain}\n"
            for domain in DOMAINS
        )
        + f"/./ PREPEND Authentication-Results: {MX}; dmarc=fail header.from=elsewhere.example\n"
    )
    settings = {
        "compatibility_level": "3.6",
        "myhostname": MX,
        "mydestination": "",
        "queue_directory": queue,
        "data_directory": data,
        "command_directory": "/usr/sbin",
        "daemon_directory": "/usr/lib/postfix/sbin",
        "maillog_file": folder / "postfix.log",
        "maillog_file_prefixes": folder,
        "inet_interfaces": "127.0.0.1",
        "inet_protocols": "ipv4",
        "mynetworks": "127.0.0.0/8",
        "virtual_mailbox_domains": ", ".join(DOMAINS),
        "virtual_transport": f"lmtp:inet:127.0.0.1:{lmtp}",
        "alias_maps": "",
        "alias_database": "",
        "local_recipient_maps": "",
        "smtpd_tls_cert_file": certificate,
        "smtpd_tls_key_file": certificate,
        "smtpd_tls_security_level": "may",
        "smtpd_sender_restrictions": f"check_sender_access regexp:{vouched}",
        "smtputf8_enable": "no",
        "bounce_queue_lifetime": "1d",
    }
    (home / "main.cf").write_text("".join(f"{name} = {one}\n" for name, one in settings.items()))
    (home / "master.cf").write_text(f"127.0.0.1:{smtp} inet n - n - - smtpd{_SERVICES}")
    return home


def _write_dovecot(folder: Path, imap: int, lmtp: int, certificate: Path) -> Path:
    mail = folder / "mail"
    mail.mkdir()
    user = pwd.getpwnam("mail")
    os.chown(mail, user.pw_uid, user.pw_gid)
    people = folder / "people"
    people.write_text(
        "".join(
            f"{one}:{{PLAIN}}{PASSWORD}:{user.pw_uid}:{user.pw_gid}::{mail}/{one}::\n"
            for one in PEOPLE
        )
    )
    people.chmod(0o644)
    config = folder / "dovecot.conf"
    config.write_text(
        f"""base_dir = {folder}/run
state_dir = {folder}/state
protocols = imap lmtp
listen = 127.0.0.1
log_path = {folder}/dovecot.log
ssl = required
ssl_cert = <{certificate}
ssl_key = <{certificate}
mail_location = maildir:~/maildir
first_valid_uid = 1
auth_mechanisms = plain
passdb {{
  driver = passwd-file
  args = {people}
}}
userdb {{
  driver = passwd-file
  args = {people}
}}
service imap-login {{
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {imap}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
"""
    )
    return config


def _free_port() -> int:
    with closing(socket.socket()) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def _wait_for(port: int, folder: Path) -> None:
    for _ in range(200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    logs = "\n".join(one.read_text()[-2000:] for one in folder.glob("*.log"))
    raise RuntimeError(f"nothing listens at {port}\n{logs}")
