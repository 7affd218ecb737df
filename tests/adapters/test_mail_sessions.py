"""Several mails over one connection: quicker, and for each of them the same truth."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from invoicing.adapters import mail as mail_module
from invoicing.adapters.mail import SmtpMailer
from invoicing.adapters.pace import Pace
from invoicing.domain.dispatch import Message, Outcome
from invoicing.domain.errors import SettingsError
from tests.adapters.behaviours import BEHAVIOURS, CASES, Behaviour, is_true
from tests.adapters.certificates import Authority
from tests.adapters.misbehaving_smtp import DROP, GARBAGE, HANG, TWICE, MisbehavingServer
from tests.adapters.test_mail import ANSWERS, a_message, names, plain_mailer

ON_THE_WAY = [case for case in ANSWERS if case[0] and not {"greeting", "ehlo"} & set(case[0])]


def numbered(place: int) -> Message:
    return replace(a_message(), message_id=f"<{place:032x}@brightwater.example>")


def test_every_behaviour_is_classified_as_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    right = sum(_is_right(behaviour, size) for behaviour, size in CASES)

    with capsys.disabled():
        sys.stdout.write(
            f"\n{right}/{len(CASES)} outcomes of mail servers classified as what they are\n"
        )
    assert len(BEHAVIOURS) == 21
    assert right == len(CASES) == 42


def _is_right(behaviour: Behaviour, size: int) -> bool:
    for seconds in (1, 4, 16) if behaviour.silent else (60,):  # a busy machine needs more time
        with MisbehavingServer(behaviour.faults) as server:
            delivery = plain_mailer(server.port, seconds).send(a_message(size // 2))
            server.leave.set()
            if is_true(delivery, server) and delivery.outcome is behaviour.outcome:
                return True
    return False


@pytest.mark.parametrize("offers", [(), ("PIPELINING",)], ids=["each", "together"])
def test_a_session_keeps_its_connection(offers: tuple[str, ...]) -> None:
    with MisbehavingServer(offers=offers) as server, plain_mailer(server.port).session() as session:
        outcomes = [session.send(numbered(place)).outcome for place in range(20)]
    assert outcomes == [Outcome.ACCEPTED] * 20
    assert server.sessions == 1
    assert server.commands.count("EHLO") == 1
    assert server.commands[-1] == "QUIT"
    assert len(set(server.stored)) == 20


def test_a_session_without_a_mail_never_connects() -> None:
    with MisbehavingServer() as server, plain_mailer(server.port).session():
        pass
    assert server.sessions == 0


@pytest.mark.parametrize("offers", [(), ("PIPELINING",)], ids=["each", "together"])
@pytest.mark.parametrize("case", ON_THE_WAY, ids=names)
def test_a_kept_connection_tells_the_same_truth(
    case: tuple[dict[str, str], Outcome, str, int], offers: tuple[str, ...]
) -> None:
    faults, outcome, phase, code = case
    with MisbehavingServer(faults, offers=offers, good=1) as server:
        with plain_mailer(server.port).session() as session:
            assert session.send(numbered(1)).outcome is Outcome.ACCEPTED
            delivery = session.send(a_message())
        server.wait_for_sessions()
    assert delivery.outcome is outcome
    if not (offers and TWICE in faults.values()):  # seen one reply later when nobody looks before
        assert (delivery.phase, delivery.code) == (phase, code)
    kept = len(server.stored) - 1
    assert kept == 1 if outcome is Outcome.ACCEPTED else kept <= (outcome is Outcome.UNCERTAIN)


class Fickle(MisbehavingServer):
    """Takes one mail per connection: the next one hears ``fault``, on this connection alone."""

    def __init__(self, fault: str, offers: tuple[str, ...]) -> None:
        super().__init__(offers=offers)
        self.faults = _OncePerSession(self, {"mail": fault})


class _OncePerSession(dict[str, str]):
    def __init__(self, server: MisbehavingServer, faults: dict[str, str]) -> None:
        super().__init__(faults)
        self._server = server

    def get(self, place: str, default: object = None) -> object:  # type: ignore[override]
        """Strike when this session took a mail before."""
        used = len(self._server.stored) >= self._server.sessions
        return super().get(place, default) if used else default


@pytest.mark.parametrize(
    "fault", [DROP, GARBAGE, "421 4.3.2 enough", "451 4.7.0 enough", "554 5.5.0 enough"]
)
@pytest.mark.parametrize("offers", [(), ("PIPELINING",)], ids=["each", "together"])
def test_a_connection_that_is_used_up_is_replaced(fault: str, offers: tuple[str, ...]) -> None:
    with Fickle(fault, offers) as server, plain_mailer(server.port).session() as session:
        outcomes = [session.send(numbered(place)).outcome for place in range(4)]
    assert outcomes == [Outcome.ACCEPTED] * 4
    assert len(set(server.stored)) == len(server.stored) == 4


def test_a_server_that_hangs_up_between_two_mails_costs_nothing() -> None:
    with MisbehavingServer() as server, plain_mailer(server.port).session() as session:
        assert session.send(numbered(1)).outcome is Outcome.ACCEPTED
        server.reset_connections()
        assert session.send(numbered(2)).outcome is Outcome.ACCEPTED
    assert server.sessions == 2


@pytest.mark.parametrize("place", ["rcpt1", "data", "dot"])
def test_a_connection_with_trouble_is_not_used_again(place: str) -> None:
    with MisbehavingServer({place: "451 4.3.0 not now"}, good=1) as server:
        with plain_mailer(server.port).session() as session:
            session.send(numbered(1))
            assert session.send(numbered(2)).outcome is Outcome.RETRY
            server.faults = {}
            assert session.send(numbered(3)).outcome is Outcome.ACCEPTED
        server.wait_for_sessions()
    assert server.sessions == 2
    assert len(server.stored) == 2


def test_a_connection_that_was_silent_for_long_is_not_trusted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mail_module, "_LONGEST_SILENCE", -1.0)
    with MisbehavingServer() as server, plain_mailer(server.port).session() as session:
        assert session.send(numbered(1)).outcome is Outcome.ACCEPTED
        assert session.send(numbered(2)).outcome is Outcome.ACCEPTED
    assert server.sessions == 2
    assert server.commands.count("QUIT") == 2


def test_each_mail_has_a_deadline_of_its_own() -> None:
    with MisbehavingServer({"stored": HANG}, good=2) as server:
        with plain_mailer(server.port, 3).session() as session:
            outcomes = [session.send(numbered(place)).outcome for place in range(3)]
        server.leave.set()
    assert outcomes == [Outcome.ACCEPTED, Outcome.ACCEPTED, Outcome.UNCERTAIN]


def test_a_fault_in_the_middle_leaves_no_half_mail_behind() -> None:
    def strike(point: str) -> None:
        if point == "smtp.dot" and len(server.stored) == 1:
            raise RuntimeError("struck")

    with MisbehavingServer() as server:
        with plain_mailer(server.port, fault=strike).session() as session:
            session.send(numbered(1))
            with pytest.raises(RuntimeError, match="struck"):
                session.send(numbered(2))
        server.wait_for_sessions()
    assert len(server.stored) == 1


def test_a_refused_message_does_not_cost_the_connection() -> None:
    with MisbehavingServer() as server, plain_mailer(server.port).session() as session:
        session.send(numbered(1))
        assert session.send(a_message(to=("nobody",))).phase == "compose"
        assert session.send(numbered(2)).outcome is Outcome.ACCEPTED
    assert server.sessions == 1


def test_sessions_send_side_by_side() -> None:
    meet = threading.Barrier(4, timeout=30)

    def some(first: int) -> list[Outcome]:
        with mailer.session() as session:
            outcomes = [session.send(numbered(first)).outcome]
            meet.wait()  # nobody comes here unless four connections are open at once
            return outcomes + [session.send(numbered(first + place)).outcome for place in (1, 2)]

    with MisbehavingServer() as server:
        mailer = plain_mailer(server.port)
        with ThreadPoolExecutor(4) as threads:
            outcomes = [one for part in threads.map(some, range(0, 40, 10)) for one in part]
        server.wait_for_sessions()
    assert outcomes == [Outcome.ACCEPTED] * 12
    assert server.sessions == 4
    assert len(set(server.stored)) == 12


def test_a_kept_connection_stays_encrypted(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with (
        MisbehavingServer(context=authority.server_context(), offers=("AUTH PLAIN",)) as server,
        SmtpMailer(
            host="localhost",
            port=server.port,
            user="us",
            password="made-up",
            ssl_context=authority.client_context(),
        ).session() as session,
    ):
        assert session.send(numbered(1)).outcome is Outcome.ACCEPTED
        assert session.send(numbered(2)).outcome is Outcome.ACCEPTED
    assert [text.split()[0] for text in server.in_clear] == ["EHLO", "STARTTLS"]
    assert server.commands.count("AUTH") == 1


def test_waiting_keeps_the_pace_and_sending_does_not_wait(tmp_path: Path) -> None:
    slept: list[float] = []
    pace = Pace(tmp_path / "pace", 60, clock=lambda: 1000.0, sleep=slept.append)
    with MisbehavingServer() as server:
        mailer = SmtpMailer(host="127.0.0.1", port=server.port, security="plain", pace=pace)
        with mailer.session() as session:
            for place in range(3):
                session.wait()
                session.send(numbered(place))
    assert slept == [1.0, 2.0]


def test_no_connection_at_all_is_no_setting() -> None:
    with pytest.raises(SettingsError, match="without a connection"):
        SmtpMailer(host="mail.test", connections=0)
