"""What somebody could do to the money, the trail and the queue of a ledger, and how it is found."""

from tests.services.broken_rows import (
    COMPARED,
    HASH,
    I1,
    I5,
    I7,
    I9,
    I10,
    I12,
    I13,
    I14,
    I15,
    I16,
    LAST,
    LATER,
    MAIL,
    PAID,
    PART,
    VOID,
    Broken,
)

AFTERWARDS: dict[str, Broken] = {
    "balance_below_zero": (
        I9, "{credited}: the balance is -1428.00 EUR, and no credit is recorded",
        ("DELETE FROM exceptions WHERE code = 'credit_left'",),
    ),
    "credited_too_much": (
        {I9, I14}, "{void}: 1428.01 EUR are credited of 1428.00 EUR",
        (f"UPDATE credit_notes SET due_minor = due_minor + 1 WHERE invoice_id = {VOID}",),
    ),
    "another_currency": (
        I9, "{part} is in EUR; payment accounting:P-2 has",
        ("UPDATE allocations SET currency = 'USD' WHERE external_id = 'P-2'",),
    ),
    "nothing_placed": (
        I9, "{part} is in EUR; payment accounting:P-2 has 0.00 EUR",
        ("UPDATE allocations SET amount = '0.00', amount_minor = 0 WHERE external_id = 'P-2'",),
    ),
    "minor_units_differ": (
        I9, "28.00 EUR of 28.00 EUR are placed, in minor units 2700",
        ("UPDATE allocations SET amount_minor = 2700 WHERE external_id = 'P-2'",),
    ),
    "payment_gone": (
        I9, "event evt-P-2 of accounting is applied, but there is no payment accounting:P-2",
        ("DELETE FROM allocations WHERE external_id = 'P-2'",
         "DELETE FROM payments WHERE external_id = 'P-2'"),
    ),
    "payment_twice": (
        I9, "payment accounting:P-2 is in the ledger 2 times",
        ("twice payments WHERE external_id = 'P-2'",),
    ),
    "placed_too_much": (
        I9, "payment accounting:P-2: 2800.00 EUR are placed of 28.00 EUR",
        (("UPDATE allocations SET amount = '2800.00', amount_minor = 280000"
         " WHERE external_id = 'P-2'"),),
    ),
    "money_out_of_sight": (
        I9, "payment accounting:P-3: 100.00 EUR of 100.00 EUR are placed nowhere",
        ("DELETE FROM exceptions WHERE code = 'payment_unmatched'",),
    ),
    "write_off_below_zero": (
        I9, "{part}: more is taken back than was written off, by 1.00 EUR",
        (("INSERT INTO write_offs (invoice_id, position, amount, amount_minor, currency, reason,"
         " asked_by, approved_by, written_off_at) SELECT id, 1, '-1.00', -100, 'EUR', 'x', 'lead',"
         f" 'finance', {LATER} FROM invoices WHERE number = {PART}"),),
    ),
    "issued_without_invoice": (
        I10, "is issued, but has no invoice",
        (f"UPDATE drafts SET state = 'issued' WHERE id = {COMPARED}",),
    ),
    "version_without_content": (
        I10, "is at version 4, and has 1 up to 1",
        (f"UPDATE drafts SET version = 4 WHERE id = {COMPARED}",),
    ),
    "approved_by_nobody": (
        I10, "is approved, but nobody approved version 1",
        (f"UPDATE drafts SET state = 'approved' WHERE id = {COMPARED}",),
    ),
    "waits_for_no_question": (
        I10, "awaits a review, but nobody was asked about version 1",
        (f"UPDATE drafts SET state = 'awaiting_review' WHERE id = {COMPARED}",),
    ),
    "rejected_by_nobody": (
        I10, "is rejected, and its trail does not say so",
        (f"UPDATE drafts SET state = 'rejected' WHERE id = {COMPARED}",),
    ),
    "open_and_drafted": (
        I10, "obligation brightwater/aurora-projects/D-shadow:onboarding is open, and its draft is",
        ("UPDATE obligations SET state = 'open' WHERE unit = 'D-shadow:onboarding'",),
    ),
    "event_ends_otherwise": (
        I10, "event evt-D-paid of crm is ignored, and its trail does not say so",
        ("UPDATE billing_events SET state = 'ignored' WHERE event_id = 'evt-D-paid'",),
    ),
    "void_without_note": (
        {I9, I10}, "{paid} is void, and has 0 closing credit notes",
        ("UPDATE invoices SET state = 'void' WHERE number = '{paid}'",),
    ),
    "note_without_void": (
        {I1, I10}, "{void} is issued, and has 1 closing credit notes",
        ("UPDATE invoices SET state = 'issued' WHERE number = '{void}'",),
    ),
    "invoice_in_no_state": (
        I10, "{paid} is in the state lost, which is none of ours",
        ("UPDATE invoices SET state = 'lost' WHERE number = '{paid}'",),
    ),
    "entry_changed": (
        I12, ", entry 2",
        (f"UPDATE trail SET actor = 'mallory' WHERE sequence = 2 AND subject = {PAID}",),
    ),
    "entry_gone": (
        I12, ", entry 2", (f"DELETE FROM trail WHERE sequence = 2 AND subject = {PAID}",),
    ),
    "entries_cut_off": (
        I12, "is gone since it was anchored on",
        (f"DELETE FROM trail WHERE subject = {PAID} AND sequence = {LAST}",),
    ),
    "entry_is_no_text": (
        I12, ", entry 2 cannot be read",
        (f"UPDATE trail SET detail = 'gone' WHERE sequence = 2 AND subject = {PAID}",),
    ),
    "anchor_changed": (
        I12, "the anchor of 2026-11-02 does not agree with its heads",
        ("UPDATE anchors SET heads = heads + 1 WHERE day = '2026-11-02'",),
    ),
    "anchor_gone": (
        I12, "does not follow the one before it",
        ("DELETE FROM anchored_heads WHERE day = '2026-11-02'",
         "DELETE FROM anchors WHERE day = '2026-11-02'"),
    ),
    "closed_without_decision": (
        I13, "(correction_asked) was closed without a decision, or by nobody",
        ("UPDATE exceptions SET decision = '' WHERE code = 'correction_asked'",),
    ),
    "decided_and_open": (
        I13, "(send_uncertain) is open, but mallory decided nothing",
        (("UPDATE exceptions SET closed_by = 'mallory', decision = 'nothing'"
         " WHERE code = 'send_uncertain'"),),
    ),
    "exception_without_cause": (
        I13, "(send_uncertain) does not say what it is about, or why",
        ("UPDATE exceptions SET cause = '' WHERE code = 'send_uncertain'",),
    ),
    "open_twice": (
        I13, "is open 2 times", ("twice exceptions WHERE code = 'send_uncertain'",),
    ),
    "nobodys_exception": (
        I13, "has the code whatever, which nobody owns",
        ("UPDATE exceptions SET code = 'whatever' WHERE code = 'payment_unmatched'",),
    ),
    "line_changed": (
        I14, "{paid}: line 1: the table has 1.00 as net, the content 1200.00",
        (f"UPDATE lines SET net = '1.00' WHERE invoice_id = {PAID}",),
    ),
    "line_gone": (
        I14, "{paid}: line 1 is not in the table",
        (f"DELETE FROM lines WHERE invoice_id = {PAID}",),
    ),
    "line_too_many": (
        I14, "{paid}: line 2 of the table is not on the invoice",
        (f"UPDATE lines SET position = 2 WHERE invoice_id = {PAID}",),
    ),
    "tax_changed": (
        I14, "{paid}: tax 1: the table has 1 as tax_minor, the content 22800",
        (f"UPDATE taxes SET tax_minor = 1 WHERE invoice_id = {PAID}",),
    ),
    "due_changed": (
        I14, "{part}: the table has 142900 as due_minor, the content 142800",
        (f"UPDATE invoices SET due_minor = 142900 WHERE number = {PART}",),
    ),
    "credit_changed": (
        I14, "the table has 1.00 as due, the content 1428.00",
        (f"UPDATE credit_notes SET due = '1.00' WHERE invoice_id = {VOID}",),
    ),
    "sum_changed": (
        {I5, I14}, "{paid}: gross is 1428.01 EUR, but comes to 1428.00 EUR",
        (("UPDATE invoices SET content = replace(content, '\"gross\":{{\"amount\":\"1428.00\"',"
         " '\"gross\":{{\"amount\":\"1428.01\"') WHERE number = '{paid}'"),),
    ),
    "shadow_with_number": (
        {I5, I15}, "{paid} was only to be compared, its client was in shadow",
        (("UPDATE invoices SET content = replace(content, '\"mode\":\"live\"',"
         " '\"mode\":\"shadow\"') WHERE number = '{paid}'"),),
    ),
    "shadow_with_mail": (
        {I7, I15}, "is about a draft that was only to be compared",
        (f"UPDATE outbox SET invoice_id = {COMPARED} WHERE id = {MAIL}",),
    ),
    "config_unknown": (
        I16, "configuration dead made 1 invoices, but is not stored",
        ("UPDATE invoices SET config_hash = 'dead' WHERE number = '{paid}'",),
    ),
    "config_changed": (
        I16, "is stored with other texts than it had",
        ("UPDATE config_versions SET texts = replace(texts, 'facts', 'factz')",),
    ),
    "client_changed": (
        I16, "client nordwind v1 is stored with another content than it had",
        (("INSERT INTO client_versions (client, version, content_hash, content, activation)"
         f" VALUES ('nordwind', 1, '{HASH}', '{{{{}}}}', 1)"),),
    ),
    "agreement_changed": (
        I16, "agreement works v1 is stored with another content than it had",
        (("INSERT INTO agreement_versions (agreement, version, client, content_hash, content,"
         f" activation) VALUES ('works', 1, 'nordwind', '{HASH}', '{{{{}}}}', 1)"),),
    ),
}  # fmt: skip
