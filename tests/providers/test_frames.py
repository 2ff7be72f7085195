from __future__ import annotations

import re
from dataclasses import replace

import pytest

from personalization.domain import Statement, merge_tags
from personalization.errors import ProviderError
from personalization.providers.frames import (
    NEAR_TONES,
    ROLES,
    built_in_control,
    footer_text,
    personal_closes,
    voices,
)
from tests.providers.fern_and_fig import content

LANGUAGES = ("en-GB", "de-DE", "fr-FR", "es-ES")


@pytest.mark.parametrize("locale", LANGUAGES)
def test_every_built_in_voice_has_all_roles_and_fillable_tags(locale: str) -> None:
    spoken = voices((), locale=locale, brand="Fern & Fig", tone="friendly")

    assert {voice.tone for voice in spoken} == set(NEAR_TONES["friendly"])
    for voice in spoken:
        for role in ROLES:
            assert voice.of(role)
            for frame in voice.of(role):
                assert "{brand}" not in frame.text
                assert all(tag.fallback for tag in merge_tags(frame.text))
        assert all("{{first_name|" in frame.text for frame in voice.of("greeting"))


# Every category of the sample catalogue, and what shops call theirs.
CATEGORIES = ("home decoration", "candles & lights", "Christmas decorations", "Kitchen", "T-shirts")


def test_a_close_names_the_favourite_category_as_a_place_to_start() -> None:
    closes = personal_closes("en-GB")

    assert closes
    for frame in closes:
        [tag] = merge_tags(frame.text)
        assert tag.field == "favourite_category"
        for value in (*CATEGORIES, tag.fallback):
            assert re.search(
                rf"(?:try|start with) {re.escape(value)}\.$", frame.text.replace(tag.token, value)
            )


@pytest.mark.parametrize("locale", LANGUAGES[1:])
def test_a_category_of_the_catalogue_s_language_is_in_no_other(locale: str) -> None:
    assert personal_closes(locale) == ()


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("tone", list(NEAR_TONES))
def test_every_tone_is_spoken_in_every_language_and_first(locale: str, tone: str) -> None:
    spoken = voices((), locale=locale, brand="F", tone=tone)

    assert spoken[0].tone == tone
    assert {voice.tone for voice in spoken} == set(NEAR_TONES[tone])
    for kind in ("benefit", "offer", "proof", "faq"):
        for voice in spoken:
            assert voice.leading_to("opener", kind)

            # What says something by itself is led to by nothing.
            assert bool(voice.leading_to("bridge", kind)) == (kind in {"proof", "faq"})


def test_a_friendly_brief_gets_no_formal_variant_unless_formal_was_learnt() -> None:
    usual = voices((), locale="en-GB", brand="F", tone="friendly")
    learnt = voices((), locale="en-GB", brand="F", tone="friendly", learnt="formal")

    assert "formal" not in {voice.tone for voice in usual}
    assert "formal" in {voice.tone for voice in learnt}


def frame(name: str, role: str, text: str) -> Statement:
    return Statement(f"v@1#{name}", "v", role, text)


def test_what_leads_to_a_kind_or_was_written_for_the_segment_comes_before_the_general() -> None:
    general = replace(
        content()[0],
        kind="voice",
        statements=(
            frame("warm-opener-1", "opener", "Hello there."),
            frame("warm-opener-offer-1", "opener", "This one is for your basket."),
        ),
    )
    own = replace(
        general, is_targeted=True, statements=(frame("warm-opener-1", "opener", "Welcome."),)
    )

    [untold] = voices((general,), locale="en-GB", brand="F", tone="friendly")
    [told] = voices((general, own), locale="en-GB", brand="F", tone="friendly")

    assert [f.text for f in untold.leading_to("opener", "proof")] == ["Hello there."]
    assert [f.text for f in told.leading_to("opener", "proof")] == ["Welcome."]
    assert {f.text for f in told.leading_to("opener", "offer")} == {
        "This one is for your basket.", "Welcome.",
    }  # fmt: skip


def test_words_that_are_ruled_out_take_a_built_in_frame_with_them() -> None:
    [spoken, *_] = voices(
        (), locale="en-GB", brand="F", tone="friendly", is_fit=lambda text: "kettle" not in text
    )

    assert all("kettle" not in f.text for f in spoken.of("opener"))
    with pytest.raises(ProviderError, match="every frame of the role 'greeting'"):
        voices((), locale="en-GB", brand="F", tone="formal", is_fit=lambda text: "{{" not in text)


def test_the_brief_s_tone_comes_first_also_under_another_name() -> None:
    assert voices((), locale="en-GB", brand="F", tone="informative")[0].tone == "informative"
    assert voices((), locale="en-GB", brand="F", tone="warm")[0].tone == "friendly"


def test_a_role_that_the_corpus_lacks_is_filled_in() -> None:
    greeting = Statement("v@1#warm-greeting-1", "v", "greeting", "Ahoy {{first_name|mate}},")
    voice = replace(content()[0], kind="voice", statements=(greeting,))

    [spoken] = voices((voice,), locale="en-GB", brand="F", tone="friendly")

    assert [f.text for f in spoken.of("greeting")] == ["Ahoy {{first_name|mate}},"]
    assert spoken.of("sign_off")


def test_a_control_text_is_built_in_and_keeps_link_and_footer() -> None:
    control = built_in_control(locale="fr-FR", brand="Fern & Fig", link="l", footer="f")

    assert control.subject == "Des nouvelles de Fern & Fig"
    assert (control.link, control.footer) == ("l", "f")


def test_a_language_without_a_control_text_is_refused() -> None:
    with pytest.raises(ProviderError, match="tag 'control'"):
        built_in_control(locale="pl-PL", brand="F", link="", footer="")


def test_the_footer_names_sender_and_way_out() -> None:
    footer = footer_text("de-DE", sender="Fern & Fig, Leeds", unsubscribe_url="https://x.example/u")

    assert "Fern & Fig, Leeds" in footer
    assert "Abmelden: https://x.example/u" in footer
