"""Where jobs run, if not on this machine: one line, and why the cluster cannot be used now."""

from __future__ import annotations

import streamlit as st

from digitrec.runs import WorkFolder, places, processes
from digitrec.ui.components.digits import escape_markdown

_CHECK_SECONDS = 5.0  # between two looks whether a cluster can be reached


def show_place(what: str) -> bool:
    """Say that jobs run on a cluster, where DIGITREC_CLUSTER names one; whether they can be started now.

    Args:
        what: runs there, a plural such as "Trainings".
    """
    address = places.dashboard_cluster()
    if address is None:
        return True
    if problem := _find_problem(address):
        st.error(escape_markdown(problem), icon=":material/cloud_off:")
        return False
    st.caption(escape_markdown(f"{what} run on the cluster {address}."))
    return True


def is_trainable() -> bool:
    """Whether a training can be started: here, or on a cluster; the page says where, or what is missing."""
    if places.dashboard_cluster() is None and not processes.has_tensorflow():
        st.info(escape_markdown(processes.explain_missing_tensorflow("Training")), icon=":material/download:")
        return False
    return show_place("Trainings")


def is_ready() -> bool:
    """Whether jobs can be started now; a page says by `show_place` why not."""
    address = places.dashboard_cluster()
    return address is None or _find_problem(address) is None


def check() -> None:
    """Check, before a job is created, that the dashboard's cluster is there and has the same versions.

    Raises:
        ClusterError: it cannot; the message says why and what to do.
    """
    if address := places.dashboard_cluster():
        from digitrec.cluster import connection  # Dask takes a second, and is not installed everywhere

        connection.check(address)


def describe_place(folder: WorkFolder) -> str:
    """On which cluster, and which machine there, the work of a folder is done; empty for this machine."""
    place = places.find(folder)
    if place is None:
        return ""
    return f"on the cluster {place.address}" + (f", machine {place.host}" if place.host else "")


@st.cache_data(ttl=_CHECK_SECONDS, show_spinner=False)
def _find_problem(address: str) -> str | None:
    del address  # only a part of the cache key
    return places.find_problem()
