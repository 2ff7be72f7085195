"""What the launch gate looks at: every text with its screening and approval, and the audience.

Gathered with a few queries, so that the checks themselves are pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from personalization.delivery.email_parts import Look, look_in_force
from personalization.delivery.launch import Launch, find_launch
from personalization.delivery.product_check import ProductState, product_state
from personalization.delivery.recipients import Standing, standing
from personalization.domain import CONTROL, Message, other_people

if TYPE_CHECKING:
    from datetime import date, datetime

    from personalization.settings import Brand
    from personalization.store import Store

# The arms of the design; before there is one, all that was written.
_ARMS = """
    WITH designed AS (
        SELECT segment, arm, variant_id, version, content_sha256 FROM arms
        WHERE experiment_id = $experiment_id AND variant_id IS NOT NULL
    ), written AS (
        SELECT * FROM current_variants WHERE campaign_id = $campaign_id
    ), going_out AS (
        SELECT * FROM designed
        UNION ALL
        SELECT segment, arm, variant_id, version, content_sha256 FROM written
        WHERE NOT EXISTS (SELECT 1 FROM designed)
    ), forms AS (
        SELECT variant_id, version,
               bool_or(csv_cell(subject) <> subject OR csv_cell(preheader) <> preheader
                       OR csv_cell(body) <> body OR csv_cell(call_to_action) <> call_to_action
                       OR csv_cell(link) <> link OR csv_cell(footer) <> footer) AS has_formula,
               bool_or(regexp_matches(concat_ws(' ', subject, preheader, body, call_to_action,
                                                link, footer), '\\{\\{|\\}\\}')) AS has_open_tag
        FROM message_forms WHERE campaign_id = $campaign_id
        GROUP BY variant_id, version
    )
    SELECT going_out.segment, going_out.arm,
           written.subject, written.preheader, written.body, written.call_to_action, written.link,
           written.footer,
           coalesce(written.version = going_out.version
                    AND written.content_sha256 = going_out.content_sha256, false),
           screened.decision,
           coalesce(screened.screening_id IN (SELECT screening_id FROM screenings_in_force), false),
           coalesce(screened.n_strings, 0), approved.decision, sendable.variant_id IS NOT NULL,
           coalesce(forms.has_formula, false), coalesce(forms.has_open_tag, false),
           coalesce(regexp_matches(concat_ws('', written.subject, written.preheader, written.body,
                        written.call_to_action, written.link, written.footer),
                        '[\\x00-\\x08\\x0B-\\x1F\\x7F]'), false),
           CASE WHEN screened.screening_id IS NULL THEN ''
                ELSE array_to_string(list_filter(CAST($readers AS VARCHAR[]), lambda code:
                         NOT list_contains(string_split(coalesce(screened.readers, ''), ','),
                                           code)), ', ') END,
           drawn.decision,
           coalesce(array_to_string(list_distinct(CAST(json_extract_string(drawn.findings,
                        '$[*].message') AS VARCHAR[])), ' '), '')
    FROM going_out
    LEFT JOIN written ON written.variant_id = going_out.variant_id
    LEFT JOIN forms
        ON forms.variant_id = written.variant_id AND forms.version = written.version
    LEFT JOIN latest_screenings AS screened
        ON screened.variant_id = written.variant_id AND screened.version = written.version
       AND screened.content_sha256 = written.content_sha256
    LEFT JOIN latest_approvals AS approved
        ON approved.variant_id = written.variant_id AND approved.version = written.version
       AND approved.content_sha256 = written.content_sha256
    LEFT JOIN sendable_variants AS sendable
        ON sendable.variant_id = written.variant_id AND sendable.version = written.version
    LEFT JOIN latest_email_checks AS drawn
        ON drawn.variant_id = written.variant_id AND drawn.version = written.version
       AND drawn.content_sha256 = written.content_sha256 AND drawn.look_sha256 = $look_sha256
       AND drawn.policy_version = (SELECT policy_version FROM policy_in_force)
    ORDER BY going_out.segment, going_out.arm
"""


@dataclass(frozen=True, slots=True)
class ArmState:
    """One text that is to go out, and how far it has come.

    Attributes:
        message: The newest version; None where it was taken back since the design.
        is_same: Whether the newest version is, byte for byte, the one in the design.
        screening: Decision of the newest screening of these bytes, or None.
        is_in_force: Whether that screening was made under the policy in force.
        n_screened: Sendable strings that the screening looked at.
        approval: Last decision of a reviewer on these bytes, or None.
        is_sendable: Whether ``sendable_variants`` holds it.
        has_formula: Whether a spreadsheet would take one of its texts for a formula.
        has_open_tag: Whether a merge tag stays open once all fields are filled.
        has_control: Whether a text holds a control character.
        unknown_readers: Codes of countries that the screening did not know the message goes to.
        drawn: Worst of what was found in it as an e-mail, in the look and under the policy in
            force, or None where nobody looked.
        drawn_faults: What was found, in sentences.
    """

    segment: str
    arm: str
    message: Message | None
    is_same: bool
    screening: str | None
    is_in_force: bool
    n_screened: int
    approval: str | None
    is_sendable: bool
    has_formula: bool
    has_open_tag: bool
    has_control: bool
    unknown_readers: str = ""
    drawn: str | None = None
    drawn_faults: str = ""

    @property
    def name(self) -> str:
        """Return how a marketer calls it."""
        what = "control text" if self.arm == CONTROL else f"variant {self.arm}"
        return f"{self.segment}: {what}"

    @property
    def n_strings(self) -> int:
        """Return how many of its fields have a text that goes out."""
        return sum(bool(text) for _, text in self.message.fields()) if self.message else 0

    @property
    def has_passed(self) -> bool:
        """Tell whether all its strings passed under the policy in force.

        A screening that asks for review has passed once a reviewer approved that very one with a
        reason, which is what ``sendable_variants`` looks at.
        """
        is_clean = self.screening in ("pass", "warn") or (
            self.screening == "review" and self.is_sendable
        )
        is_known = self.is_in_force and not self.unknown_readers
        return is_clean and is_known and 0 < self.n_strings <= self.n_screened


_FACTS = """
    WITH given AS (
        SELECT customer_id, segment, arm FROM assignments WHERE experiment_id = $experiment_id
    ), designed AS (
        SELECT segment, arm FROM arms WHERE experiment_id = $experiment_id
    )
    SELECT (SELECT count(*) FROM given) AS n_assigned,
           (SELECT count(*) - count(DISTINCT customer_id) FROM given) AS n_twice,
           (SELECT count(*) FROM given ANTI JOIN designed USING (segment, arm)) AS n_strays,
           (SELECT count(*) FROM writing_failures WHERE campaign_id = $campaign_id)
               AS n_failures,
           (SELECT policy_version FROM policy_in_force) AS policy_version,
           (SELECT is_sample FROM campaigns
            JOIN datasets ON datasets.dataset_id = campaigns.dataset_id
            WHERE campaign_id = $campaign_id) AS is_sample,
           (SELECT string_agg(concat(title, ' (', reason, ')'), '; ' ORDER BY incident_id)
            FROM campaign_holds WHERE campaign_id = $campaign_id) AS held_by
"""
_SEAL = """
    SELECT sealed_by, sealed_at, is_self_approved FROM current_seals
    WHERE campaign_id = $campaign_id
"""
_PEOPLE = "SELECT name FROM people_on_record ORDER BY name"
_CHANGES = """
    SELECT told FROM seal_changes WHERE campaign_id = $campaign_id
    ORDER BY list_position(['decision', 'content', 'sources', 'policy', 'audience', 'arms'], part),
             item
"""


@dataclass(frozen=True, slots=True)
class SignOff:
    """The last sign-off of a campaign, and what is not as it was signed.

    Attributes:
        sealed_by: Who signed; None where nobody did, likewise ``sealed_at``.
        is_self_approved: Whether the one who signed had designed or worded it, alone, or is a
            program.
        people: Who is on record, programs left out.
        changes: One clause for each thing that changed since; empty while the seal is whole.
    """

    sealed_by: str | None = None
    sealed_at: datetime | None = None
    is_self_approved: bool = False
    changes: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Readiness:
    """All that the gate's checks look at.

    Attributes:
        look: How e-mails look now.
        arms: Every text that is to go out.
        n_assigned: Rows of ``assignments``.
        n_twice: Of these, rows beyond a customer's first.
        n_strays: Of these, rows of an arm that the design does not have.
        n_failures: Messages that could not be written and still fail.
        policy_version: The policy in force, or None where there never was one.
        is_sample: Whether the customers are those of the sample data.
        held_by: Incidents that hold the campaign, in words, or None.
        sign_off: The last sign-off, held against how everything stands now.
        audience: Who would be written to now, who not, and who waits for an arm.
        today: The day on which the gate looks, UTC.
        products: What stands against the products that messages name; None where none are planned.
    """

    launch: Launch
    brand: Brand
    look: Look
    arms: tuple[ArmState, ...]
    n_assigned: int
    n_twice: int
    n_strays: int
    n_failures: int
    policy_version: str | None
    is_sample: bool
    held_by: str | None
    sign_off: SignOff
    audience: Standing
    today: date
    products: ProductState | None = None


def read_readiness(store: Store, brand: Brand, campaign_id: str) -> Readiness:
    """Gather what the gate looks at; ``InputError`` where there is no such campaign."""
    launch = find_launch(store, campaign_id)
    keys = {"experiment_id": launch.experiment_id, "campaign_id": campaign_id}
    [facts] = store.records(_FACTS, **keys)
    readers = new_readers(store, campaign_id)
    look = look_in_force(store, brand)
    arms = tuple(
        _arm_state(row)
        for row in store.read(_ARMS, **keys, readers=readers, look_sha256=look.sha256)
    )
    return Readiness(
        launch=launch,
        brand=brand,
        look=look,
        arms=arms,
        sign_off=_sign_off(store, campaign_id),
        audience=standing(store, launch),
        today=store.now().date(),
        products=product_state(store, brand, launch, [arm.message for arm in arms if arm.message]),
        **facts,
    )


# Where every country of the customer base was known, nobody new is among the eligible either.
_COUNTRIES = """
    SELECT DISTINCT coalesce(spellings.own_code, 'other') AS code
    FROM (SELECT DISTINCT lower(trim(coalesce(country, substr(locale, 4)))) AS spelling
          FROM customers
          WHERE dataset_id =
              (SELECT dataset_id FROM campaigns WHERE campaign_id = $campaign_id)) AS found
    LEFT JOIN jurisdiction_names AS spellings ON spellings.spelling = found.spelling
    WHERE EXISTS (
        SELECT 1 FROM current_variants AS variants
        LEFT JOIN latest_screenings AS screened
            ON screened.variant_id = variants.variant_id AND screened.version = variants.version
           AND screened.content_sha256 = variants.content_sha256
        WHERE variants.campaign_id = $campaign_id
          AND NOT list_contains(string_split(coalesce(screened.readers, ''), ','),
                                coalesce(spellings.own_code, 'other')))
    ORDER BY code
"""
_READERS = "SELECT code FROM campaign_readers WHERE campaign_id = $campaign_id ORDER BY code"


def new_readers(store: Store, campaign_id: str) -> list[str]:
    """Return the countries of eligible customers that some screening did not know of, as codes.

    The whole audience is worked out only where the customer base has a country that is not known.
    """
    unknown = {code for (code,) in store.read(_COUNTRIES, campaign_id=campaign_id)}
    if not unknown:
        return []
    found = store.read(_READERS, campaign_id=campaign_id)
    return [code for (code,) in found if code in unknown]


def _sign_off(store: Store, campaign_id: str) -> SignOff:
    seal = store.read_one(_SEAL, campaign_id=campaign_id)
    if seal is None:
        return SignOff()
    changes = store.read(_CHANGES, campaign_id=campaign_id)
    sealed_by, sealed_at, is_self_approved = seal
    people = other_people((name for (name,) in store.read(_PEOPLE)), "")
    return SignOff(
        sealed_by, sealed_at, is_self_approved, tuple(told for (told,) in changes), tuple(people)
    )


def _arm_state(row: tuple[object, ...]) -> ArmState:
    message = None if row[2] is None else Message(*(str(text) for text in row[2:8]))
    return ArmState(str(row[0]), str(row[1]), message, *row[8:])  # type: ignore[arg-type]
