"""Provenance: what every file says about how it was made, in tags and as signed credentials.

Article 50(2) of the European AI Act wants synthetic sound marked so that a machine can tell.  Tags
are read by every player; Content Credentials (C2PA) bind the same statement to the bytes with a
signature.  Both are lost when somebody strips them, so the manifest says it once more.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import ProviderError
from personalization.providers.speech import MissingVoiceError
from personalization.voice.credentials import Signer, signer_of
from personalization.voice.loudness import MISSING_SOUND

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SOURCE_TYPES", "Provenance", "Signer", "read_credentials", "sign", "signer_of"]

_IPTC: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"

SOURCE_TYPES: Final[Mapping[str, str]] = {
    "algorithmic": f"{_IPTC}algorithmicMedia",
    "trained": f"{_IPTC}trainedAlgorithmicMedia",
}
"""IPTC's words for speech made by rules, and for speech made by a trained model."""

_TRAINED: Final = frozenset(("openai", "azure"))
_MIME: Final = {"wav": "audio/wav", "mp3": "audio/mpeg", "flac": "audio/flac"}


@dataclass(frozen=True, slots=True)
class Provenance:
    """What is said of an asset in its tags, its credentials and the manifest.

    Attributes:
        engine: Which engine spoke, with its version.
        title: What it is, without anybody's name.
        producer: Who had it made.
        disclosure: The sentence that says it is synthetic.
        made_on: Day, ISO 8601.
    """

    engine: str
    title: str
    producer: str
    disclosure: str
    made_on: str

    @property
    def source_type(self) -> str:
        """Return IPTC's address for how the sound came about."""
        name = self.engine.split("/")[0].split(" ")[0].casefold()
        return SOURCE_TYPES["trained" if name in _TRAINED else "algorithmic"]

    def tags(self) -> dict[str, str]:
        """Return the tags that players show, and that libraries write into every format."""
        return {
            "title": self.title,
            "artist": self.producer,
            "software": self.engine,
            "date": self.made_on,
            "comment": f"ai_generated=true; digitalSourceType={self.source_type}; "
            f"{self.disclosure}",
        }


def sign(content: bytes, form: str, provenance: Provenance, signer: Signer) -> bytes:
    """Return the file with Content Credentials that say how it was made.

    Opus in an Ogg file cannot carry them and comes back as it was.

    Raises:
        ProviderError: The library is not installed, or could not sign.
    """
    if form not in _MIME:
        return content
    try:
        import c2pa  # noqa: PLC0415

        with c2pa.Builder(json.dumps(_claim(provenance, form))) as builder:
            out = io.BytesIO()
            builder.sign(signer.native(), _MIME[form], io.BytesIO(content), out)
    except ImportError as error:
        raise MissingVoiceError(MISSING_SOUND) from error
    except c2pa.C2paError as error:
        raise ProviderError(f"The {form} file could not be signed: {error}") from error
    return out.getvalue()


def _claim(provenance: Provenance, form: str) -> dict[str, Any]:
    return {
        "claim_generator_info": [{"name": "Customer Personalization Orchestrator"}],
        "title": provenance.title,
        "format": _MIME[form],
        "assertions": [
            {
                "label": "c2pa.actions",
                "data": {
                    "actions": [
                        {
                            "action": "c2pa.created",
                            "digitalSourceType": provenance.source_type,
                            "softwareAgent": {"name": provenance.engine},
                            "description": provenance.disclosure,
                        }
                    ]
                },
            }
        ],
    }


def read_credentials(content: bytes, form: str) -> dict[str, Any]:
    """Return what the credentials of a file say: state, source type and who signed; empty for none.

    The state is Valid where the bytes are those that were signed; Trusted needs a certificate that
    the reader's list of authorities knows.
    """
    import c2pa  # noqa: PLC0415

    try:
        with c2pa.Reader(_MIME[form], io.BytesIO(content)) as reader:
            found = json.loads(reader.json())
            state = str(reader.get_validation_state())
    except c2pa.C2paError:
        return {}
    manifest = found["manifests"][found["active_manifest"]]
    actions = [
        action
        for assertion in manifest["assertions"]
        if assertion["label"].startswith("c2pa.actions")
        for action in assertion["data"]["actions"]
    ]
    return {
        "state": state,
        "source_type": actions[0]["digitalSourceType"] if actions else "",
        "signed_by": manifest.get("signature_info", {}).get("common_name", ""),
    }
