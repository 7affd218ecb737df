"""The revisions of the ledger's tables; forward only, one file each."""
