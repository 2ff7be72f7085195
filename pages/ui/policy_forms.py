"""Changing a policy: thresholds and rules as forms, and the whole of it as text.

Every change goes into a draft.  Nothing here is in force before it is put in force.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from pages.ui import shell, words
from pages.ui.policy_record import ACTION, CATEGORY, DECISION
from pages.ui.words import plain
from personalization import campaign
from personalization.reports import policies as reports

if TYPE_CHECKING:
    from collections.abc import Sequence

    from personalization.reports.policies import Draft, Policy, RuleRow, RuleWords
    from personalization.reports.rates import Rate

_HARM: Final = "harm."
_MANY, _TALL = 12, 470  # rows that fit, and the pixels of a list that has more
_LARGEST: Final = 1  # MB of a policy's file; the default has a tenth of that
_WORDS: Final = {
    "patterns": "Words to add",
    "weighted": "Phrases to add, each with its weight: wow = 2",
    "unless": "Words to add that excuse a hit they stand around",
    "unless_near": "Words to add that excuse a hit in the same sentence",
    "names": "Names in capitals to add",
    "words": "Short words in capitals to add",
}


def thresholds(policy: Policy, actor: str, *, is_open: bool) -> None:
    """Show from which level each category stops a message, with what levels mean."""
    st.markdown(
        "An engine gives each text a level for each category of harm: **0, 2, 4 or 6**. Above one "
        "level nobody can let the message pass; from another on, a named reviewer has to give a "
        "reason."
    )
    with st.grid(2, min_column_width=380, key="thresholds") as grid:
        for category in CATEGORY:
            with grid.cell():
                _threshold(policy, category, actor, is_open=is_open)
    with st.expander("What the levels mean", icon=":material/help:", expanded=True):
        st.markdown(
            "**Azure AI Content Safety** gives severities: 0 is safe, 2 low, 4 medium and 6 high. "
            "“Exceeding Medium” is level 6, so blocking above 4 lets a medium severity reach a "
            "reviewer. With eight levels, 7 always blocks."
        )
        st.markdown(
            "**The built-in screener** gives bands of confidence: 2 means that it is a little "
            "suspicious, 4 clearly, 6 that few ordinary company texts look like this. A band says "
            "how sure the screener is, not how bad the text is, and is never counted together "
            "with a severity."
        )
        st.caption(plain(reports.ABOUT_BANDS))


def _threshold(policy: Policy, category: str, actor: str, *, is_open: bool) -> None:
    found = policy.thresholds[category]
    with st.container(border=True, key=f"threshold_{category}"):
        st.markdown(f"**{CATEGORY[category]}**")
        with st.container(horizontal=True, gap="small"):
            for level, action in reports.outcomes(policy, category):
                st.badge(f"{level}: {DECISION[action].lower()}", color=_COLOUR[action])
        if not is_open:
            return
        with st.grid(2, min_column_width=240, key=f"levels_{category}"):
            block = st.selectbox(
                "Blocked", range(7), index=found.block_above, format_func=_blocked,
                key=f"block_{category}_{found.block_above}_{found.review_from}",
            )  # fmt: skip
            review = st.selectbox(
                "Needs a reviewer", range(1, 7), index=max(found.review_from, 1) - 1,
                format_func="from level {}".format,
                key=f"review_{category}_{found.block_above}_{found.review_from}",
            )  # fmt: skip
        if (block, review) != (found.block_above, max(found.review_from, 1)):
            with shell.told():
                campaign.amend_threshold(
                    shell.store(), shell.settings(), category, block_above=block,
                    review_from=review, actor=actor,
                )  # fmt: skip
                st.rerun()


_COLOUR: Final[dict[str, Any]] = {
    "pass": "green", "warn": "gray", "review": "orange", "block": "red",
}  # fmt: skip


def _blocked(above: int) -> str:
    levels = [str(level) for level in (2, 4, 6) if level > above] or ["7 of eight levels"]
    return f"above {above}, so level {words.listed(levels)}"


def rules(policy: Policy, actor: str, *, is_open: bool) -> None:
    """List every rule; the chosen one is shown with its words, and can be changed."""
    found = _searched(policy)
    st.caption(f"{words.plural(len(found), 'rule')}. Choose one to read and change it.")
    chosen = st.dataframe(
        [_row(row) for row in found], hide_index=True, key="rules", on_select="rerun",
        selection_mode="single-row", alt="Rules of the policy",
        height=_TALL if len(found) > _MANY else "content",
        column_config={
            "Fired": st.column_config.NumberColumn(
                "Found in", help="Messages in whose newest screening it found something."
            ),
            "Severity": st.column_config.NumberColumn("Severity", help="0 harmless to 6 severe"),
            "False alarms": st.column_config.TextColumn(
                "False alarms", help="Of its findings that reviewers have labelled."
            ),
        },
    )["selection"]["rows"]  # fmt: skip
    for position in chosen[:1]:
        if position < len(found):
            _rule(found[position], policy, actor, is_open=is_open)


def _searched(policy: Policy) -> list[RuleRow]:
    """Let the officer say what to look for, and return the rules that fit."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted = st.text_input(
            "Find a rule", key="rule_search", placeholder="a name, a law, a word of its message"
        )
        action = st.selectbox(
            "Action", ["", *ACTION], key="rule_action",
            format_func=lambda name: ACTION.get(name, "Any"),
        )  # fmt: skip
    return [
        row
        for row in reports.rules(shell.store(), policy)
        if wanted.strip().lower() in f"{row.name} {row.basis} {row.message}".lower()
        and action in ("", row.action)
    ]


def _row(row: RuleRow) -> dict[str, Any]:
    return {
        "Rule": row.name,
        "Action": ACTION[row.action] + (" (yours)" if row.is_changed else ""),
        "Fired": row.fired,
        "False alarms": share(row.false_alarms) if row.false_alarms else "",
        "What is wrong": row.message,
        "Severity": row.severity,
        "Basis": row.basis,
        "Version": row.version,
    }


def share(found: Rate) -> str:
    """Say a labelled share in short: ``5 of 40: 12%``."""
    return f"{found.count} of {found.n}: {words.percent(found.share, 0)}"


def _rule(row: RuleRow, policy: Policy, actor: str, *, is_open: bool) -> None:
    found = reports.words_of(policy.overlay, row.name)
    with st.container(border=True, key="rule"):
        st.subheader(plain(row.name), anchor=False)
        st.markdown(
            f"{plain(row.message)}  \n**What to write instead:** {plain(row.advice)}  \n"
            f":gray[{plain(row.basis)} · version {row.version}]"
        )
        for each in found:
            _words(each)
        if row.name.startswith(_HARM):
            st.caption("What a level of this category leads to is set under Levels of harm.")
        elif is_open:
            _form(row, found, reports.limit_of(policy, row.name), actor)


_LISTED: Final = {
    "patterns": "Words that give cause",
    "weighted": "Phrases and their weights",
    "unless": "Words around a hit that excuse it",
    "unless_near": "Words in the same sentence that excuse it",
    "names": "Words in capitals that are names",
    "words": "Short words in capitals that are words",
}


def _words(found: RuleWords) -> None:
    kept = [] if found.is_replaced else [w for w in found.shipped if w not in found.removed]
    label = f"{_LISTED[found.key]}: {len(kept) + len(found.added)}"
    changed = [f"{len(found.added)} added"] * bool(found.added)
    changed += [f"{len(found.removed)} taken out"] * bool(found.removed)
    with st.expander(label + (f" ({', '.join(changed)})" if changed else "")):
        lines = [f"+ {word}" for word in found.added] + [f"- {word}" for word in found.removed]
        st.code("\n".join([*lines, *kept]) or "None", language="diff" if lines else None,
                wrap_lines=True)  # fmt: skip


def _form(row: RuleRow, found: Sequence[RuleWords], limit: int | None, actor: str) -> None:
    with st.form(f"rule_{row.name}"):
        choices = reports.actions_of(row)
        values: dict[str, Any] = {
            "action": st.selectbox(
                "Action", choices, index=choices.index(row.action),
                format_func=ACTION.__getitem__, key=f"action_{row.name}_{row.action}",
                help="A rule that ships as blocking keeps what must never go out: it can ask a "
                "reviewer, and no less." if len(choices) < len(ACTION) else None,
            )
        }  # fmt: skip
        if limit is not None:
            values["limit"] = st.number_input(
                "Limit", 0, None, limit, 1, key=f"limit_{row.name}_{limit}",
                help="The rule's own number: a count, a sum of weights or a distance in signs.",
            )  # fmt: skip
        for each in found:
            values |= _changed_words(row.name, each)
        if st.form_submit_button("Add to the draft", icon=":material/edit_note:"):
            with shell.told():
                campaign.amend_rule(shell.store(), shell.settings(), row.name, values, actor=actor)
                shell.say("Your draft has the change. Nothing is in force yet.")
                st.rerun()


def _changed_words(rule: str, each: RuleWords) -> dict[str, list[Any]]:
    """Let the officer add to one of a rule's lists and take from it."""
    if each.is_replaced:
        st.caption(f"{_LISTED[each.key]}: your own list. Change it under As text.")
        return {}
    added = st.text_area(
        f"{_WORDS[each.key]}, one a line", "\n".join(each.added), height=80,
        key=f"add_{rule}_{each.key}_{hash(each.added)}", placeholder=_HINT.get(each.key, ""),
    )  # fmt: skip
    removed = st.multiselect(
        f"Take out of: {_LISTED[each.key].lower()}", each.shipped, list(each.removed),
        key=f"remove_{rule}_{each.key}_{hash(each.removed)}",
    )  # fmt: skip
    return {
        f"{each.key}_add": _entries(each.key, added.splitlines()),
        f"{each.key}_remove": _entries(each.key, removed),
    }


_HINT: Final = {"patterns": "while stocks last", "unless": "not guaranteed"}


def _entries(key: str, lines: Sequence[str]) -> list[Any]:
    """Read what was typed, one entry a line; of a weighted phrase the number behind the sign.

    A phrase without a number counts once; a line that is neither is left for the policy to refuse.
    """
    kept = [line.strip() for line in lines if line.strip()]
    return [_weighted(line) for line in kept] if key == "weighted" else list(kept)


def _weighted(line: str) -> list[Any] | str:
    phrase, sign, number = (part.strip() for part in line.rpartition("="))
    if not sign:
        return [line, 1]
    is_number = re.fullmatch("[0-9]{1,3}", number) is not None
    return [phrase, int(number)] if phrase and is_number else line


def text(draft: Draft, actor: str, *, is_open: bool) -> None:
    """Show the team's own policy as TOML, to be edited, or replaced by a file."""
    if not is_open:
        st.code(draft.overlay or "# Empty: the default is in force.", language="toml")
        return
    st.markdown(
        "Your policy names only what differs from the default. `patterns_add` and "
        "`patterns_remove` change a rule's words, `action` is one of block, review, warn and off."
    )
    file = st.file_uploader(
        "Upload a policy (TOML)", type=["toml"], key="policy_upload", max_upload_size=_LARGEST
    )
    if file is not None and st.session_state.get("policy_taken") != file.file_id:
        st.session_state["policy_taken"] = file.file_id
        _take(file.getvalue(), actor)
    with st.form("policy_text"):
        written = st.text_area(
            "Your policy", draft.overlay, height=360, placeholder=_EXAMPLE,
            key=f"policy_text_{draft.changed_at}",
        )  # fmt: skip
        if st.form_submit_button("Keep as a draft", icon=":material/save:"):
            _keep(written, actor)


_EXAMPLE: Final = """[thresholds.violence]
block_above = 3

[rules."urgency.pressure"]
action = "block"
patterns_add = ['last orders', 'going, going, gone']"""


def _take(content: bytes, actor: str) -> None:
    try:
        _keep(content.decode("utf-8-sig"), actor)
    except UnicodeDecodeError:
        st.error("The file is not text in UTF-8. Save it as UTF-8 and upload it again.")


def _keep(written: str, actor: str) -> None:
    with shell.told():
        overlay = written.replace("\r\n", "\n")
        campaign.save_policy_draft(shell.store(), shell.settings(), overlay, actor=actor)
        shell.say("Your draft is kept. Nothing is in force yet.")
        st.rerun()
