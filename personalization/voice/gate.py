"""The gate of spoken files: what stands against using each of them at this very moment.

``voice_asset_states`` knows consents, objections, approval and choice; here is added what needs the
words themselves: a file says what would be said to the person today, or it is held.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError, StateError
from personalization.store import erased_pads
from personalization.voice.filling import approved_script, listeners
from personalization.voice.runs import run_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personalization.store import Store

CHANGED: Final = (
    "What is known of the person, or whether the person may be written to, changed since this was "
    "spoken. Choose the message anew and speak it again."
)
ERASED: Final = "The person was erased, and is never written to or called again."

_STATES: Final = """
    SELECT asset_id, person_id, status, reason, hold, script_sha256, file_name, sha256,
           CAST(files AS VARCHAR) AS files, seconds, CAST(checks AS VARCHAR) AS checks
    FROM voice_asset_states($day)
    WHERE run_id = $run_id ORDER BY person_id, asset_id
"""
_ERASED: Final = """
    WITH people AS (
        SELECT dataset_id, prospect_id AS person_id, email FROM prospects
        UNION ALL
        SELECT dataset_id, customer_id, email FROM customers
    ), marked AS (
        SELECT person_id, unnest(['email:' || email, 'id:' || dataset_id || ':' || person_id])
                   AS mark
        FROM people
        WHERE dataset_id = $dataset_id
          AND person_id IN (SELECT person_id FROM voice_assets WHERE run_id = $run_id)
    )
    SELECT DISTINCT person_id FROM marked
    JOIN suppressed_hashes ON address_hash = keyed_hash(mark, $inner, $outer)
    ORDER BY person_id
"""


def states_of(store: Store, run_id: str) -> list[dict[str, Any]]:
    """Return each asset of a run with what holds it now; ``hold`` is empty where nothing does.

    Args:
        store: Reads ``voice_asset_states``, ``suppressed_hashes``, and what the people of the
            script would hear now.
        run_id: Whose.

    Raises:
        InputError: There is no such run.
    """
    run = run_of(store, run_id)
    assets = [
        {**row, "files": json.loads(row["files"]), "checks": json.loads(row["checks"])}
        for row in store.records(_STATES, day=store.now().date(), run_id=run_id)
    ]
    erased = _erased(store, run)
    said_now = _said_now(store, run, [row["person_id"] for row in assets if not row["hold"]])
    for row in assets:
        if not row["hold"] and row["person_id"] in erased:
            row["hold"] = ERASED
        elif not row["hold"] and row["script_sha256"] not in said_now.get(row["person_id"], ()):
            row["hold"] = CHANGED
    return assets


def _erased(store: Store, run: Mapping[str, Any]) -> set[str]:
    pads = erased_pads(store)
    if pads is None:
        return set()
    found = store.read(_ERASED, run_id=run["run_id"], dataset_id=run["dataset_id"], **pads)
    return {person for (person,) in found}


def _said_now(store: Store, run: Mapping[str, Any], people: Sequence[str]) -> dict[str, set[str]]:
    """Return the fingerprints of what each person would hear now; nobody is in it who may not."""
    if not people:
        return {}
    try:
        script = approved_script(store, run["campaign_id"], run["variant_id"])
    except (StateError, InputError):
        return {}
    said: dict[str, set[str]] = {}
    for group in listeners(store, script, people):
        for listener in group:
            if not listener.fault:
                told = hashlib.sha256(listener.text.encode()).hexdigest()
                said.setdefault(listener.person_id, set()).add(told)
    return said
