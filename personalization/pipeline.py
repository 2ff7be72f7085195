"""The whole way in one call: from files to a measured campaign, without a screen.

The configuration is a TOML file: the sections of ``settings.Settings``, a ``[brief]``, and a
``[run]`` that says what to run on.  It takes the very steps that the pages take, in the same
order; where a person would click, the log names the pipeline as the one who did.  What it approves
and signs off itself is marked as self-approved; ``[run] sign_off_by`` names a person who answers
for it, without whom nothing is exported as soon as people are on record.
"""

from __future__ import annotations

import tomllib
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from personalization import approval, campaign, experiments
from personalization.domain import is_program
from personalization.errors import InputError
from personalization.reports.written import written
from personalization.settings import Settings, read_section, read_settings
from personalization.store import Store, open_store, verify_chain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from personalization.domain import Brief

ACTOR: Final = "pipeline"
NO_CHANGES: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Run:
    """What to run on: the ``[run]`` section.

    Attributes:
        name: Of the campaign.
        customers: File of customers, relative to the configuration; empty takes the sample data.
        transactions: File of order lines, or empty.
        products: File of products, or empty.
        send_on: Day of sending, ISO; empty is today.
        locale: Language and country of the messages.
        mode: simulation (marked as such everywhere) or export.
        sign_off_by: Who answers for the run: approvals and sign-off are given in this name.  Empty
            leaves both to the pipeline, marked as self-approved; an export wants a name where
            anybody else is on record.
        database: File to keep the state in, relative to the configuration; empty keeps none.
        date_order: DMY or MDY, where the files cannot tell.
        seed: Of every draw; the same seed, files and content give the same outcome.
    """

    name: str = "Headless campaign"
    customers: str = ""
    transactions: str = ""
    products: str = ""
    send_on: str = ""
    locale: str = "en-GB"
    mode: str = "simulation"
    sign_off_by: str = ""
    database: str = ""
    date_order: str = ""
    seed: str = "headless"


class PersonalizationPipeline:
    """Runs one campaign from a configuration."""

    def __init__(
        self,
        config: str | Path | Mapping[str, Any],
        store: Store | None = None,
        *,
        changes: Mapping[str, Mapping[str, Any]] = NO_CHANGES,
    ) -> None:
        """Read the configuration; nothing runs yet.

        Args:
            config: Path of a TOML file, or its content as a mapping.
            store: Where to keep the campaign; by default as ``[run] database`` says.
            changes: Sections whose values replace those of the configuration, one by one.

        Raises:
            InputError: The file cannot be read, or holds an unknown section, key or value.
        """
        self.folder = Path.cwd()
        place = "config"
        if isinstance(config, str | Path):
            path = Path(config)
            self.folder, place = path.resolve().parent, path.name
            config = _read_toml(path)
        sections = _changed(_beside(self.folder, dict(config)), changes)
        self.options: Run = read_section(f"{place} [run]", Run(), sections.pop("run", {}))
        self.brief: Brief = campaign.brief_from(sections.pop("brief", {}))
        self.settings: Settings = read_settings(sections, place)
        if self.options.mode not in _MODES:
            raise InputError(
                f"{place} [run]: mode = {self.options.mode!r} is unknown. "
                f"Use {' or '.join(_MODES)}."
            )
        if is_program(self.options.sign_off_by):
            raise InputError(
                f"{place} [run]: sign_off_by = {self.options.sign_off_by!r} is a program. Name the "
                "person who answers for what is sent."
            )
        self._store = store

    def run(self) -> dict[str, Any]:
        """Run the campaign to its results.

        Returns:
            campaign_id, experiment_id, lift_percent (of the best arm on the primary metric, None
            without data), arm, verdict, state (ship, stop ...), sentence, is_simulated, counts of
            each stage, audit.

        Raises:
            PersonalizationError: A file, the content or the gate stands in the way; it says which.
        """
        with self._opened() as store:
            self._refuse_unsigned(store)
            campaign_id = self._prepare(store)
            self._write(store, campaign_id)
            counts = self._approve(store, campaign_id)
            self._launch(store, campaign_id)
            signed = approval.seal_state(store, campaign_id)
            sign_off = {"by": signed.sealed_by, "is_self_approved": signed.is_self_approved}
            found = outcome(store, campaign_id)
            return {"campaign_id": campaign_id, **found, "sign_off": sign_off, "counts": counts}

    def write(self) -> dict[str, Any]:
        """Write the campaign's messages and screen them; nothing is approved or sent.

        Returns:
            What ``reports.written.written`` returns, and ``gaps``: what the content of each
            segment cannot carry, in sentences.

        Raises:
            PersonalizationError: A file or the content stands in the way; it says which.
        """
        with self._opened() as store:
            campaign_id = self._prepare(store)
            self._write(store, campaign_id)
            gaps = campaign.content_gaps(store, self.settings, campaign_id)
            return {**written(store, campaign_id), "gaps": campaign.gap_lines(gaps)}

    @contextmanager
    def _opened(self) -> Iterator[Store]:
        store = self._store or open_store(
            self._path(self.options.database), heads=self.settings.audit.heads
        )
        try:
            yield store
        finally:
            if self._store is None:
                store.close()

    @property
    def _signer(self) -> str:
        return self.options.sign_off_by.strip() or ACTOR

    def _refuse_unsigned(self, store: Store) -> None:
        """Raise InputError where the run would send for real without the people who are there."""
        people = approval.others(store, ACTOR)
        if self.options.mode == "export" and self._signer == ACTOR and people:
            raise InputError(
                '[run] mode = "export" sends for real, and nobody signs it off. Name who answers '
                f'for it, {people[0]} for one: sign_off_by = "{people[0]}".'
            )

    def _path(self, name: str) -> Path | None:
        return self.folder / name if name else None

    def _prepare(self, store: Store) -> str:
        campaign_id = campaign.create_campaign(
            store, name=self.options.name, dataset_id=self._dataset(store), brief=self.brief,
            send_on=self._send_on(store), locale=self.options.locale, actor=ACTOR,
            request_id=uuid4().hex, seed=self.options.seed,
        )  # fmt: skip
        proposal = campaign.fit_segments(store, self.settings, campaign_id)
        if proposal.small:
            proposal = campaign.fit_segments(
                store, self.settings, campaign_id, merges=dict(proposal.small)
            )
        campaign.keep_segments(store, campaign_id, proposal, actor=ACTOR)
        return campaign_id

    def _send_on(self, store: Store) -> date:
        if not self.options.send_on:
            return store.now().date()
        try:
            return date.fromisoformat(self.options.send_on)
        except ValueError as error:
            raise InputError(
                f"[run] send_on = {self.options.send_on!r} is no date. Write it as 2026-12-01."
            ) from error

    def _dataset(self, store: Store) -> str:
        if not self.options.customers:
            return campaign.load_sample(store, actor=ACTOR)
        files = {name: self._path(getattr(self.options, name)) for name in _TARGETS}
        answers = {"date_order": self.options.date_order} if self.options.date_order else {}
        intakes = [
            campaign.check_file(path, target=target, answers=answers)
            for target, path in files.items()
            if path
        ]
        return campaign.import_files(
            store, name=Path(self.options.customers).name, intakes=intakes, actor=ACTOR,
            request_id=uuid4().hex, settings=self.settings,
        )  # fmt: skip

    def _write(self, store: Store, campaign_id: str) -> None:
        campaign.import_content(store, self.settings, actor=ACTOR)
        campaign.write_messages(store, self.settings, campaign_id, actor=ACTOR)
        self._write_anew_what_was_held_back(store, campaign_id)

    def _approve(self, store: Store, campaign_id: str) -> dict[str, int]:
        campaign.approve_all(store, campaign_id, actor=self._signer)
        return {
            name: int(count)
            for name, count in store.records(_COUNTS, campaign_id=campaign_id)[0].items()
        }

    def _write_anew_what_was_held_back(self, store: Store, campaign_id: str) -> None:
        """Nobody is there to overrule a finding, so another wording is tried a few times."""
        for _ in range(_ATTEMPTS):
            held = store.read(_HELD_BACK, campaign_id=campaign_id)
            for (variant_id,) in held:
                campaign.regenerate_message(store, self.settings, variant_id, actor=ACTOR)

    def _launch(self, store: Store, campaign_id: str) -> None:
        plan = campaign.plan_experiment(store, self.settings, campaign_id)
        campaign.design_experiment(
            store,
            self.settings,
            campaign_id,
            plan,
            actor=ACTOR,
            analysis_on=self._send_on(store) + timedelta(days=_DAYS_TO_RESPOND),
        )
        campaign.approve_design(store, campaign_id, actor=self._signer, note=_BEFOREHAND)
        launch = (
            campaign.simulate_campaign
            if self.options.mode == "simulation"
            else campaign.export_campaign
        )
        launch(store, self.settings, campaign_id, actor=ACTOR, request_id=uuid4().hex)


_BEFOREHAND: Final = "Given beforehand, in the configuration of a run that nobody watched."
_ATTEMPTS: Final = 3
_DAYS_TO_RESPOND: Final = 14  # e-mail responses have practically all come in by then
_HELD_BACK = """
    SELECT variant_id FROM current_variants
    JOIN latest_screenings USING (variant_id, version, content_sha256)
    WHERE current_variants.campaign_id = $campaign_id
      AND current_variants.arm <> 'control' AND decision IN ('review', 'block')
    ORDER BY variant_id
"""
_MODES: Final = ("simulation", "export")
_TARGETS: Final = ("customers", "transactions", "products")
_PATHS: Final = (
    ("content", "corpus"),
    ("content", "index"),
    ("delivery", "folder"),
    ("audit", "heads"),
)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path} cannot be read as TOML: {error}") from error


def _changed(sections: dict[str, Any], changes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the sections with what replaces their values."""
    return {**sections, **{n: {**sections.get(n, {}), **c} for n, c in changes.items() if c}}


def _beside(folder: Path, sections: dict[str, Any]) -> dict[str, Any]:
    """Read the paths that a file states as relative to the file."""
    resolved = {
        name: dict(section) for name, section in sections.items() if isinstance(section, dict)
    }
    for section, key in _PATHS:
        if isinstance(stated := resolved.get(section, {}).get(key), str):
            resolved[section][key] = str(folder / stated)
    return {**sections, **resolved}


_COUNTS = """
    SELECT (SELECT count(*) FROM segment_members WHERE campaign_id = $campaign_id) AS customers,
           (SELECT count(*) FROM segments WHERE campaign_id = $campaign_id) AS segments,
           (SELECT count(*) FROM current_variants WHERE campaign_id = $campaign_id) AS variants,
           (SELECT count(*) FROM latest_screenings JOIN current_variants USING (variant_id, version)
            WHERE current_variants.campaign_id = $campaign_id
              AND decision IN ('pass', 'warn')) AS passed,
           (SELECT count(*) FROM sendable_variants WHERE campaign_id = $campaign_id) AS approved
"""
_BEST = """
    SELECT results.experiment_id, results.arm, results.metric, lift, lift_low, lift_high,
           lift_shrunk, p_adjusted, verdict, verdicts.state, verdicts.sentence, results.is_simulated
    FROM results
    JOIN experiments ON experiments.experiment_id = results.experiment_id
    JOIN verdicts ON verdicts.experiment_id = results.experiment_id
                 AND verdicts.segment = results.segment AND verdicts.arm = results.arm
    WHERE campaign_id = $campaign_id AND results.segment = '' AND role = 'primary'
    ORDER BY lift DESC NULLS LAST, results.arm
    LIMIT 1
"""


def outcome(store: Store, campaign_id: str) -> dict[str, Any]:
    """Return what the campaign's best arm came to on the primary metric; lift in percent.

    The best of several arms flatters: the verdict and the adjusted p say whether it is more
    than chance, and ``lift_shrunk_percent`` what to expect of it.  Before the day of analysis a
    real result is locked, and there is no lift.
    """
    experiment_id = experiments.experiment_of(store, campaign_id)
    chain = verify_chain(store)
    audit = {"rows": chain.n_rows, "is_whole": chain.is_whole, "head": chain.head}
    best = store.records(_BEST, campaign_id=campaign_id)
    if not best or (experiment_id and experiments.locked_until(store, experiment_id)):
        return {"experiment_id": experiment_id, "lift_percent": None, "audit": audit}
    row = best[0]
    percent = {
        f"{name}_percent": None if (share := row.pop(name)) is None else 100 * share
        for name in ("lift", "lift_low", "lift_high", "lift_shrunk")
    }
    return {**row, **percent, "audit": audit}
