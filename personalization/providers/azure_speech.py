"""Azure Speech as a voice: SSML over its REST address."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from personalization.errors import InputError
from personalization.providers.openai_client import checked_address
from personalization.providers.speech import Speech
from personalization.providers.speech_wire import RATE, Tries, refuse_odd, refuse_phonemes
from personalization.providers.ssml import for_azure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from personalization.providers.speech import Utterance
    from personalization.settings import Voice

SERVICE: Final = "Azure Speech"
ENDPOINT: Final = "AZURE_SPEECH_ENDPOINT"
KEY: Final = "AZURE_SPEECH_KEY"
_PATH: Final = "/cognitiveservices/v1"
_FORMAT: Final = "raw-24khz-16bit-mono-pcm"


@dataclass(frozen=True, slots=True)
class AzureSpeech:
    """A voice of Azure Speech.

    Attributes:
        settings: Name the voice and how patiently it is asked.
        endpoint: Of the resource.
        key: Of the resource.
        pause: Waits between tries; tests pass one of their own.
    """

    settings: Voice
    endpoint: str
    key: str = field(repr=False)
    pause: Callable[[float], None] = field(default=time.sleep, repr=False)

    @property
    def name(self) -> str:
        """Return azure."""
        return "azure"

    @property
    def version(self) -> str:
        """Return the voice, which is all that the service lets one name."""
        return self.settings.voice

    def speak(self, utterance: Utterance) -> Speech:
        """Say it; the service reads SSML, and cannot say anything else.

        Raises:
            ProviderError: The service did not answer, has no such voice, or a name is written in
                phonemes.
        """
        refuse_phonemes(utterance, SERVICE)
        voice = utterance.voice or self.settings.voice
        tries = Tries(SERVICE, voice, self.settings.timeout, self.settings.retries, self.pause)
        headers = {
            "Ocp-Apim-Subscription-Key": self.key, "Content-Type": "application/ssml+xml",
            "X-Microsoft-OutputFormat": _FORMAT, "User-Agent": "personalization",
            "Accept-Encoding": "identity",
        }  # fmt: skip
        told = for_azure(utterance, voice).encode()
        sound = tries.ask(
            lambda: refuse_odd(
                tries.post(f"{self.endpoint}{_PATH}", headers, content=told), SERVICE
            )
        )
        return Speech(sound, RATE, (), f"azure {voice}")


def azure_speech(settings: Voice, environ: Mapping[str, str] = os.environ) -> AzureSpeech:
    """Return the voice that settings and environment configure.

    Raises:
        InputError: Endpoint, key or voice are missing, or the endpoint is not https.
    """
    endpoint, key = environ.get(ENDPOINT, "").strip(), environ.get(KEY, "").strip()
    if not endpoint or not key:
        raise InputError(f"[voice] engine = 'azure' needs {ENDPOINT} and {KEY} in the environment.")
    if not settings.voice:
        raise InputError("[voice] engine = 'azure' needs a voice, such as en-GB-RyanNeural.")
    return AzureSpeech(settings, checked_address(endpoint), key)
