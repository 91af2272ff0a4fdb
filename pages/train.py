"""Train: choose the settings, start, and watch the network learn."""

import streamlit as st

from digitrec.evaluation import overview
from digitrec.runs import ConfigError, jobs
from digitrec.ui import pickers, state
from digitrec.ui.components import clusters
from digitrec.ui.components.header import page_header, stop_if_read_only
from digitrec.ui.train import address, classroom, pins, previews, settings, start, steering, training, watching

BUSY, IDLE = 1.0, 3.0  # seconds between two polls of the jobs; another browser may start one
CURVES = 1.5  # seconds between two drawings of the curves, the most work for the browser
HELP = """Choose a preset, change its settings if you like, and start. You may leave the page: it goes on. One
network trains at a time; others are queued."""
beside = page_header("Train", HELP)
stop_if_read_only("train a network")
with beside:
    pickers.page_link("search", "Search for better settings", icon=":material/manage_search:")
pickers.dataset_banner()
settings.init_settings()
address.read_address()
live = jobs.list_live()
announced = st.container()


# --- the training that runs ---
def watch() -> None:
    if now := training.rerun_when_jobs_change(live):
        training.show_live(now)


def draw_curves() -> None:
    watching.show_progress(live[0], is_live=True)


st.fragment(watch, run_every=BUSY if live else IDLE)()
if live:
    steering.confirm_discard(live[0])
    st.fragment(draw_curves, run_every=CURVES)()
    st.header("The next training", anchor=False)

# --- the next one, in short ---
with st.container(border=True):
    left, right = st.columns([4, 1], vertical_alignment="center")
    with left:
        settings.pick_preset()
    try:
        config, problem = settings.read_config(), None
    except ConfigError as error:
        config, problem = None, str(error)
    is_ready = clusters.is_trainable() and config is not None
    pins.take_linked(config)
    with right:
        start.start_button(is_ready=is_ready, is_queued=start.is_queued())
        start.name_run()
        pins.pins_button(None, key="pins-next", width="stretch")
    pins.choose_pins(live, config)
    address.write_address(config)
    if problem := problem or st.session_state.pop(state.TRAIN_ERROR, None):
        st.error(problem, icon=":material/warning:")
with announced:
    if (ended := overview.find_last_ended()) and ended not in live:  # one that ends just now is shown above
        training.show_ended(ended)

left, right = st.columns(2, gap="large")  # its settings in full
with left:
    st.header("Settings", anchor=False)
    classroom.show_settings(config)
with right:
    st.header("The network", anchor=False)
    previews.show_network(settings.chosen_network(), settings.class_count(), settings.setting_value("dropout"))
    st.header("Preview of the training images", anchor=False)
    if config is not None:
        previews.show_preview(config, seed=st.session_state.get(state.TRAIN_PREVIEW_SEED, 0))
    if config is not None and config.augments:
        st.button("Show others", key="others", on_click=previews.show_other_previews)

if not live:
    jobs.prepare_worker()
