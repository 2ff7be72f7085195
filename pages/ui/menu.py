"""The menu: every page, and the steps that a campaign takes through them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class PageSpec:
    """One row of the menu.

    Attributes:
        key: Names the page in the code and in its address.
        file: Relative to ``app.py``.
        title: In the menu and at the top of the page.
        icon: Name of a Material symbol.
        section: Heading in the menu.
        help: What the page is for, as a tooltip.
    """

    key: str
    file: str
    title: str
    icon: str
    section: str
    help: str


PAGES: Final[tuple[PageSpec, ...]] = (
    PageSpec(
        "home", "pages/ui/home.py", "Campaigns", "campaign", "",
        "What needs you now, and every campaign with its next step.",
    ),
    PageSpec(
        "upload", "pages/upload.py", "Upload", "upload_file", "Build",
        "Check customer files, see what would come in, and create a campaign.",
    ),
    PageSpec(
        "segments", "pages/segments.py", "Segments", "group_work", "Build",
        "Group the customers, see who is in each group and why.",
    ),
    PageSpec(
        "content", "pages/content.py", "Content", "menu_book", "Build",
        "The approved content library, the sources of each segment, and writing the messages.",
    ),
    PageSpec(
        "search", "pages/search.py", "Search", "search", "Build",
        "What the library has to say on a subject, why each hit is there, and what was left out.",
    ),
    PageSpec(
        "brand", "pages/brand.py", "Brand", "record_voice_over", "Build",
        "How the brand speaks and looks: its words, tried on texts, examples and messages.",
    ),
    PageSpec(
        "review", "pages/review.py", "Review", "rule", "Build",
        "Read each message as its customers will, with its evidence, and decide.",
    ),
    PageSpec(
        "experiment", "pages/experiment.py", "Experiment", "science", "Build",
        "What the test could show, its design, the checks, and the launch.",
    ),
    PageSpec(
        "results", "pages/results.py", "Results", "query_stats", "Learn",
        "What came of it: health, verdict, lift by variant and segment, and what moves it.",
    ),
    PageSpec(
        "recommendations", "pages/recommendations.py", "Recommendations", "recommend", "Recommend",
        "What each customer or segment would be shown and why, by which rules, and how well.",
    ),
    PageSpec(
        "catalogue", "pages/catalogue.py", "Catalogue", "inventory_2", "Recommend",
        "The products, what is missing in them, how each one sells, and files that add to them.",
    ),
    PageSpec(
        "texts", "pages/texts.py", "Product texts", "edit_note", "Recommend",
        "Descriptions, summaries, e-mail parts and posts about products, grounded and approved.",
    ),
    PageSpec(
        "triggers", "pages/triggers.py", "Triggers", "bolt", "Recommend",
        "Whom a message would answer today, what waits to be handed over, campaigns that repeat.",
    ),
    PageSpec(
        "prospects", "pages/prospects.py", "Prospects", "contacts", "Outreach",
        "Who prospects are at work, how each is worked and why, and files that add to them.",
    ),
    PageSpec(
        "outreach", "pages/outreach.py", "Outreach", "outgoing_mail", "Outreach",
        "Write to prospects: texts, who gets what and why, sequences, and the hand-over.",
    ),
    PageSpec(
        "outreach_results", "pages/outreach_results.py", "Outreach results", "insights", "Outreach",
        "What prospects answered, what was learnt of it, and how sure that is.",
    ),
    PageSpec(
        "voice", "pages/voice.py", "Voice studio", "graphic_eq", "Outreach",
        "Approved scripts spoken for each person: listen, check names, make files, hand them over.",
    ),
    PageSpec(
        "queue", "pages/queue.py", "Queue", "approval", "Comply",
        "What waits for a sign-off, the riskiest first, with all that it covers.",
    ),
    PageSpec(
        "audit", "pages/audit.py", "Audit", "fact_check", "Comply",
        "Proof that everything was screened, what was held back, and the record as CSV.",
    ),
    PageSpec(
        "policies", "pages/policies.py", "Policies", "policy", "Comply",
        "What screening goes by, and what a change would do before it is in force.",
    ),
    PageSpec(
        "trends", "pages/trends.py", "Trends", "monitoring", "Comply",
        "How much is held back and overruled, and which rules raise false alarms.",
    ),
    PageSpec(
        "consent", "pages/consent.py", "Consent", "how_to_reg", "Comply",
        "Who may be written to and why, objections, and what is held about a person.",
    ),
    PageSpec(
        "incidents", "pages/incidents.py", "Incidents", "emergency_home", "Comply",
        "Withdraw a source, stop a campaign, and see who is affected.",
    ),
)  # fmt: skip
"""Every page, in the order of the menu.  To add one: write the file, add its row."""

STEPS: Final = (
    ("upload", "Upload"),
    ("segments", "Segments"),
    ("content", "Messages"),
    ("review", "Review"),
    ("experiment", "Test"),
    ("results", "Results"),
)
"""The pages that a campaign goes through, with their words in the step bar."""
