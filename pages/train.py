"""Train: choose the settings, start, and watch the network learn."""

import streamlit as st

from digitrec.evaluation import overview
from digitrec.runs import jobs
from digitrec.runs.config import ConfigError
from digitrec.ui import pickers, state
from digitrec.ui.train import settings, training

BUSY, IDLE = 0.5, 3.0  # seconds between two looks at the jobs; idle ones notice what another browser starts
CURVES = 1.5  # seconds between two drawings of the curves, which cost the browser most

st.title("Train", anchor=False)
pickers.dataset_banner()
settings.init_settings()
live = jobs.queue()

# --- the next training, in short ---
with st.container(border=True):
    left, right = st.columns([4, 1], vertical_alignment="center")
    with left:
        settings.preset_picker()
    try:
        config, problem = settings.read_config(), None
    except ConfigError as error:
        config, problem = None, str(error)
    right.button(
        "Start",
        key="start",
        on_click=settings.start_training,
        type="primary",
        disabled=config is None,
        icon=":material/play_arrow:",
        help="One training runs at a time; another one waits in line." if live else None,
        width="stretch",
    )
    if problem := problem or st.session_state.pop(state.TRAIN_ERROR, None):
        st.error(problem, icon=":material/warning:")


# --- what is in work, or how the last one ended ---
def watch() -> None:
    if now := training.rerun_when_jobs_change(live):
        training.live_view(now)


def draw_curves() -> None:
    training.curves_view(live[0].history(), key="live")


st.fragment(watch, run_every=BUSY if live else IDLE)()
if live:
    st.fragment(draw_curves, run_every=CURVES)()
elif ended := overview.find_last_ended():
    training.ended_view(ended)

# --- the settings in full ---
st.header("Settings", anchor=False)
left, right = st.columns(2, gap="large")
with left:
    for title, rows in settings.SETTING_GROUPS.items():
        place = st.expander(title) if title == "More" else st.container()
        with place:
            if title != "More":
                st.subheader(title, anchor=False)
            for row in rows:  # so that they stay in order on a phone, too
                for column, name in zip(st.columns(len(row)), row, strict=True):
                    with column:
                        settings.setting_widget(name)
with right:
    network = settings.setting_value("network")
    st.subheader("The network", anchor=False)
    settings.network_summary(network, len(settings.class_names(settings.setting_value("dataset"))) or 10)
    st.subheader("What it gets to see", anchor=False)
    if config is not None:
        settings.augmentation_preview(config, seed=st.session_state.get(state.TRAIN_PREVIEW_SEED, 0))
    if config is not None and config.augments:
        st.button("Others", key="others", on_click=settings.show_other_previews)
