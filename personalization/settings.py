"""What a team may set, with a default for everything; secrets are no settings.

One section for each stage.  A TOML file is read over the defaults, and an unknown key is an
error that names its place.
"""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from personalization.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping


# Settings of an earlier version that an officer edits in the policy.
_IN_POLICY: Final = frozenset(("block_above", "review_from", "policy_version"))

_TEMPLATE_CODE: Final = re.compile(r"\{\{|\}\}|\{%|%\}|\*\||\|\*|%%|<%|%>")


@dataclass(frozen=True, slots=True)
class Brand:
    """Who is sending, as every footer states it.

    Attributes:
        name: The brand's name in messages.
        sender_name: Who the e-mail is from.
        sender_address: Postal address, as the law wants it in every commercial e-mail.
        shop_url: Where calls to action lead.
        unsubscribe_url: Where one click ends the mailings.
        allowed_domains: Hosts that links may lead to.
        own_emails: E-mail addresses of the sender that a message may state.
        own_phones: Telephone numbers of the sender that a message may state.
        contact: How the sender is reached quickly, as an imprint states it.
        representatives: Who may act for the sender, as an imprint names them.
        register_number: Register and number under which the sender is entered.
        vat_id: The sender's VAT identification number.
        on_behalf_of: For whom the sender writes, where that is somebody else.
    """

    name: str = "Hearth & Ribbon"
    sender_name: str = "Hearth & Ribbon"
    sender_address: str = "Hearth & Ribbon Ltd, 12 Mill Lane, York YO1 7AB, United Kingdom"
    shop_url: str = "https://www.hearthandribbon.example/"
    unsubscribe_url: str = "https://www.hearthandribbon.example/unsubscribe"
    allowed_domains: tuple[str, ...] = ("hearthandribbon.example",)
    own_emails: tuple[str, ...] = ("hello@hearthandribbon.example",)
    own_phones: tuple[str, ...] = ()
    contact: str = "hello@hearthandribbon.example"
    representatives: tuple[str, ...] = ("Claire Whitmore",)
    register_number: str = "Companies House 00000000"
    vat_id: str = "GB 999 9999 73"
    on_behalf_of: str = ""

    def __post_init__(self) -> None:
        """Empty the sample shop's imprint under another address: it belongs to its own.

        Raises:
            InputError: A value holds a merge tag or template code.
        """
        for field in fields(self):
            value = getattr(self, field.name)
            for text in value if isinstance(value, tuple) else (value,):
                if code := _TEMPLATE_CODE.search(text):
                    raise InputError(
                        f"[brand] {field.name} = {text!r} holds {code[0]!r}, as in a merge tag. "
                        "Nothing fills a footer: write the words themselves."
                    )
        samples = {field.name: field.default for field in fields(self)}
        if self.sender_address == samples["sender_address"]:
            return
        for name in ("contact", "representatives", "register_number", "vat_id"):
            if getattr(self, name) == samples[name]:
                object.__setattr__(self, name, () if name == "representatives" else "")


@dataclass(frozen=True, slots=True)
class Segmentation:
    """How customers are grouped.

    Attributes:
        method: rfm, kmeans or rules.
        minimum_customers: A segment below this is too small to test; a merge is proposed.
        minimum_share: The same as a share of all customers, in [0, 1].
        sample: Customers that k-means is fitted on at most.
        most_clusters: k-means tries 2 up to this many groups, at most 10; each one needs messages.
        seed: Of the sample, the starts and the bootstrap.
    """

    method: str = "rfm"
    minimum_customers: int = 30
    minimum_share: float = 0.01
    sample: int = 100_000
    most_clusters: int = 5
    seed: int = 20_111_210


@dataclass(frozen=True, slots=True)
class Content:
    """Where approved content lives and how it is found.

    Attributes:
        corpus: Folder of Markdown documents.
        index: Folder of the vector index; it is a cache and can be deleted.
        limit: Passages that a segment's writer is given.
        fusion_k: Constant of reciprocal rank fusion.
    """

    corpus: str = "content_corpus"
    index: str = ".personalization/index"
    limit: int = 12
    fusion_k: int = 60


ANSWER_FORMS: Final = ("json_schema", "json_object", "text")


@dataclass(frozen=True, slots=True)
class HostedModel:
    """What a hosted model takes and costs: ``[generation.models."its id"]``.

    Nothing of it is known to the program, because models and prices change without it.

    Attributes:
        name: The model's id, as the section is called.
        deployment: On Azure's classic route, and wherever else the service calls it otherwise.
        base_url: Of a server that speaks OpenAI's protocol; empty is what the environment says.
        api_version: On Azure's classic route; empty is the v1 route, or what the environment says.
        answer_form: json_schema (strict), json_object or text: how it can be held to a form.
        most_tokens: Tokens that an answer may take; the worst case that is reserved for it.
        tokens_name: What the request calls that: max_completion_tokens, or max_tokens.
        takes_temperature: Whether ``temperature`` is sent.
        temperature: From 0, always the likeliest word, to 2.
        takes_seed: Whether a seed is sent, worked out from campaign, segment and arm.
        takes_cache_key: Whether ``prompt_cache_key`` is sent, by which calls of one campaign meet.
        reasoning_effort: For models that reason; empty is not sent.
        prompt_price: For a million tokens of a prompt; below 0 is unknown.
        cached_price: For a million of those that the service had in its cache; below 0 is unknown,
            and they count as others do.
        completion_price: For a million tokens of an answer; below 0 is unknown.
        currency: Of these prices.
        prices_on: Day on which these prices were looked up.
    """

    name: str = ""
    deployment: str = ""
    base_url: str = ""
    api_version: str = ""
    answer_form: str = "json_schema"
    most_tokens: int = 4_000
    tokens_name: str = "max_completion_tokens"
    takes_temperature: bool = False
    temperature: float = 0.7
    takes_seed: bool = False
    takes_cache_key: bool = False
    reasoning_effort: str = ""
    prompt_price: float = -1.0
    cached_price: float = -1.0
    completion_price: float = -1.0
    currency: str = ""
    prices_on: str = ""

    def __post_init__(self) -> None:
        place = f'[generation.models."{self.name}"]'
        if self.answer_form not in ANSWER_FORMS:
            known = ", ".join(ANSWER_FORMS)
            raise InputError(f"{place} answer_form = {self.answer_form!r}. It knows: {known}.")
        if self.most_tokens < 1:
            raise InputError(f"{place} most_tokens is above 0.")
        if not 0 <= self.temperature <= 2:  # noqa: PLR2004 - what the protocol allows
            raise InputError(f"{place} temperature lies between 0 and 2.")
        if (self.prompt_price < 0) != (self.completion_price < 0):
            raise InputError(f"{place} has one of prompt_price and completion_price: give both.")
        if self.is_priced and not (self.currency and self.prices_on):
            raise InputError(
                f"{place} has prices without their currency and prices_on, the day they are from."
            )

    @property
    def is_priced(self) -> bool:
        """Tell whether a call's cost can be said; otherwise there are only its tokens."""
        return self.prompt_price >= 0

    def cost_of(self, prompt: int, cached: int, completion: int) -> float | None:
        """Return what these tokens cost, in ``currency``; None where no price is known."""
        if not self.is_priced:
            return None
        cached_price = self.cached_price if self.cached_price >= 0 else self.prompt_price
        return (
            (prompt - cached) * self.prompt_price
            + cached * cached_price
            + completion * self.completion_price
        ) / 1_000_000


@dataclass(frozen=True, slots=True)
class Generation:
    """How variants are written.

    Attributes:
        writer: auto (hosted when configured, else composer), composer, openai or azure.
        model: Model id of the hosted writer; ``models`` may say more of it.
        variants: How many each segment gets beside the control text.
        timeout: Seconds that one hosted call may take, from its first byte to its last.
        concurrency: Hosted calls at the same time.
        retries: How often a call is tried again where the service is busy or broken.
        deadline: Seconds after which a run asks the hosted model nothing more.
        campaign_budget: What a campaign may spend, in the currency of the model's prices; 0 is no
            limit in money.
        daily_budget: The same for all campaigns of a day (UTC).
        campaign_tokens: Tokens that a campaign may use, whether or not prices are known.
        daily_tokens: The same for all campaigns of a day (UTC).
        models: What hosted models take and cost.
        second_opinion: On claims that the rules let pass: none, azure (groundedness detection of
            Azure AI Content Safety) or judge (the model of ``model``). It can only demote.
    """

    writer: str = "auto"
    model: str = ""
    variants: int = 3
    timeout: float = 45.0
    concurrency: int = 4
    retries: int = 3
    deadline: float = 600.0
    campaign_budget: float = 0.0
    daily_budget: float = 0.0
    campaign_tokens: int = 2_000_000
    daily_tokens: int = 10_000_000
    models: tuple[HostedModel, ...] = ()
    second_opinion: str = "none"

    def __post_init__(self) -> None:
        if self.variants < 1 or self.concurrency < 1 or self.timeout <= 0:
            raise InputError("[generation] variants, concurrency and timeout are above 0.")
        if self.retries < 0 or self.deadline <= 0:
            raise InputError("[generation] retries is not below 0, and deadline above 0.")
        if min(self.campaign_budget, self.daily_budget) < 0:
            raise InputError("[generation] campaign_budget and daily_budget are not below 0.")
        if min(self.campaign_tokens, self.daily_tokens) < 1:
            raise InputError("[generation] campaign_tokens and daily_tokens are above 0.")

    @property
    def hosted(self) -> HostedModel:
        """Return what is known of ``model``; nothing but its id where nothing was written down."""
        known = {model.name: model for model in self.models}
        return known.get(self.model, HostedModel(self.model))


@dataclass(frozen=True, slots=True)
class Safety:
    """What the screening goes by.

    Attributes:
        engine: auto (Azure AI Content Safety when configured, else embedded), embedded or azure.
        policy: File with the team's own policy, TOML read over the default; while it is named,
            the policy is edited there and not in the app.
    """

    engine: str = "auto"
    policy: str = ""


@dataclass(frozen=True, slots=True)
class Experiments:
    """How arms are compared.

    Attributes:
        confidence: Share of intervals that hold the true lift, in (0, 1).
        power: Chance to find the lift that the design is made for, in (0, 1).
        control_weight: Share of a segment that gets the control text, in (0, 1).
        holdout_weight: Share that gets nothing, in [0, 1).
        sample_ratio_alert: A sample-ratio p below this voids the result.
        relevant_lift: Relative lift from which a difference matters to the business, above 0.
        unsubscribe_margin: Share of recipients, in (0, 1): an arm may drive out so many more than
            the control.
        complaint_margin: The same for complaints.
        machine_click_seconds: A click so soon after delivery is a mail scanner's; 0 counts all.
        noise_runs: Tests that the noise mirror plays through.
    """

    confidence: float = 0.95
    power: float = 0.80
    control_weight: float = 0.25
    holdout_weight: float = 0.0
    sample_ratio_alert: float = 0.001
    relevant_lift: float = 0.10
    unsubscribe_margin: float = 0.01
    complaint_margin: float = 0.001
    machine_click_seconds: int = 10
    noise_runs: int = 2_000

    def __post_init__(self) -> None:
        shares = {"confidence": self.confidence, "power": self.power,
                  "control_weight": self.control_weight,
                  "unsubscribe_margin": self.unsubscribe_margin,
                  "complaint_margin": self.complaint_margin}  # fmt: skip
        for name, share in shares.items():
            if not 0 < share < 1:
                raise InputError(f"[experiments] {name} = {share} does not lie between 0 and 1.")
        if not 0 <= self.holdout_weight < 1 - self.control_weight:
            raise InputError("[experiments] holdout_weight leaves nobody for the variants.")
        if self.relevant_lift <= 0 or self.machine_click_seconds < 0 or self.noise_runs < 1:
            raise InputError(
                "[experiments] relevant_lift and noise_runs are above 0, and "
                "machine_click_seconds is not below 0."
            )


@dataclass(frozen=True, slots=True)
class Learning:
    """What earlier campaigns may change in the next one.

    Attributes:
        is_on: Whether lessons reach the brief and the arms' weights; a campaign can say otherwise.
        floor: Of what a segment's variants share beside the control, the part that each one keeps,
            so that it can still be measured; in (0, 1).
        half_life: Days after which an observation counts half.
        least_effective_sample: A personalised policy is not judged on less than this.
        least_propensity: Nor where an arm was drawn with a chance below this, in (0, 1).
        least_campaigns: Past campaigns from which on their spread of lifts is used as the prior.
        prior_lift: Standard deviation of true lifts until then, as a fraction.
    """

    is_on: bool = True
    floor: float = 0.02
    half_life: float = 180.0
    least_effective_sample: int = 200
    least_propensity: float = 0.01
    least_campaigns: int = 5
    prior_lift: float = 0.3

    def __post_init__(self) -> None:
        if not 0 < self.floor < 1 or not 0 < self.least_propensity < 1:
            raise InputError("[learning] floor and least_propensity lie between 0 and 1.")
        if min(self.half_life, self.prior_lift, self.least_effective_sample) <= 0:
            raise InputError(
                "[learning] half_life, prior_lift and least_effective_sample are above 0."
            )


MERGE_SYNTAXES: Final = ("own", "mailchimp", "braze", "liquid", "ampscript", "hubspot")
"""Languages of sending tools that an export's e-mails can be written in."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where exports go, and what a simulation assumes.

    Attributes:
        folder: Exports are written below this folder.
        open_rate: Simulated share of recipients that open.
        click_rate: Simulated share that click the control text.
        conversion_rate: Simulated share of clicks that buy.
        order_value: Simulated mean revenue of an order, in the currency of the data.
        lift: Simulated relative lift of the best arm; the other arms get a part of it.
        merge_syntax: How the tool that sends an export reads merge fields: own
            (``{{first_name|there}}``), mailchimp, braze, liquid, ampscript or hubspot.
    """

    folder: str = ".personalization/exports"
    open_rate: float = 0.32
    click_rate: float = 0.08
    conversion_rate: float = 0.20
    order_value: float = 48.0
    lift: float = 0.15
    merge_syntax: str = "own"

    def __post_init__(self) -> None:
        if self.merge_syntax not in MERGE_SYNTAXES:
            raise InputError(
                f"[delivery] merge_syntax {self.merge_syntax!r} is none of "
                f"{', '.join(MERGE_SYNTAXES)}."
            )


@dataclass(frozen=True, slots=True)
class Outreach:
    """How messages to prospects are chosen.

    Attributes:
        reply: Weight of the expected positive reply in a message's score; all weights together
            count as one.
        role_fit: Weight of how well the text's role fits the prospect's, as far as that is known.
        evidence: Weight of how much of what is known of the prospect the text uses and cites.
        preference: Weight of the channel that the prospect answers on.
        readability: Weight of how easy the text is to read.
        length: Weight of how near the text's length is to what the channel's readers take in.
        freshness: Weight of how new the fact is that the text leads with.
        holdout: Share of prospects, by a fixed draw, that get the default message, in [0, 0.5].
        prior_messages: For how many messages the weights of a strategy count beside the answers.
        base_rate: Share of positive replies before anything is known, in (0, 1).
        draws: From how many equally likely guesses of the learner a prospect's is drawn.
        account_days: Days within which people of one account count as written to together.
        account_people: People of one account who may be written to within these days.
        account_stops: Whether a reply, a stop or a complaint of one ends it for the whole account.
        harm_cap: Share of unsubscribes, complaints and refusals that an arm may draw, in (0, 1).
        harm_certainty: An arm is taken out where its share is above the cap so surely.
        fact_days: Days after which a dated fact is no news any more.
        lawful_basis: File with the team's own table of lawful bases, TOML read over the default.
        is_linkedin_premium: Whether the LinkedIn account may add notes of 300 characters, not 200.
    """

    reply: float = 0.34
    role_fit: float = 0.18
    evidence: float = 0.16
    preference: float = 0.08
    readability: float = 0.08
    length: float = 0.08
    freshness: float = 0.08
    holdout: float = 0.05
    prior_messages: float = 30.0
    base_rate: float = 0.02
    draws: int = 64
    account_days: int = 7
    account_people: int = 3
    account_stops: bool = False
    harm_cap: float = 0.05
    harm_certainty: float = 0.9
    fact_days: int = 365
    lawful_basis: str = ""
    is_linkedin_premium: bool = False

    def __post_init__(self) -> None:
        weights = (self.reply, self.role_fit, self.evidence, self.preference, self.readability,
                   self.length, self.freshness)  # fmt: skip
        if min(weights) < 0 or not sum(weights):
            raise InputError("[outreach] weights are not below 0, and one of them is above 0.")
        if not 0 <= self.holdout <= 0.5:  # noqa: PLR2004 - more than half is no holdout
            raise InputError("[outreach] holdout lies between 0 and 0.5.")
        for name in ("base_rate", "harm_cap", "harm_certainty"):
            if not 0 < getattr(self, name) < 1:
                raise InputError(f"[outreach] {name} lies between 0 and 1.")
        if self.prior_messages < 0 or not 1 <= self.draws <= 1_000:  # noqa: PLR2004 - one table
            raise InputError("[outreach] prior_messages is not below 0, and draws 1 to 1,000.")
        if min(self.account_days, self.account_people, self.fact_days) < 1:
            raise InputError("[outreach] account_days, account_people and fact_days are 1 or more.")


@dataclass(frozen=True, slots=True)
class Audit:
    """How the record is kept.

    Attributes:
        heads: File (``*.jsonl``) or folder that the trail's heads are anchored in, best on another
            disk; empty is the folder ``anchor`` beside the database, where whoever can change the
            database can change them too.
        body_days: Days after the send date of a finished campaign, from which on the texts of its
            messages may be taken away; their fingerprints stay.
        trail_months: Months after which rows of the trail may be put away in a file.
    """

    heads: str = ""
    body_days: int = 90
    trail_months: int = 24

    def __post_init__(self) -> None:
        if self.body_days < 1 or self.trail_months < 1:
            raise InputError("[audit] body_days and trail_months are 1 or more.")


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks, and what a spoken file is like.

    Nothing about a hosted speech model is known to the program: models are retired without it.

    Attributes:
        engine: auto (the embedded voice), espeak, openai or azure.
        voice: Of the engine, such as klatt4, marin or en-GB-RyanNeural; empty is the embedded
            engine's default, and hosted ones need one.
        model: Model id of OpenAI's speech.
        route: How OpenAI is asked: realtime, or speech (its older address, which is going away).
        transcriber: Model id by which OpenAI writes down what its older address said; without one
            that is not held to the script.
        workers: Processes of the embedded voice at most.
        timeout: Seconds that one utterance may take.
        retries: How often a hosted engine is asked again where it is busy, or said something else.
        folder: Spoken files are written below this folder.
        formats: Beside WAV: mp3, opus or both.
        loudness_mono: LUFS of files with one channel.
        loudness_stereo: LUFS of files with two.
        true_peak: dBTP that no file exceeds.
        most_seconds: A script that takes longer is held.
        listened_files: Of so many files of a run, the first ones, the words are looked for and the
            style is measured, which takes longer than making them.
        recording_days: Reference recordings are deleted so long after a profile was fitted.
        asset_days: Spoken files are deleted so long after they were made.
        compliance_officers: Who may have a voice not say itself that it is AI-generated.
    """

    engine: str = "auto"
    voice: str = ""
    model: str = ""
    route: str = "realtime"
    transcriber: str = ""
    workers: int = 2
    timeout: float = 30.0
    retries: int = 2
    folder: str = ".personalization/voice"
    formats: tuple[str, ...] = ("mp3",)
    loudness_mono: float = -19.0
    loudness_stereo: float = -16.0
    true_peak: float = -1.0
    most_seconds: float = 60.0
    listened_files: int = 5
    recording_days: int = 90
    asset_days: int = 180
    compliance_officers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if unknown := set(self.formats) - {"mp3", "opus"}:
            raise InputError(f"[voice] formats has {min(unknown)!r}. Use mp3 and opus.")
        if self.route not in {"realtime", "speech"}:
            raise InputError(f"[voice] route = {self.route!r} is unknown. Use realtime or speech.")
        if self.workers < 1 or self.timeout <= 0 or self.retries < 0 or self.most_seconds <= 0:
            raise InputError(
                "[voice] workers, timeout and most_seconds are above 0, and retries is not below."
            )
        if max(self.loudness_mono, self.loudness_stereo, self.true_peak) > 0:
            raise InputError("[voice] loudness and true_peak are not above 0.")
        if self.listened_files < 0:
            raise InputError("[voice] listened_files is 0 or more.")
        if self.recording_days < 1 or self.asset_days < 1:
            raise InputError("[voice] recording_days and asset_days are 1 or more.")


@dataclass(frozen=True, slots=True)
class Settings:
    """One section for each stage."""

    brand: Brand = Brand()
    segmentation: Segmentation = Segmentation()
    content: Content = Content()
    generation: Generation = Generation()
    safety: Safety = Safety()
    experiments: Experiments = Experiments()
    learning: Learning = Learning()
    delivery: Delivery = Delivery()
    outreach: Outreach = Outreach()
    audit: Audit = Audit()
    voice: Voice = Voice()


def corpus_folder(content: Content) -> Path:
    """Return the folder of approved documents.

    Whoever names none and works in a folder without one has the documents that ship.
    """
    usual = Content().corpus
    told, beside = Path(content.corpus), Path(__file__).parents[1] / usual
    is_named = content.corpus != usual
    return told if is_named or told.is_dir() or not beside.is_dir() else beside


def database_path(environ: Mapping[str, str] = os.environ) -> Path:
    """Return where the state is kept: PERSONALIZATION_DB, or the folder of the working place."""
    return Path(environ.get("PERSONALIZATION_DB", ".personalization/state.duckdb"))


def settings_in_force(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read what the app reads: PERSONALIZATION_SETTINGS, or settings.toml where it is there."""
    path = Path(environ.get("PERSONALIZATION_SETTINGS", "settings.toml"))
    return load_settings(path) if path.exists() else Settings()


def load_settings(path: Path) -> Settings:
    """Read the TOML file at ``path`` over the defaults; sections that are no settings are left.

    Raises:
        InputError: The file is no TOML, a key is unknown, or a value is of another type.
    """
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path} cannot be read as TOML: {error}") from error
    return read_settings(found, path.name)


def read_settings(found: dict[str, Any], place: str) -> Settings:
    """Build settings from the sections ``found``; ``place`` names them in an error."""
    sections = {field.name: getattr(Settings(), field.name) for field in fields(Settings)}
    refuse_unknown(found, sections, place)
    return Settings(
        **{
            name: read_section(f"{place} [{name}]", default, found.get(name, {}))
            for name, default in sections.items()
        }
    )


def read_section(place: str, default: Any, found: Any) -> Any:  # noqa: ANN401
    """Read one section over the dataclass ``default``, value by value.

    Raises:
        InputError: It is no section, a key is unknown, or a value is of another type or range.
    """
    if not isinstance(found, dict):
        head = place.rsplit(maxsplit=1)[-1]
        raise InputError(f"{place} = {found!r} is no section. Write {head} on a line.")
    known = {field.name: getattr(default, field.name) for field in fields(default)}
    if moved := sorted(found.keys() & _IN_POLICY):
        raise InputError(
            f"{place}: {moved[0]} is part of the policy now. Set it on the Policies page, or in "
            "the TOML file that [safety] policy names."
        )
    refuse_unknown(found, known, place)
    values = {
        name: _models(place, value)
        if name == "models"
        else _as_type_of(known[name], value, f"{place}: {name}")
        for name, value in found.items()
    }
    return type(default)(**{**known, **values})


def _models(place: str, found: Any) -> tuple[HostedModel, ...]:  # noqa: ANN401
    """Read a section for each hosted model, called by its id."""
    if not isinstance(found, dict):
        raise InputError(f'{place}: models is no section. Write [generation.models."its id"].')
    head = place.removesuffix("]")
    return tuple(
        read_section(f'{head}.models."{name}"]', HostedModel(name), told)
        for name, told in found.items()
    )


def _as_type_of(default: Any, value: Any, place: str) -> Any:  # noqa: ANN401
    if isinstance(default, tuple) and isinstance(value, list):
        if all(isinstance(entry, str) for entry in value):
            return tuple(value)
        raise InputError(f"{place} = {value!r} is no list of texts.")
    if isinstance(default, str) and isinstance(value, date):
        return value.isoformat()
    if isinstance(default, float) and type(value) is int:
        return float(value)
    if type(value) is not type(default):
        raise InputError(f"{place} = {value!r} is no {type(default).__name__}.")
    return value


def refuse_unknown(found: dict[str, Any], known: dict[str, Any], place: str) -> None:
    """Raise InputError for the first key of ``found`` that is not in ``known``."""
    if unknown := sorted(found.keys() - known.keys()):
        raise InputError(f"{place} has no {unknown[0]!r}. It knows: {', '.join(known)}.")
