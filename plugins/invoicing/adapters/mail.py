"""Dispatch, sending: the mail server as our way out, one session for each thread that sends."""

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from invoicing.adapters.attempt import QUIT_SECONDS, Attempt, Phase, Security, Server
from invoicing.adapters.mime import compose
from invoicing.adapters.pace import Pace
from invoicing.adapters.smtp import Deadline, Wire
from invoicing.domain.dispatch import Delivery, Message, Outcome
from invoicing.domain.errors import RefusedError, SettingsError
from invoicing.services.ports import FaultPoint, no_faults

__all__ = ["Phase", "Security", "SmtpMailer"]

_LONGEST_SILENCE = 20.0  # seconds after which a firewall may have forgotten the connection


class SmtpMailer:
    """Hands over one mail at a time and session, to all of its recipients or to none.

    ``security`` is starttls, tls or plain; a password is never sent over plain. ``connections`` is
    how many sessions may be open at once; the ``pace`` is kept by all of them together. ``fault``
    is called with ``smtp.<phase>`` when a phase begins; it does nothing outside tests.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int = 587,
        user: str = "",
        password: str = "",
        security: str = Security.STARTTLS,
        deadline_seconds: float = 120,
        ssl_context: ssl.SSLContext | None = None,
        connections: int = 1,
        pace: Pace | None = None,
        fault: FaultPoint = no_faults,
    ) -> None:
        if ssl_context and not (
            ssl_context.verify_mode is ssl.CERT_REQUIRED and ssl_context.check_hostname
        ):
            raise SettingsError("mail servers must prove who they are: this context does not ask")
        if connections < 1:
            raise SettingsError("without a connection to the mail server nothing can be sent")
        self.server = Server(host, port, user, password, security, deadline_seconds)
        self.connections = connections
        self.pace = pace
        self.fault = fault
        self._given_context = ssl_context

    @contextmanager
    def session(self) -> Iterator["_Session"]:
        """Open a way out for one thread; it connects with its first mail and keeps the connection.

        A mail is claimed before it is sent, so no connection stands open for a claim that fails.
        """
        session = _Session(self)
        try:
            yield session
        finally:
            session.close()

    def send(self, message: Message) -> Delivery:
        """Try once, within the deadline; the outcome says whether anybody may try again."""
        with self.session() as session:
            return session.send(message)

    @cached_property
    def context(self) -> ssl.SSLContext:
        """What TLS is spoken with; one for all connections, because making one is expensive."""
        return self._given_context or ssl.create_default_context()


class _Session:
    def __init__(self, mailer: SmtpMailer) -> None:
        self._mailer = mailer
        self._wire: Wire | None = None
        self._used_at = 0.0

    def wait(self) -> None:
        """Wait for the next turn, if the provider takes only so many mails a minute."""
        if self._mailer.pace:
            self._mailer.pace.wait()

    def send(self, message: Message) -> Delivery:
        """Try once, within the deadline of this mail, on the connection of the last one."""
        mailer = self._mailer
        deadline = Deadline(mailer.server.deadline_seconds)
        try:
            envelope = compose(message)
        except RefusedError as error:
            return Delivery(Outcome.FAILED, Phase.COMPOSE, 0, str(error))
        if self._wire and time.monotonic() - self._used_at > _LONGEST_SILENCE:
            self.close()
        wire, self._wire = self._wire, None  # whatever happens now, only an acceptance keeps it
        attempt = Attempt(
            mailer.server, lambda: mailer.context, envelope, deadline, mailer.fault, wire
        )
        delivery = attempt.run()
        self._wire, self._used_at = attempt.wire, time.monotonic()
        return delivery

    def close(self) -> None:
        """Say goodbye to the server, as far as it listens."""
        wire, self._wire = self._wire, None
        if wire:
            wire.last_until(Deadline(QUIT_SECONDS))
            wire.part(QUIT_SECONDS)
            wire.close()
