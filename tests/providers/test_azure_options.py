from __future__ import annotations

from typing import Any

import pytest

from personalization.errors import InputError
from personalization.providers.azure_options import AzureOptions, read_options
from personalization.safety.policy import Threshold, read_policy


def test_what_a_policy_does_not_name_is_as_it_ships() -> None:
    assert read_options({}) == AzureOptions() == read_options(read_policy().azure)


def test_what_a_policy_names_is_asked_for() -> None:
    found = read_options({"output": "eight", "blocklists": ["one", "two", "one"]})

    assert found.levels == tuple(range(8))
    assert found.output_type == "EightSeverityLevels"
    assert found.blocklists == ("one", "two")


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        pytest.param({"lists": []}, "has no 'lists'", id="an unknown key"),
        pytest.param({"output": "seven"}, "Use four or eight", id="an unknown scale"),
        pytest.param({"prompt_shields": "yes"}, "is true or false", id="a word for a truth"),
        pytest.param({"blocklists": "brand"}, "is no list of names", id="a word for the lists"),
        pytest.param({"blocklists": ["a b"]}, "is no list of names", id="a blank in a name"),
        pytest.param({"blocklists": ["../x"]}, "is no list of names", id="a path for a name"),
        pytest.param({"api_version": "latest"}, "is no version", id="a word for a version"),
        pytest.param({"shields_api_version": "2024-09-01&x=1"}, "is no version", id="more of it"),
    ],
)
def test_what_the_service_does_not_take_is_told(table: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        read_options(table)


def test_thresholds_go_up_to_seven_where_eight_levels_are_asked_for() -> None:
    own = read_policy("[azure]\noutput = 'eight'\n[thresholds.hate]\nblock_above = 6")

    assert own.thresholds["hate"] == Threshold(6, 4)


@pytest.mark.parametrize(
    ("overlay", "complaint"),
    [
        pytest.param("[thresholds.hate]\nblock_above = 6", "would block nothing", id="four"),
        pytest.param(
            "[azure]\noutput = 'eight'\n[thresholds.hate]\nblock_above = 7",
            "would block nothing", id="eight",
        ),
        pytest.param("[azure]\noutput = 'nine'", "Use four or eight", id="another scale"),
        pytest.param("[rules.'harm.blocklist']\naction = 'warn'", "always blocks", id="a list"),
    ],
)  # fmt: skip
def test_a_policy_cannot_be_written_that_blocks_nothing(overlay: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        read_policy(overlay)
