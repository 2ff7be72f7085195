"""What can go wrong, in words that a marketer can act on."""


class PersonalizationError(Exception):
    """Base of every error that the product raises on purpose; its message is shown as it is."""


class InputError(PersonalizationError):
    """A file, a row or a parameter is not as it has to be."""


class StateError(PersonalizationError):
    """A step was asked for before the step that it builds on, or somebody else was faster."""


class CitationError(PersonalizationError):
    """A message cites something that no approved passage says."""


class ProviderError(PersonalizationError):
    """A service could not be reached, or what it answered cannot be used."""


class PermissionDenied(PersonalizationError):  # noqa: N818
    """The one who asks may not do this."""
