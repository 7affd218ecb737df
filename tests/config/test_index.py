"""Rules are found by whom they name: few are compared, and none that could meet is left out."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from invoicing.config.checks.index import RuleIndex, agreements_for
from invoicing.domain.agreements import Agreement, Frame
from invoicing.domain.rules import EVENTS_OF_MODEL, BillingRule, Model

DAY = date(2026, 1, 1)
OWNERS = {"a1": "a", "a2": "a", "b1": "b", "c1": "c"}
AGREEMENTS = {
    key: Agreement(key, client, "ours", "Work", DAY, DAY, Frame()) for key, client in OWNERS.items()
}
client_sets = st.frozensets(st.sampled_from("abc"), max_size=2)
agreement_sets = st.frozensets(st.sampled_from(sorted(OWNERS)), max_size=2)


def rule(clients: frozenset[str], agreements: frozenset[str] = frozenset()) -> BillingRule:
    events = frozenset(EVENTS_OF_MODEL[Model.RETAINER])
    return BillingRule("r", Model.RETAINER, events, clients, agreements)


def about(one: BillingRule) -> set[str]:
    """Name the agreements that a rule is about, by asking all of them."""
    return {
        key
        for key, client in OWNERS.items()
        if (not one.clients or client in one.clients)
        and (not one.agreements or key in one.agreements)
    }


@given(st.lists(st.builds(rule, client_sets, agreement_sets), max_size=6))
def test_rules_that_meet_are_found(rules: list[BillingRule]) -> None:
    index = RuleIndex(OWNERS, rules)

    for one in rules:
        met = {n for n, other in enumerate(rules) if about(one) & about(other)}
        assert met <= set(index.meeting(one))
    for agreement in AGREEMENTS.values():
        met = {n for n, other in enumerate(rules) if agreement.key in about(other)}
        assert met <= set(index.about(agreement))


@given(st.builds(rule, client_sets, agreement_sets))
def test_agreements_of_a_rule_are_found(one: BillingRule) -> None:
    found = {agreement.key for _, _, agreement in agreements_for([((), one)], AGREEMENTS)}

    assert about(one) <= found


def test_a_rule_meets_few_of_thousands() -> None:
    rules = [rule(frozenset({f"c{number}"})) for number in range(3000)]
    index = RuleIndex({}, [*rules, rule(frozenset())])

    assert list(index.meeting(rules[7])) == [7, 3000]
