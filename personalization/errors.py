"""What can go wrong, in words that a marketer can act on."""


class PersonalizationError(Exception):
    """Base of every error that the product raises on purpose; its message is shown as it is.

    Attributes:
        code: The same in a word, for programs: ``suppressed``, ``not_permitted``.
        prospect_id: Whose message it is about; None where it is about nobody in particular.
        retryable: Whether the same call may succeed later, with nothing changed by the caller.
    """

    code: str = "failed"
    retryable: bool = False

    def __init__(
        self,
        *told: object,
        code: str | None = None,
        prospect_id: str | None = None,
        retryable: bool | None = None,
    ) -> None:
        super().__init__(*told)
        self.prospect_id = prospect_id
        if code is not None:
            self.code = code
        if retryable is not None:
            self.retryable = retryable

    @property
    def prospect(self) -> str | None:
        """Return whose message it is about, as ``prospect_id``."""
        return self.prospect_id


class InputError(PersonalizationError):
    """A file, a row or a parameter is not as it has to be."""

    code = "bad_input"


class StateError(PersonalizationError):
    """A step was asked for before the step that it builds on, or somebody else was faster."""

    code = "not_ready"


class CitationError(PersonalizationError):
    """A message cites something that no approved passage says."""


class ProviderError(PersonalizationError):
    """A service could not be reached, or what it answered cannot be used."""

    code = "service_failed"
    retryable = True


class PermissionDenied(PersonalizationError):  # noqa: N818
    """The one who asks may not do this."""

    code = "denied"


class Suppressed(PersonalizationError):  # noqa: N818
    """The prospect, or everybody at the account, is not written to."""

    code = "suppressed"


class NotPermitted(PersonalizationError):  # noqa: N818
    """The law, the channel or a cap does not let the prospect be written to now."""

    code = "not_permitted"


class InvalidProspect(PersonalizationError):  # noqa: N818
    """What is said of the prospect does not suffice, or is not as it has to be."""

    code = "invalid_prospect"


class TemplateError(PersonalizationError):
    """The template is not as it has to be, or what it says may not be sent."""

    code = "bad_template"


class NoCompliantVariation(PersonalizationError):  # noqa: N818
    """No variation passes all checks for the prospect."""

    code = "no_compliant_variation"
