"""What can go wrong, sorted by the only question a carrier asks: would trying again help?

InvoicingError
├── TerminalError        a retry cannot help: a person or a correction is needed
│   ├── MoneyError       an amount, currency or rate that makes no sense
│   ├── StateError       a step that the state machine does not allow
│   ├── NotFoundError    an id that the ledger does not know
│   ├── RefusedError     a rule of the house refuses (four eyes, limits, stale version)
│   └── SettingsError    the environment, a connection or a file of config is wrong
└── TransientError       the same step may succeed later, unchanged
"""


class InvoicingError(Exception):
    """Base of every error this package raises on purpose."""


class TerminalError(InvoicingError):
    """Trying again cannot help; the text says what a person has to do."""


class TransientError(InvoicingError):
    """Trying again later may help, with nothing changed."""


class MoneyError(TerminalError):
    """An amount, currency or rate is not usable as money."""


class StateError(TerminalError):
    """The state machine does not allow this step from the present state."""


class NotFoundError(TerminalError):
    """The ledger knows nothing under this id."""


class RefusedError(TerminalError):
    """A rule of the house refuses the step: four eyes, a limit, a version that is outdated."""


class SettingsError(TerminalError):
    """The environment, a connection or a file of config is wrong."""
