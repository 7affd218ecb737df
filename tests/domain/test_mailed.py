"""What a mail says is read strictly: an answer that is not beyond doubt is none."""

from dataclasses import replace

import pytest

from invoicing.domain.mailed import (
    MARK,
    Command,
    Mail,
    command,
    line_named,
    numbers_in,
    own_words,
    rows_named,
    tokens,
)
from invoicing.domain.parties import Series
from invoicing.domain.review import Answer

TOKEN = "Zk3_-" + "a" * 38
QUOTED = f"""\
On Mon, 2 Nov 2026 at 10:00, Billing <billing@brightwater.example> wrote:
> Please answer with approve, reject or send back.
> {MARK}{TOKEN}
"""


@pytest.mark.parametrize(
    ("text", "answer", "comment"),
    [
        ("approve", Answer.APPROVE, ""),
        ("Approve.", Answer.APPROVE, ""),
        ("\ufeffapprove\u200b", Answer.APPROVE, ""),
        ("\n\n  APPROVE!  \n", Answer.APPROVE, ""),
        (f"approve\n\n{QUOTED}", Answer.APPROVE, ""),
        (f"approve\r\n\r\nThanks\r\n{QUOTED}", Answer.APPROVE, "Thanks"),
        ("approve\n-- \nLea Lead\nYou may reject this advertisement", Answer.APPROVE, ""),
        (f"reject\nwrong client\n\n{QUOTED}", Answer.REJECT, "wrong client"),
        ("Send  back\nplease add the\nhotel", Answer.SEND_BACK, "please add the hotel"),
        ("> quoted above\napprove", Answer.APPROVE, ""),
        ("reject\nbell\x07 and\x00 more", Answer.REJECT, "bell  and  more"),
    ],
)
def test_a_command_stands_alone_in_the_first_line_of_ones_own(
    text: str, answer: Answer, comment: str
) -> None:
    assert command(text) == Command(answer, comment)


@pytest.mark.parametrize(
    "text",
    [
        "",
        QUOTED,
        "> approve",
        "Yes, approve",
        "approve if the hotel is in it",
        "approve?",
        "do not approve",
        "approve\nreject",
        "approve\nI would rather send   back this one",
        "reject\nI approve of nothing here",
        "Hello,\napprove",
        "approved",
        "aprove",
        "-- \napprove",
        "-----Original Message-----\napprove",
        "________________________________\napprove",
        "Von: Billing <billing@brightwater.example>\napprove",
        "Am 2. November 2026 um 10:00 Uhr schrieb Billing\n<billing@brightwater.example>:\napprove",
        "Le lun. 2 nov. 2026 à 10:00, Billing a écrit :\napprove",
        "El lun, 2 nov 2026, Billing escribió:\napprove",
    ],
)
def test_whatever_is_not_beyond_doubt_is_no_answer(text: str) -> None:
    assert command(text) is None


def test_a_long_comment_is_cut_and_a_long_line_too() -> None:
    said = command("reject\n" + "x" * 10_000)

    assert said is not None
    assert said.comment == "x" * 500


def test_what_is_quoted_and_what_is_signed_is_not_ones_own() -> None:
    text = f"First\n\n> old\n  > older\nSecond\n{QUOTED}\nThird"

    assert own_words(text) == ("First", "Second")
    assert own_words("One\nOn Monday, Anna\nwrote: nothing much\nTwo") == (
        "One", "On Monday, Anna", "wrote: nothing much", "Two",
    )  # fmt: skip


def test_tokens_are_found_in_the_quoted_part_and_in_the_subject() -> None:
    mail = Mail("d", subject=f"Re: approval [{MARK}{TOKEN}]", text=QUOTED)

    assert tokens(mail) == {TOKEN}
    assert tokens(Mail("d", text=f"{MARK}short and map-{'a' * 40} {MARK}{'a' * 80}")) == set()
    assert tokens(replace(mail, text=f"{MARK}{'b' * 43}")) == {TOKEN, "b" * 43}


def test_our_own_message_ids_name_rows() -> None:
    ours, other = f"<{'0a' * 16}@brightwater.example>", "<CA+x@mail.example>"

    assert rows_named([other, ours, ours, f"<{'0A' * 16}@x.example>"]) == ("0a" * 16,)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("Line 3 is wrong", 3),
        ("We never ordered item no. 2", 2),
        ("Position 1 stimmt nicht", 1),
        ("Pos. 3 bitte prüfen", 3),
        ("Zeile Nr. 2 ist falsch", 2),
        ("la ligne n° 1", 1),
        ("la línea 2, por favor", 2),
        ("line 3 and line 3 again", 3),
        ("lines up", 0),
        ("line 2 and line 3", 0),
        ("line 9", 0),
        ("deadline 3", 0),
        ("all of it is wrong", 0),
        ("> line 3", 0),
    ],
)
def test_a_line_is_named_when_it_is_the_only_one(text: str, position: int) -> None:
    assert line_named(text, (1, 2, 3)) == position


def test_numbers_are_found_by_the_patterns_of_our_series() -> None:
    yearly = Series("INV", "INV-{year}-{number:05d}")
    monthly = Series("BW", "{series}{year}/{month:02d}.{number}/A")
    mail = Mail(
        "d", subject="INV-2026-00007", text="and BW2026/11.3/A, INV-2026-123456; XINV-2026-00009"
    )

    assert numbers_in(mail, [yearly, monthly]) == (
        "INV-2026-00007",
        "BW2026/11.3/A",
        "INV-2026-123456",
    )
    assert numbers_in(mail, []) == ()


def test_a_mail_that_names_hundreds_of_numbers_is_not_looked_up_for_ever() -> None:
    text = " ".join(f"INV-2026-{one:05d}" for one in range(500))

    assert len(numbers_in(Mail("d", text=text), [Series("INV", "INV-{year}-{number:05d}")])) == 20
