"""The one place that joins services, adapters, documents, ledger and config; knows no Airflow."""

import logging
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

from invoicing.adapters.anchor_log import AnchorLog
from invoicing.adapters.folders import Directory
from invoicing.adapters.imap import ImapMailbox
from invoicing.adapters.mail import SmtpMailer
from invoicing.adapters.pace import Pace
from invoicing.adapters.sources import Peer, RestSources
from invoicing.config.load import ConfigError, load_book, read_texts
from invoicing.config.phrases import read_phrases
from invoicing.config.problems import logo_problems
from invoicing.config.settings import Settings
from invoicing.documents.logos import broken_logos
from invoicing.documents.renderer import DocumentRenderer, template_folders
from invoicing.domain.book import Book
from invoicing.domain.dispatch import Delivery, Message, Outcome
from invoicing.ledger.clocks import DatabaseLeaseClock, LedgerClock
from invoicing.ledger.unit_of_work import SqlLedger
from invoicing.services.faults import fault_point
from invoicing.services.ports import (
    Clock,
    Folder,
    Ledger,
    Limits,
    Mailbox,
    Mailer,
    MailSession,
    Services,
)

log = logging.getLogger(__name__)


class NoMailer:
    """Stands in where no mail server is known: every message waits, and is shown in the end.

    It is no failure: Airflow calls a connection "not defined" also when it could not look it up.
    """

    connections = 1

    def session(self) -> AbstractContextManager[MailSession]:
        """Return itself: there is nothing to open."""
        return nullcontext(self)

    def wait(self) -> None:
        """Let every message come at once."""

    def send(self, message: Message) -> Delivery:
        """Put the message off before anything is sent."""
        text = "no mail server is known: add the connection invoicing_smtp"
        return Delivery(Outcome.RETRY, "connect", 0, text)


def open_services(settings: Settings) -> Services:
    """Put together everything the use cases need, as ``settings`` say."""
    log.info("ledger: %s", settings.ledger_place)
    ledger = SqlLedger(settings.ledger_url)
    clock = LedgerClock(ledger, movable=settings.sandbox)
    folders = template_folders(settings.home)
    book = replace(active_book(settings, ledger, clock), phrases=read_phrases(folders))
    return Services(
        ledger=ledger,
        book=book,
        clock=clock,
        lease_clock=DatabaseLeaseClock(ledger),
        sources=RestSources(_peers(settings)),
        mailer=_mailer(settings),
        renderer=DocumentRenderer(folders),
        sender=settings.smtp.sender if settings.smtp else "",
        limits=Limits(settings.lease_seconds, settings.send_seconds),
        fault=fault_point(settings.faults),
        second_place=AnchorLog(settings.state / "anchors.log"),
        mailbox=_mailbox(settings),
        pages=settings.pages,
        archive=_folder(settings, settings.archive),
        portal=_folder(settings, settings.portal),
    )


def active_book(settings: Settings, ledger: Ledger, clock: Clock) -> Book:
    """Return the book of config/; while its files are broken, the last good one stays active."""
    with ledger.read() as work:
        active = work.configs.active()
        unkept = work.parties.is_empty()  # until an installation from before it kept them
        told = any(entry.closed_at is None for entry in work.exceptions.of_subjects(["config"]))
    try:
        texts = read_texts(settings.home)
        book = load_book(texts)
        _refuse_broken_logos(book, settings.home)
    except ConfigError as error:
        cause = f"run `invoicing check`; mistakes at {error.places}"
        with ledger.write() as work:
            work.exceptions.open("config_broken", "config", cause, clock.now())
        if active is None:
            raise
        log.warning("config/ is broken; the last good configuration stays active")
        return load_book(active)
    news = active is None or dict(active) != texts
    if told or news or unkept:
        try:
            _activate(book, texts, settings.home, ledger, clock, news=news)
        except _EditedError:
            return active_book(settings, ledger, clock)
    return book


def _refuse_broken_logos(book: Book, home: Path) -> None:
    broken = broken_logos(book.entities.values(), template_folders(home))
    if broken:
        raise ConfigError(logo_problems(broken))


class _EditedError(Exception):
    """The files were edited after they were read."""


def _activate(
    book: Book, texts: Mapping[str, str], home: Path, ledger: Ledger, clock: Clock, *, news: bool
) -> None:
    """Make the files that were read the active configuration, unless they are outdated by now.

    Another process may have activated the edit meanwhile, and an older state must not win over it.
    """
    now = clock.now()
    with ledger.write() as work:
        work.exceptions.close("config_broken", "config", "system", "the files are good again", now)
        activation = work.configs.activate(book.config_hash, texts, now)
        work.parties.keep(book.clients.values(), book.agreements.values(), activation)
        if news:
            work.trail.add("config", "activated", now, {"config_hash": book.config_hash})
        if not _are_still(texts, home):  # looked at under the lock that `activate` takes
            raise _EditedError


def _are_still(texts: Mapping[str, str], home: Path) -> bool:
    try:
        return read_texts(home) == texts
    except ConfigError:
        return False


def _peers(settings: Settings) -> dict[str, Peer]:
    return {
        name: Peer(source.name, source.base_url, source.token, source.updates)
        for name, source in settings.sources.items()
    }


def _folder(settings: Settings, root: Path | None) -> Folder | None:
    return Directory(root, fault_point(settings.faults)) if root else None


def _mailbox(settings: Settings) -> Mailbox | None:
    imap = settings.imap
    if imap is None:
        return None
    return ImapMailbox(
        host=imap.host,
        port=imap.port,
        user=imap.user,
        password=imap.password,
        security=imap.security,
        folder=imap.folder,
        sent_folder=imap.sent_folder,
        trusted=imap.trusted,
    )


def _mailer(settings: Settings) -> Mailer:
    smtp = settings.smtp
    if smtp is None:
        return NoMailer()
    return SmtpMailer(
        host=smtp.host,
        port=smtp.port,
        user=smtp.user,
        password=smtp.password,
        security=smtp.security,
        deadline_seconds=settings.send_seconds,
        connections=smtp.connections,
        pace=Pace(settings.state / "mail-pace", smtp.mails_per_minute),
        fault=fault_point(settings.faults),
    )
