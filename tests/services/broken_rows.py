"""What somebody with the database could do to a ledger, and the words in which it is found."""

from invoicing.domain.promises import Promise

I1, I2, I3, I4 = Promise.ONE_INVOICE, Promise.EVENTS_END, Promise.PERIODS, Promise.NUMBERS
I5, I6, I7, I9 = Promise.FROZEN, Promise.APPROVED, Promise.MESSAGES, Promise.MONEY
I10, I11, I12, I13 = Promise.STATES, Promise.REMINDERS, Promise.TRAIL, Promise.EXCEPTIONS
I14, I15, I16 = Promise.SUMS, Promise.SHADOW, Promise.CONFIG

PAID, PART = "(SELECT id FROM invoices WHERE number = '{paid}')", "'{part}'"
MAIL = f"(SELECT id FROM outbox WHERE kind = 'invoice' AND invoice_id = {PAID})"
SECOND = "(SELECT id FROM invoices WHERE number = '{second}')"
REVIEWED = "(SELECT id FROM invoices WHERE number = '{reviewed}')"
VOID = "(SELECT id FROM invoices WHERE number = '{void}')"
COMPARED = "(SELECT draft_id FROM obligations WHERE unit = 'D-shadow:onboarding')"
OWED = "brightwater/nordwind-projects/D-paid:onboarding"
MERGED = "(SELECT max(message) FROM reminders GROUP BY message HAVING count(message) > 1 LIMIT 1)"
REMINDER = "(SELECT max(message) FROM reminders WHERE outcome = 'queued')"
PDF = f"(SELECT sha256 FROM document_links WHERE kind = 'invoice' AND subject = {PAID})"
LAST = f"(SELECT max(sequence) FROM trail WHERE subject = {PAID})"
LATER = "'2027-12-24T09:00:00.000000+00:00'"
HASH = "0" * 64

# What breaks, what is said of it, and how it was done; several promises where one change breaks
# several of them.
Broken = tuple[Promise | set[Promise], str, tuple[str, ...]]

UP_TO_THE_MAIL: dict[str, Broken] = {
    "obligation_twice": (
        I1, f"obligation {OWED}/r0 is in the ledger 2 times",
        ("twice obligations WHERE unit = 'D-paid:onboarding'",),
    ),
    "record_twice": (
        I1, "record deal:D-paid/line:1 of crm is billed 2 times",
        ("twice consumption WHERE record_id = 'deal:D-paid/line:1'",),
    ),
    "two_live_invoices": (
        I1, f"{OWED} is on 2 live invoices, among them {{paid}} and {{part}}",
        (("UPDATE obligations SET unit = 'D-paid:onboarding', revision = 1"
         " WHERE unit = 'D-part:onboarding'"),),
    ),
    "owed_points_nowhere": (
        I1, f"{{paid}}: it bills {OWED}/r0, which does not point to it",
        (("UPDATE obligations SET draft_id = NULL, state = 'open'"
         " WHERE unit = 'D-paid:onboarding'"),),
    ),
    "owed_points_elsewhere": (
        I1, "points to it, but is not on it",
        (f"UPDATE obligations SET draft_id = {PAID} WHERE unit = 'D-shadow:onboarding'",),
    ),
    "record_free_again": (
        I1, "{paid}: it bills crm record deal:D-paid/line:1, which is not bound to it",
        ("DELETE FROM consumption WHERE record_id = 'deal:D-paid/line:1'",),
    ),
    "event_without_reason": (
        I2, "event evt-D-paid of crm is billed without a reason",
        ("UPDATE billing_events SET reason = '' WHERE event_id = 'evt-D-paid'",),
    ),
    "event_in_no_state": (
        I2, "event evt-D-paid of crm is in the state lost, which is none of ours",
        ("UPDATE billing_events SET state = 'lost' WHERE event_id = 'evt-D-paid'",),
    ),
    "event_held_in_silence": (
        I2, "event evt-D-held of crm is held, and nobody was told",
        (("DELETE FROM exceptions WHERE subject ="
         " (SELECT id FROM billing_events WHERE event_id = 'evt-D-held')"),),
    ),
    "obligation_held_in_silence": (
        I2, "obligation brightwater/aurora-projects/D-shadow:onboarding is held",
        (("UPDATE obligations SET state = 'held', draft_id = NULL"
         " WHERE unit = 'D-shadow:onboarding'"),),
    ),
    "draft_held_in_silence": (
        I2, "is held, and nobody was told",
        (f"UPDATE drafts SET state = 'held' WHERE id = {COMPARED}",),
    ),
    "billed_without_obligation": (
        I2, "event evt-D-shadow of crm is billed, but nothing is owed for it",
        ("DELETE FROM obligations WHERE unit = 'D-shadow:onboarding'",),
    ),
    "event_passed_over": (
        I2, "event evt-D-paid of crm is ready since 2026-10-01T09:00:00.000000+00:00, and was",
        (("UPDATE billing_events SET state = 'ready',"
         " received_at = '2026-10-01T09:00:00.000000+00:00' WHERE event_id = 'evt-D-paid'"),),
    ),
    "periods_overlap": (
        {I3, I5}, "harbor-support: {second} bills 2026-12-15 to 2027-01-31",
        (("UPDATE invoices SET content = replace(content, '\"starts_on\":\"2027-01-01\"',"
         " '\"starts_on\":\"2026-12-15\"') WHERE number = '{second}'"),),
    ),
    "period_left_out": (
        I3, "harbor-support: 2026-12-01 was due before {second}, and is not billed",
        ("UPDATE obligations SET model = 'deal' WHERE unit = '2026-12-01'",
         "DELETE FROM billing_events WHERE event_id LIKE '%:2026-12-01'"),
    ),
    "counter_ran_away": (
        I4, "brightwater/INV/2026: 6 numbers from 1 to 6, 6 of them different, counter at 7",
        ("UPDATE series SET last = 7 WHERE series = 'INV' AND year = 2026",),
    ),
    "gap": (
        {I4, I10}, "brightwater/INV/2026: 6 numbers from 1 to 9, 6 of them different, counter at 6",
        (("UPDATE invoices SET sequence = 9, number = 'INV-2026-00009'"
         " WHERE number = '{reviewed}'"),),
    ),
    "gap_in_credit_notes": (
        I4, "brightwater/CN/2027: 2 numbers from 1 to 3",
        ("UPDATE credit_notes SET sequence = 3, number = 'CN-2027-00003' WHERE sequence = 2",),
    ),
    "number_twice": (
        {I4, I10}, "number {paid} of brightwater was given 2 times",
        ("twice invoices WHERE 1 = 0",
         f"UPDATE invoices SET number = '{{paid}}' WHERE number = {PART}"),
    ),
    "sequence_twice": (
        I4, "brightwater/INV/2026: 6 numbers from 1 to 6, 5 of them different",
        ("twice invoices WHERE 1 = 0", f"UPDATE invoices SET sequence = 1 WHERE number = {PART}"),
    ),
    "number_before_issue": (
        I4, "{paid} has a number, but its draft is approved",
        (f"UPDATE drafts SET state = 'approved' WHERE id = {PAID}",),
    ),
    "number_written_otherwise": (
        {I4, I10}, "INV-2026-77777: number 1 of its series is written {paid}",
        ("UPDATE invoices SET number = 'INV-2026-77777' WHERE number = '{paid}'",),
    ),
    "number_of_another_year": (
        I4, "which is not the series of its day",
        ("UPDATE invoices SET year = 2024 WHERE number = '{paid}'",),
    ),
    "credit_note_numbered_otherwise": (
        I4, "CN-2027-00077: number 1 of its series is written CN-2027-00001",
        ("UPDATE credit_notes SET number = 'CN-2027-00077' WHERE sequence = 1",),
    ),
    "content_changed": (
        I5, "{paid}: the content has another hash than when it was issued",
        (("UPDATE invoices SET content = replace(content, 'Set-up', 'Set-off')"
         " WHERE number = '{paid}'"),),
    ),
    "draft_changed": (
        I5, "the content has another hash than when it was drafted",
        (("UPDATE draft_versions SET content = replace(content, 'Set-up', 'Set-off')"
         f" WHERE draft_id = {PAID}"),),
    ),
    "credit_note_changed": (
        I5, "the content of the credit note has another hash",
        (("UPDATE credit_notes SET content = replace(content, 'wrong client', 'wrong day')"
         f" WHERE invoice_id = {VOID}"),),
    ),
    "other_version_issued": (
        I5, "{paid}: version 1 of its draft has another content than was issued",
        (f"UPDATE draft_versions SET content_hash = '{HASH}' WHERE draft_id = {PAID}",),
    ),
    "content_is_no_value": (
        I5, "{paid}: the content cannot be read",
        ("UPDATE invoices SET content = '[1]' WHERE number = '{paid}'",),
    ),
    "issued_another_day": (
        I5, "and says 2026-11-01", (("UPDATE invoices SET issued_on = '2026-11-01'"
         " WHERE number = '{paid}'"),),
    ),
    "due_another_day": (
        I5, "{paid}: its terms make it due on 2026-12-02, and it says 2026-12-24",
        ("UPDATE invoices SET due_on = '2026-12-24' WHERE number = '{paid}'",),
    ),
    "document_changed": (
        I5, "invoice of {paid}: document",
        (f"UPDATE documents SET content = content || content WHERE sha256 = {PDF}",),
    ),
    "document_gone": (
        I5, "is not in the archive", (f"DELETE FROM documents WHERE sha256 = {PDF}",),
    ),
    "document_of_another_version": (
        I5, "{paid} was issued as version 1, and has a document of version 7",
        (f"UPDATE document_links SET version = 7 WHERE kind = 'invoice' AND subject = {PAID}",),
    ),
    "two_documents": (
        I5, "{paid} has 2 documents",
        (("INSERT INTO document_links (subject, version, kind, sha256)"
         f" SELECT subject, 2, kind, sha256 FROM document_links WHERE kind = 'invoice'"
         f" AND subject = {PAID}"),),
    ),
    "approval_gone": (
        I6, "{paid}: nobody approved exactly this content of version 1",
        (f"DELETE FROM approvals WHERE draft_id = {PAID}",),
    ),
    "approval_of_other_content": (
        I6, "{paid}: nobody approved exactly this content of version 1",
        (f"UPDATE approvals SET content_hash = '{HASH}' WHERE draft_id = {PAID}",),
    ),
    "approved_by_the_author": (
        I6, "{reviewed}: lead made it and approved it",
        (f"UPDATE draft_versions SET author = 'lead' WHERE draft_id = {REVIEWED}",),
    ),
    "approved_by_a_stranger": (
        I6, "{reviewed}: 'mallory' approved, and was never an approver",
        (f"UPDATE approvals SET decided_by = 'mallory' WHERE draft_id = {REVIEWED}",),
    ),
    "approved_by_no_rule": (
        I6, "{paid}: it was approved by no person and by no rule",
        (f"UPDATE approvals SET rule = '' WHERE draft_id = {PAID}",),
    ),
    "approved_unasked": (
        I6, "{reviewed}: lead approved what nobody was asked about",
        (f"DELETE FROM review_requests WHERE draft_id = {REVIEWED}",),
    ),
    "message_twice": (
        I7, "by mail about invoice",
        (f"twice outbox WHERE kind = 'invoice' AND invoice_id = {PAID}",),
    ),
    "message_lost": (
        I7, "{paid} was issued, but no mail with it was planned",
        (f"DELETE FROM outbox WHERE kind = 'invoice' AND invoice_id = {PAID}",),
    ),
    "uncertain_in_silence": (
        I7, "{uncertain}: invoice issue is uncertain, and nobody was told",
        ("DELETE FROM exceptions WHERE code = 'send_uncertain'",),
    ),
    "done_by_nobody": (
        I7, "{paid}: invoice issue is done, but nobody accepted it",
        (f"UPDATE attempts SET outcome = 'retry' WHERE outbox_id = {MAIL}",),
    ),
    "sent_twice": (
        I7, "{paid}: invoice issue was handed over 2 times, on 0 words of a person",
        (("INSERT INTO attempts SELECT outbox_id, 2, 0, owner, started_at, outcome, phase, code,"
         f" detail, ended_at FROM attempts WHERE outbox_id = {MAIL}"),
         f"UPDATE outbox SET attempt = 2 WHERE id = {MAIL}"),
    ),
    "attempt_lost": (
        I7, "{paid}: invoice issue counts 5 attempts, on record are 1",
        (f"UPDATE outbox SET attempt = 5 WHERE id = {MAIL}",),
    ),
    "reminder_unclaimed": (
        I11, "left in message",
        ((f"UPDATE reminders SET outcome = 'queued', message = {MAIL} WHERE invoice_id = {PAID}"
         f" AND step = (SELECT min(step) FROM reminders WHERE invoice_id = {PAID})"),),
    ),
    "reminder_in_no_message": (
        I7, "went into message gone, which is not about it",
        (f"UPDATE reminders SET message = 'gone' WHERE message = {REMINDER}",),
    ),
    "reminder_about_fewer": (
        I7, "is about 0 further invoices, and",
        (f"UPDATE outbox SET about = '[]' WHERE id = {MERGED}",),
    ),
    "bounced_in_silence": (
        I7, "{paid}: invoice issue is bounced, and nobody was told",
        (f"UPDATE outbox SET state = 'bounced' WHERE id = {MAIL}",),
    ),
    "bounced_by_no_mail": (
        I7, "invoice issue came back, and no mail says so",
        (f"UPDATE outbox SET state = 'bounced' WHERE id = {MAIL}",),
    ),
    "mail_read_out_of_turn": (
        I7, "mail 9 of billing was read, and our place there is before it",
        (("INSERT INTO mails (digest, mailbox, validity, uid, message_id, sort, subject, outcome,"
         f" read_at) VALUES ('{HASH}', 'billing', 1, 9, '', 'unknown', '', 'x', {LATER})"),),
    ),
    "token_of_nobody": (
        I6, "mallory got a token about draft",
        (("INSERT INTO mail_tokens (token_hash, draft_id, version, step, content_hash, approver,"
         f" issued_at, expires_at) SELECT '{HASH}', id, version, 'finance', content_hash,"
         f" 'mallory', {LATER}, {LATER} FROM invoices WHERE number = '{{paid}}'"),),
    ),
    "attempt_without_end": (
        I7, "{paid}: invoice issue is done, its attempts say otherwise",
        (f"UPDATE attempts SET ended_at = NULL WHERE outbox_id = {MAIL}",),
    ),
}  # fmt: skip
