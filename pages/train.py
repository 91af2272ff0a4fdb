"""Train: choose the settings, start, and watch the network learn."""

import streamlit as st

from digitrec.evaluation import overview
from digitrec.runs import ConfigError, jobs
from digitrec.ui import pickers, state
from digitrec.ui.train import previews, settings, training

BUSY, IDLE = 0.5, 3.0  # seconds between two polls of the jobs; another browser may start one
CURVES = 1.5  # seconds between two drawings of the curves, the most work for the browser

st.title("Train", anchor=False)
pickers.dataset_banner()
settings.init_settings()
live = jobs.queue()

# --- the next training, in short ---
with st.container(border=True):
    left, right = st.columns([4, 1], vertical_alignment="center")
    with left:
        settings.pick_preset()
    try:
        config, problem = settings.read_config(), None
    except ConfigError as error:
        config, problem = None, str(error)
    right.button(
        "Start",
        key="start",
        on_click=settings.start_training,
        type="primary",
        disabled=config is None or not settings.is_trainable(),
        icon=":material/play_arrow:",
        help="Only one training runs at a time. This one will be queued." if live else None,
        width="stretch",
    )
    if problem := problem or st.session_state.pop(state.TRAIN_ERROR, None):
        st.error(problem, icon=":material/warning:")


# --- the training that runs, or how the last one ended ---
def watch() -> None:
    if now := training.rerun_when_jobs_change(live):
        training.show_live(now)


def draw_curves() -> None:
    training.show_curves(live[0].history(), key="live")


st.fragment(watch, run_every=BUSY if live else IDLE)()
if live:
    st.fragment(draw_curves, run_every=CURVES)()
elif ended := overview.find_last_ended():
    training.show_ended(ended)

# --- the settings in full ---
st.header("Settings", anchor=False)
left, right = st.columns(2, gap="large")
with left:
    for title, rows in settings.SETTING_GROUPS.items():
        place = st.expander(title) if title == "More" else st.container()
        with place:
            if title != "More":
                st.subheader(title, anchor=False)
            for row in rows:  # so they keep their order on a phone
                for column, name in zip(st.columns(len(row)), row, strict=True):
                    with column:
                        settings.show_setting(name)
with right:
    network = settings.setting_value("network")
    st.subheader("The network", anchor=False)
    previews.show_network(network, len(settings.class_names(settings.setting_value("dataset"))) or 10)
    st.subheader("Preview of the training images", anchor=False)
    if config is not None:
        previews.show_preview(config, seed=st.session_state.get(state.TRAIN_PREVIEW_SEED, 0))
    if config is not None and config.augments:
        st.button("Show others", key="others", on_click=previews.show_other_previews)
