"""Dispatch, sending: one attempt to hand over a mail, phase by phase, and the truth about it.

Until the terminating dot is written nothing can have been accepted, so every trouble may be
repeated or is a plain failure. From the dot until a valid reply nobody knows: that is UNCERTAIN,
and only a person may decide to send again.
"""

import re
import ssl
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from invoicing.adapters.mime import Envelope, compose
from invoicing.adapters.smtp import Deadline, GarbledError, Reply, UnaskedError, Wire, open_socket
from invoicing.domain.dispatch import Delivery, Message, Outcome
from invoicing.domain.errors import RefusedError, SettingsError
from invoicing.services.ports import FaultPoint, no_faults

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.:_-]{0,251}[A-Za-z0-9])?|::1")
_ADDRESS_LIKE = re.compile(r"\S*(?:@|%40|=40)\S*")
_MOST_DETAIL = 300
_QUIT_SECONDS = 2.0


class Phase(StrEnum):
    """How far an attempt came; everything before DOT is certainly not accepted."""

    COMPOSE = "compose"
    CONNECT = "connect"
    EHLO = "ehlo"
    TLS = "tls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    DOT = "dot"
    REPLY = "reply"


class Security(StrEnum):
    """How the connection is protected; a password is never sent over PLAIN."""

    STARTTLS = "starttls"
    TLS = "tls"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class _Server:
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    security: str
    deadline_seconds: float

    def __post_init__(self) -> None:
        where = "correct the connection invoicing_smtp"
        if not _HOST.fullmatch(self.host):
            raise SettingsError(f"{self.host!r} is not the name of a mail server; {where}")
        if not 0 < self.port < 65_536:
            raise SettingsError(f"{self.port} is not a port of a mail server; {where}")
        if self.security not in set(Security):
            raise SettingsError(
                f"mail security is {self.security!r}; it must be starttls, tls or plain; {where}"
            )
        if self.deadline_seconds <= 0:
            raise SettingsError("the deadline for sending a mail must be more than 0 seconds")


class SmtpMailer:
    """Hands over one mail per call, to all of its recipients or to none.

    ``security`` is starttls, tls or plain; a password is never sent over plain. ``fault`` is
    called with ``smtp.<phase>`` when a phase begins; it does nothing outside tests.
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
        fault: FaultPoint = no_faults,
    ) -> None:
        if ssl_context and not (
            ssl_context.verify_mode is ssl.CERT_REQUIRED and ssl_context.check_hostname
        ):
            raise SettingsError("mail servers must prove who they are: this context does not ask")
        self._server = _Server(host, port, user, password, security, deadline_seconds)
        self._given_context = ssl_context
        self._fault = fault

    def send(self, message: Message) -> Delivery:
        """Try once, within the deadline; the outcome says whether anybody may try again."""
        deadline = Deadline(self._server.deadline_seconds)
        try:
            envelope = compose(message)
        except RefusedError as error:
            return Delivery(Outcome.FAILED, Phase.COMPOSE, 0, str(error))
        return _Attempt(self._server, lambda: self._context, envelope, deadline, self._fault).run()

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return self._given_context or ssl.create_default_context()


class _StoppedError(Exception):
    """The attempt is over, with this outcome, and the server waits for the next command.

    Never raised inside the body, where QUIT would become part of the mail.
    """

    def __init__(self, outcome: Outcome, detail: str, code: int = 0) -> None:
        super().__init__(detail)
        self.outcome = outcome
        self.detail = detail
        self.code = code


class _Attempt:
    def __init__(
        self,
        server: _Server,
        context: Callable[[], ssl.SSLContext],
        envelope: Envelope,
        deadline: Deadline,
        fault: FaultPoint,
    ) -> None:
        self._server = server
        self._context = context
        self._envelope = envelope
        self._deadline = deadline
        self._fault = fault
        self._phase = Phase.CONNECT
        self._extensions: dict[str, str] = {}

    def run(self) -> Delivery:
        try:
            reply = self._connect_and_hand_over()
        except _StoppedError as stop:
            return self._stopped(stop)
        except UnaskedError as error:
            return self._stopped(self._stop(error.reply))
        except ssl.SSLCertVerificationError as error:
            return self._delivery(Outcome.FAILED, 0, f"certificate refused: {error.verify_message}")
        except TimeoutError:
            waited = f"no answer within {self._server.deadline_seconds:g} s"
            return self._delivery(self._unanswered, 0, waited)
        except (OSError, GarbledError, UnicodeError) as error:
            return self._delivery(self._unanswered, 0, f"{type(error).__name__}: {error}")
        return self._delivery(Outcome.ACCEPTED, reply.code, f"{reply.code} {reply.text}")

    def _connect_and_hand_over(self) -> Reply:
        self._enter(Phase.CONNECT)
        server, deadline = self._server, self._deadline
        wire = Wire(open_socket(server.host, server.port, deadline), deadline)
        try:
            return self._hand_over(wire)
        except _StoppedError:
            wire.part(_QUIT_SECONDS)
            raise
        finally:
            wire.close()

    def _hand_over(self, wire: Wire) -> Reply:
        self._greet(wire)
        self._log_in(wire)
        self._address(wire)
        self._enter(Phase.DATA)
        self._expect(wire.ask(b"DATA"), 354)
        self._enter(Phase.BODY)
        wire.write(_stuffed(self._envelope.content))
        wire.quiet()
        self._enter(Phase.DOT)
        wire.write(b".\r\n")
        self._enter(Phase.REPLY)
        reply = wire.reply()
        self._expect(reply, 250)
        wire.part(_QUIT_SECONDS)
        return reply

    def _greet(self, wire: Wire) -> None:
        if self._server.security == Security.TLS:
            self._enter(Phase.TLS)
            wire.secure(self._context(), self._server.host)
        self._enter(Phase.EHLO)
        self._expect(wire.reply(), 220)
        self._introduce(wire)
        if self._server.security == Security.STARTTLS:
            self._upgrade(wire)

    def _introduce(self, wire: Wire) -> None:
        self._enter(Phase.EHLO)
        reply = wire.ask(b"EHLO " + wire.own_name.encode("ascii"))
        self._expect(reply, 250)
        offers = (line.partition(" ") for line in reply.lines[1:])
        self._extensions = {name.upper(): value.upper() for name, _, value in offers}

    def _upgrade(self, wire: Wire) -> None:
        self._enter(Phase.TLS)
        if "STARTTLS" not in self._extensions:
            reason = "the server does not offer STARTTLS; nothing is sent in the clear"
            raise _StoppedError(Outcome.FAILED, reason)
        self._expect(wire.ask(b"STARTTLS"), 220)
        wire.secure(self._context(), self._server.host)
        self._introduce(wire)  # what was offered in the clear counts for nothing

    def _log_in(self, wire: Wire) -> None:
        if not self._server.user:
            return
        self._enter(Phase.AUTH)
        if self._server.security == Security.PLAIN:
            reason = "a password is never sent without TLS; set the connection to starttls or tls"
            raise _StoppedError(Outcome.FAILED, reason)
        user, password = self._server.user.encode(), self._server.password.encode()
        ways = self._extensions.get("AUTH", "").split()
        if "PLAIN" in ways:
            reply = wire.ask(b"AUTH PLAIN " + b64encode(b"\0" + user + b"\0" + password))
        elif "LOGIN" in ways:
            self._expect(wire.ask(b"AUTH LOGIN"), 334)
            self._expect(wire.ask(b64encode(user)), 334)
            reply = wire.ask(b64encode(password))
        else:
            reason = "the server offers neither AUTH PLAIN nor AUTH LOGIN"
            raise _StoppedError(Outcome.FAILED, reason)
        self._expect(reply, 235)

    def _address(self, wire: Wire) -> None:
        self._enter(Phase.MAIL)
        size = f" SIZE={len(self._envelope.content)}" if "SIZE" in self._extensions else ""
        sender = f"MAIL FROM:<{self._envelope.sender}>{size}"
        self._expect(wire.ask(sender.encode("ascii")), 250)
        self._enter(Phase.RCPT)
        refusals = []
        for recipient in self._envelope.recipients:
            reply = wire.ask(f"RCPT TO:<{recipient}>".encode("ascii"))
            if reply.code not in {250, 251}:
                refusals.append(self._stop(reply))
        if refusals:
            raise self._some_refused(refusals)

    def _some_refused(self, refusals: list[_StoppedError]) -> _StoppedError:
        """All or none: an invoice that reached only some of its readers is nobody's good state."""
        worst = next((stop for stop in refusals if stop.outcome is Outcome.FAILED), refusals[0])
        count = f"{len(refusals)} of {len(self._envelope.recipients)} recipients refused"
        return _StoppedError(worst.outcome, f"{count}, sent to none: {worst.detail}", worst.code)

    def _expect(self, reply: Reply, code: int) -> None:
        if reply.code != code:
            raise self._stop(reply)

    def _stop(self, reply: Reply) -> _StoppedError:
        outcome = self._unanswered
        if reply.code >= 400:
            outcome = Outcome.FAILED if reply.code >= 500 else Outcome.RETRY
        return _StoppedError(outcome, f"{reply.code} {reply.text}", reply.code)

    @property
    def _unanswered(self) -> Outcome:
        """What no answer, or one that makes no sense, means in the present phase."""
        known = self._phase not in {Phase.DOT, Phase.REPLY}
        return Outcome.RETRY if known else Outcome.UNCERTAIN

    def _enter(self, phase: Phase) -> None:
        self._phase = phase
        self._fault(f"smtp.{phase}")

    def _stopped(self, stop: _StoppedError) -> Delivery:
        return self._delivery(stop.outcome, stop.code, stop.detail)

    def _delivery(self, outcome: Outcome, code: int, detail: str) -> Delivery:
        return Delivery(outcome, self._phase, code, _scrubbed(detail, self._envelope))


def _stuffed(content: bytes) -> bytes:
    """Double each dot that begins a line, so that no line of the mail can end it (RFC 5321)."""
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed


def _scrubbed(text: str, envelope: Envelope) -> str:
    """Take addresses out of what the server said: the detail is kept, shown and logged."""
    text = _ADDRESS_LIKE.sub("(address)", text)
    for address in (*envelope.recipients, envelope.sender):
        local = re.escape(address.partition("@")[0])
        text = re.sub(rf"(?<![A-Za-z0-9]){local}(?![A-Za-z0-9])", "(name)", text, flags=re.I)
    plain = "".join(char if " " <= char <= "~" else "?" for char in text)
    return plain[:_MOST_DETAIL]
