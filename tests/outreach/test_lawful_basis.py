"""The table of lawful bases, and how long a text is in the engine's own units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from personalization.errors import InputError
from personalization.outreach.lawful_basis import lawful_bases
from personalization.statistics.message_length import counted_length, septets

if TYPE_CHECKING:
    from pathlib import Path

    from personalization.store import Store


# UWG § 7 (2): prior consent between companies too.  PECR reg. 22: corporate subscribers may object.
# 47 CFR 64.1200(a)(2): prior express written consent for texts.  Whatever is not listed is unknown.
@pytest.mark.parametrize(
    ("channel", "country", "subscriber", "basis"),
    [
        ("cold_email", "DE", "corporate", "opt_in"),
        ("cold_email", "GB", "corporate", "opt_out"),
        ("cold_email", "GB", "individual", "opt_in"),
        ("sms", "US", "corporate", "opt_in"),
        ("cold_email", "US", "individual", "opt_out"),
        ("cold_email", "HR", "corporate", "opt_in"),
        ("call_snippet", "DE", "corporate", "unknown"),
        ("cold_email", "BR", "corporate", "unknown"),
        ("cold_email", None, "corporate", "unknown"),
    ],
)
def test_what_holds_where(channel: str, country: str | None, subscriber: str, basis: str) -> None:
    assert lawful_bases().basis_of(channel, country, subscriber) == basis


def test_a_teams_own_table_is_read_over_the_default(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        '[country.GB]\nlaw = "ours"\nsource = "counsel"\n'
        '[country.GB.email]\ncorporate = "opt_in"\nindividual = "opt_in"\n'
    )

    found = lawful_bases(str(own))

    assert found.basis_of("cold_email", "GB", "corporate") == "opt_in"
    assert found.basis_of("cold_email", "US", "corporate") == "opt_out"
    assert found.digest != lawful_bases().digest


@pytest.mark.parametrize(
    "table",
    [
        pytest.param('[country.GB]\nlaw = "x"\n', id="no source"),
        pytest.param('[country.GB]\nlaw = "x"\nsource = "y"\nfax = {}\n', id="no way"),
        pytest.param(
            '[country.GB]\nlaw = "x"\nsource = "y"\nemail = { corporate = "maybe" }\n',
            id="no basis",
        ),
        pytest.param("[country", id="no TOML"),
    ],
)
def test_a_table_that_nobody_could_defend_is_refused(table: str, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(table)

    with pytest.raises(InputError):
        lawful_bases(str(own))


TEXTS = [
    "", "Hello Ada", "10 € [off] ~ ^", "ça va", "a\nb", "日本の茶",
    "\U0001f469\u200d\U0001f467 at tea",
    "https://a-very-long-host.example/and-path x", "Zo\u0142 \u2014 \u201cgifts\u201d", "x" * 161,
]  # fmt: skip


def test_the_engine_never_counts_less_than_the_channel_does(store: Store) -> None:
    rows = store.read(
        "SELECT outreach_units('signs', told), outreach_units('weighted', told),"
        " outreach_units('sms', told) FROM (SELECT unnest($texts::VARCHAR[]) AS told)",
        texts=TEXTS,
    )

    for text, (signs, weighted, sms) in zip(TEXTS, rows, strict=True):
        assert signs == len(text)
        assert weighted >= counted_length("x_message", text)
        cost = septets(text)
        assert sms >= counted_length("sms", text)
        assert cost is None or sms == cost
