"""The public data sets by name: what each holds, whether it is here, and its download."""

from __future__ import annotations

import streamlit as st

from digitrec.data import Description, catalogue, loading
from digitrec.ui.components import fetch_bar
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.explore.import_panel import PANEL_WIDTH


def known_sets() -> None:
    """List the public data sets, and let the user download one that is not on this machine."""
    public = [each for each in catalogue.DATASETS.values() if each.counts[0]]
    here = {each.name for each in public if loading.is_available(each)}
    with st.expander("Public data sets", icon=":material/public:", width=PANEL_WIDTH):
        st.markdown(_table(public, here))
        st.caption("✓ on this machine")
        missing = [each for each in public if each.name not in here and each.published]  # MNIST has a banner
        if not missing:
            return
        titles = {each.name: each.title for each in missing}
        name = st.selectbox(
            "Download a data set", list(titles), format_func=lambda name: titles[name], key="known-set"
        )
        chosen = next(each for each in missing if each.name == name)
        st.markdown(_describe(chosen))
        fetch_bar.offer_download(chosen)


def _table(public: list[Description], here: set[str]) -> str:
    """The data sets as a table in Markdown."""
    lines = ["| Data set | Images | Classes | Licence |", "|---|--:|--:|---|"]
    for each in public:
        facts = (f"{sum(each.counts):,}", str(len(each.class_names)), escape_markdown(_shorten(each.licence)))
        mark = " ✓" if each.name in here else ""
        lines.append(f"| [{escape_markdown(each.title)}]({each.home}){mark} | {' | '.join(facts)} |")
    return "\n".join(lines)


def _shorten(licence: str) -> str:
    """A licence for a narrow column."""
    return licence.partition(" by ")[0]


def _describe(description: Description) -> str:
    """What a person should know before the download, in Markdown."""
    train, test = description.counts
    facts = [
        f"{train:,} training and {test:,} test images of {len(description.class_names)} classes: "
        f"{_join(description.class_names)}",
        f"Source: {description.source}. Licence: {description.licence}",
        description.note.rstrip("."),
        "Nobody has published a checksum. The first download is trusted, and later ones must be equal to it"
        if any(file.is_pinned for file in description.published)
        else "The checksum is verified",
    ]
    return "\n".join(f"- {escape_markdown(fact)}." for fact in facts if fact)


def _join(class_names: tuple[str, ...]) -> str:
    """The classes in short."""
    return " ".join(class_names) if max(map(len, class_names)) == 1 else ", ".join(class_names)
