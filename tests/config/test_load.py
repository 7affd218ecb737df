"""From files to the book: the example company, all mistakes at once, and texts kept elsewhere."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invoicing.config.load import FILES, ConfigError, load_book, read_texts
from invoicing.domain.agreements import Agreement, FeeStep, Retainer
from invoicing.domain.errors import SettingsError
from invoicing.domain.events import EventKind
from invoicing.domain.money import Money
from invoicing.domain.parties import Address, Client, Mode
from invoicing.domain.rules import BillingRule, Model
from invoicing.domain.tax import TaxRate
from invoicing.domain.terms import Terms
from tests.config.small_company import TEXTS, spoiled

ROOT = Path(__file__).parents[2]


def refused(texts: dict[str, str]) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load_book(texts)
    return caught.value


def test_what_is_written_arrives_in_the_domain() -> None:
    book = load_book(TEXTS)

    assert book.clients["globex"] == Client(
        key="globex",
        name="Globex AS",
        address=Address("Storgata 1", "0155", "Oslo", "NO"),
        currency="NOK",
        zone="Europe/Oslo",
        language="en",
        terms=Terms(30),
        billing_to=("faktura@globex.test",),
        mode=Mode.OFF,
    )
    assert book.clients["acme"].mode is Mode.LIVE
    care = Agreement(
        key="acme-care",
        client="acme",
        entity="ours",
        description="Care",
        starts_on=date(2026, 1, 31),
        bill_from=date(2026, 1, 31),
        pricing=Retainer((FeeStep(date(2026, 1, 31), Money.parse("1800.00 EUR")),)),
    )
    assert book.agreements["acme-care"] == care
    events = frozenset({EventKind.DEAL_WON, EventKind.DOCUMENT_SIGNED})
    assert book.rules[1] == BillingRule(
        "deals", Model.DEAL, events, frozenset({"globex"}), part="onboarding"
    )
    rate = TaxRate("standard", "S", Decimal("12.5"), "VAT 12.5 %")
    ours, globex = book.entities["ours"], book.clients["globex"]
    assert book.taxes.rate_for(ours, globex, "standard", date(2025, 12, 31)) == rate
    assert book.taxes.rate_for(ours, globex, "standard", date(2026, 1, 1)) is None
    fuller = "starts_on: 2026-01-31\n    bill_from: 2026-11-30\n    terms: 0 days\n"
    fuller += "    ends_on: 2027-01-30\n    tax_category: reduced"
    texts = spoiled("agreements.yaml", "starts_on: 2026-01-31", fuller)
    reduced = TEXTS["taxes.yaml"].replace("category: standard", "category: reduced", 1)
    texts["taxes.yaml"] += reduced.removeprefix("taxes:\n").partition("  - country: NO")[0]
    again = load_book(texts)
    assert again.agreements["acme-care"] == replace(
        care,
        bill_from=date(2026, 11, 30),
        ends_on=date(2027, 1, 30),
        terms=Terms(0),
        tax_category="reduced",
    )


def test_all_mistakes_of_all_files_come_at_once() -> None:
    texts = spoiled("clients.yaml", "currency: EUR", "curency: EUR")
    texts["agreements.yaml"] = texts["agreements.yaml"].replace("client: acme", "client: acne", 1)
    texts["agreements.yaml"] = texts["agreements.yaml"].replace("1800.00 EUR", "1800")
    texts["review.yaml"] = "thresholds: [\n"
    texts["taxes.yaml"] = texts["taxes.yaml"].replace("percent: 0", "percent: 5")
    del texts["rules.yaml"]

    error = refused(texts)

    assert [problem.place for problem in error.problems] == [
        "config/agreements.yaml:4:13",
        "config/agreements.yaml:7:10",
        "config/clients.yaml:9:5",
        "config/review.yaml:2:1",
        "config/rules.yaml",
        "config/taxes.yaml:5:14",
    ]
    assert str(error).endswith("6 mistakes in config/")


def test_all_keys_an_entry_lacks_are_named_together() -> None:
    error = refused(
        spoiled("clients.yaml", "    name: Globex AS\n", "")
        | {
            "taxes.yaml": "taxes:\n  - country: NO\n",
            "rules.yaml": "rules:\n  - name: x\n",
        }
    )

    assert [problem.text for problem in error.problems] == [
        "client 'globex' lacks the key 'name'",
        "this rule lacks the key 'model'",
        "this tax rule lacks the keys 'category', 'code', 'percent', 'label', 'valid_from'",
    ]
    assert "percent: Rate in percent" in str(error)


def test_reverse_charge_needs_the_tax_id_of_the_client() -> None:
    texts = spoiled("taxes.yaml", "code: O", "code: AE")

    (problem,) = refused(texts).problems

    assert problem.place == "config/clients.yaml:2:3"
    assert "client 'acme' has no tax_id, but is billed under reverse charge" in problem.text
    with_id = TEXTS["clients.yaml"].replace("established: true", "tax_id: GB1")
    assert load_book(texts | {"clients.yaml": with_id}).clients["acme"].tax_id == "GB1"


def test_message_reads_like_a_compiler() -> None:
    error = refused(spoiled("review.yaml", "people:", "peple:"))

    assert str(error).split("\n\n")[1] == (
        "config/review.yaml:3:1: unknown key 'peple'; did you mean 'people'?\n"
        "     3 | peple:\n"
        "       | ^^^^^\n"
        "  The keys of review.yaml: thresholds, people, chain, discount_limit_percent,"
        " client_types, categories, unusual, bounds."
    )


def test_error_is_terminal_and_its_places_tell_nothing_about_clients() -> None:
    error = refused(spoiled("clients.yaml", "pay@acme.example.com", "pay@@acme.example.com"))

    assert isinstance(error, SettingsError)
    assert error.places == "config/clients.yaml:13:9"


def test_a_broken_file_does_not_make_others_look_wrong() -> None:
    error = refused(TEXTS | {"clients.yaml": "clients: [\n"})

    assert {problem.file for problem in error.problems} == {"clients.yaml"}


def test_a_broken_client_is_still_known_to_its_agreement() -> None:
    error = refused(spoiled("clients.yaml", "currency: NOK", "currency: XXX"))

    assert [problem.place for problem in error.problems] == ["config/clients.yaml:18:15"]


def test_secret_in_a_file_that_is_no_yaml_is_not_shown() -> None:
    error = refused(TEXTS | {"review.yaml": 'approvers: [a]\npassword: "hunter2\n'})

    assert "hunter2" not in str(error)


def test_hundreds_of_mistakes_are_counted_and_not_all_printed() -> None:
    lines = "".join(f"  - {n}\n" for n in range(300))
    error = refused(TEXTS | {"taxes.yaml": f"taxes:\n{lines}"})

    assert len(error.problems) == 300
    assert len(str(error)) < 30_000


def test_hash_names_the_words_and_not_their_order() -> None:
    book = load_book(TEXTS)

    backwards = dict(reversed(TEXTS.items()))
    assert load_book(backwards).config_hash == book.config_hash
    changed = spoiled("clients.yaml", "name: Acme Ltd", "name: Acme Limited")
    assert load_book(changed).config_hash != book.config_hash


def test_texts_kept_in_the_book_give_the_same_book_again() -> None:
    book = load_book(read_texts(ROOT))

    again = load_book(book.texts)

    assert again == book
    assert again.texts == book.texts


@pytest.mark.parametrize(
    ("name", "hint"), [("client.yaml", "clients.yaml"), ("clients.yml", "clients.yaml")]
)
def test_file_under_a_wrong_name_is_noticed(name: str, hint: str) -> None:
    texts = {**TEXTS, name: TEXTS["clients.yaml"]}
    del texts["clients.yaml"]

    said = str(refused(texts))

    assert f"config/{name}: unknown file; did you mean '{hint}'?" in said
    assert "config/clients.yaml: the file is missing" in said


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_needed(name: str) -> None:
    (problem,) = refused({key: text for key, text in TEXTS.items() if key != name}).problems

    assert (problem.place, problem.text) == (f"config/{name}", "the file is missing")


@pytest.mark.parametrize("name", FILES)
def test_empty_file_says_what_belongs_there(name: str) -> None:
    (problem,) = refused(TEXTS | {name: "# nothing yet\n"}).problems

    assert "the file is empty; it should hold:" in problem.text


def test_names_of_every_script_are_welcome() -> None:
    names = "Ōsaka 株式会社 - «Живот» d'Été 🚀"
    book = load_book(spoiled("clients.yaml", "name: Acme Ltd", f'name: "{names}"'))

    assert book.clients["acme"].name == names


def a_home(folder: Path) -> Path:
    (folder / "config").mkdir()
    for name, text in TEXTS.items():
        (folder / "config" / name).write_text(text, "utf-8")
    return folder


def test_files_are_read_as_they_are(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    (home / "config" / ".#clients.yaml").write_text("an editor's lock", "utf-8")
    (home / "config" / "notes.txt").write_text("not ours", "utf-8")
    (home / "config" / "schema").mkdir()

    assert read_texts(home) == TEXTS


def test_line_ends_of_windows_are_read(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    for path in (home / "config").iterdir():
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))

    assert load_book(read_texts(home)).clients == load_book(TEXTS).clients


def test_file_that_is_not_utf8_is_named_with_the_place(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    raw = TEXTS["clients.yaml"].replace("High Street", "Höhe").encode("latin-1")
    (home / "config" / "clients.yaml").write_bytes(raw)

    with pytest.raises(ConfigError, match=r"config/clients\.yaml:5:18: the byte 0xf6 is not UTF-8"):
        read_texts(home)


def test_missing_folder_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="INVOICING_HOME"):
        read_texts(tmp_path)


names = st.sampled_from(sorted(FILES))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(names, st.integers(0, 900), st.integers(0, 12), st.text(max_size=12))
def test_no_edit_makes_loading_fail_otherwise(name: str, at: int, cut: int, put: str) -> None:
    text = TEXTS[name]

    try:
        book = load_book(TEXTS | {name: text[:at] + put + text[at + cut :]})
    except ConfigError:
        return
    assert book.config_hash
