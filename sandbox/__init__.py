"""A make-believe company around the product: a mailbox, a CRM and an accounting system."""
