"""Dispatch, one attempt: from the connection to the reply, phase by phase, and the truth about it.

Until the terminating dot is written nothing can have been accepted, so every trouble may be
repeated or is a plain failure. From the dot until a valid reply nobody knows: that is UNCERTAIN,
and only a person may decide to send again.
"""

import re
import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from invoicing.adapters.mime import Envelope
from invoicing.adapters.smtp import Deadline, GarbledError, Reply, UnaskedError, Wire, open_socket
from invoicing.domain.dispatch import Delivery, Outcome
from invoicing.domain.errors import SettingsError
from invoicing.services.ports import FaultPoint

QUIT_SECONDS = 2.0

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.:_-]{0,251}[A-Za-z0-9])?|::1")
_ADDRESS_LIKE = re.compile(r"\S*(?:@|%40|=40)\S*")
_MOST_DETAIL = 300


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
class Server:
    """Where the mail server is, who we are there, and how long one mail may take."""

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


class _StoppedError(Exception):
    """The attempt is over, with this outcome, and the server waits for the next command.

    Never raised inside the body, where QUIT would become part of the mail.
    """

    def __init__(self, outcome: Outcome, detail: str, code: int = 0) -> None:
        super().__init__(detail)
        self.outcome = outcome
        self.detail = detail
        self.code = code


class Attempt:
    """Hands one mail over: on ``wire`` if that still serves, else on a connection of its own.

    After `run` the attribute ``wire`` is the connection that the next mail may use, if any.
    """

    def __init__(
        self,
        server: Server,
        context: Callable[[], ssl.SSLContext],
        envelope: Envelope,
        deadline: Deadline,
        fault: FaultPoint,
        wire: Wire | None = None,
    ) -> None:
        self.wire = wire
        self._server = server
        self._context = context
        self._envelope = envelope
        self._deadline = deadline
        self._fault = fault
        self._phase = Phase.CONNECT

    def run(self) -> Delivery:
        """Try once; a connection on which anything but an acceptance happened is not kept."""
        accepted = False
        try:
            delivery = self._try()
            accepted = delivery.outcome is Outcome.ACCEPTED
            return delivery
        finally:
            if not accepted:
                self._hang_up()

    def _try(self) -> Delivery:
        try:
            reply = self._hand_over()
        except _StoppedError as stop:
            if self.wire:
                self.wire.part(QUIT_SECONDS)
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

    def _hand_over(self) -> Reply:
        replies = self._addressed_again() or self._address(self._connect())
        wire = self._connected
        self._enter(Phase.DATA)
        self._expect(next(replies), 354)
        self._enter(Phase.BODY)
        wire.write(_stuffed(self._envelope.content))
        wire.quiet()
        self._enter(Phase.DOT)
        wire.write(b".\r\n")
        self._enter(Phase.REPLY)
        reply = wire.reply()
        self._expect(reply, 250)
        return reply

    @property
    def _connected(self) -> Wire:
        assert self.wire is not None  # noqa: S101 # whoever comes here has addressed a mail
        return self.wire

    def _addressed_again(self) -> Iterator[Reply] | None:
        """Address the mail on the connection that served before; nothing when it serves no more.

        Servers hang up on who is silent for long or sent much. At MAIL nothing can have been
        accepted, so whatever the old connection says then, a fresh one is asked.
        """
        if self.wire is None:
            return None
        self.wire.last_until(self._deadline)
        try:
            return self._address(self.wire)
        except (_StoppedError, UnaskedError, GarbledError, OSError):
            if self._phase is not Phase.MAIL:
                raise
            self._hang_up()
            return None

    def _connect(self) -> Wire:
        self._enter(Phase.CONNECT)
        server, deadline = self._server, self._deadline
        self.wire = wire = Wire(open_socket(server.host, server.port, deadline), deadline)
        self._greet(wire)
        self._log_in(wire)
        return wire

    def _hang_up(self) -> None:
        if self.wire:
            self.wire.close()
        self.wire = None

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
        wire.offers = {name.upper(): value.upper() for name, _, value in offers}

    def _upgrade(self, wire: Wire) -> None:
        self._enter(Phase.TLS)
        if "STARTTLS" not in wire.offers:
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
        ways = wire.offers.get("AUTH", "").split()
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

    def _address(self, wire: Wire) -> Iterator[Reply]:
        """Say from whom and to whom the mail is; what is left to read is the reply to DATA.

        DATA may be on its way by then. Should a recipient be refused, no body follows and no dot,
        so nothing is accepted.
        """
        size = f" SIZE={len(self._envelope.content)}" if "SIZE" in wire.offers else ""
        readers = [f"RCPT TO:<{recipient}>" for recipient in self._envelope.recipients]
        commands = [f"MAIL FROM:<{self._envelope.sender}>{size}", *readers, "DATA"]
        replies = wire.ask_all([command.encode("ascii") for command in commands])
        self._enter(Phase.MAIL)
        self._expect(next(replies), 250)
        self._enter(Phase.RCPT)
        answers = [next(replies) for _ in readers]
        refusals = [self._stop(reply) for reply in answers if reply.code not in {250, 251}]
        if refusals:
            raise self._some_refused(refusals)
        return replies

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
