"""What Streamlit is told in .streamlit/config.toml, where its own value is a fault for users."""

import tomllib

from streamlit import config
from streamlit.proto.NewSession_pb2 import Config
from streamlit.runtime import app_session

from support.places import ROOT

SETTINGS = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())


def test_a_browser_keeps_large_messages_for_many_runs_of_the_script(monkeypatch):
    """With 2, an answer may refer to a message that the browser has just forgotten, which ends the connection."""
    age = SETTINGS["global"]["maxCachedMessageAge"]
    assert age >= 50
    options = {"global.maxCachedMessageAge": age}
    read = config.get_option
    monkeypatch.setattr(config, "get_option", lambda key: options.get(key) or read(key))
    message = Config()
    app_session._populate_config_msg(message)
    assert message.max_cached_message_age == age  # the browser is told so: the option has kept its name


def test_another_site_can_neither_open_the_websocket_nor_upload():
    """As docs/how-to/serve.md says; the configuration loosens none of it."""
    told = {f"{section}.{name}" for section, values in SETTINGS.items() if section != "theme" for name in values}
    guards = {"server.enableCORS": True, "server.enableXsrfProtection": True, "server.corsAllowedOrigins": []}
    guards |= {"server.enableAgentApi": False, "server.enableStaticServing": False, "server.allowedHosts": []}
    assert not told & set(guards)
    assert {name: config.get_option(name) for name in guards} == guards
    text = (ROOT / "docs" / "how-to" / "serve.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in text for name in guards)
    assert f"| {SETTINGS['server']['maxUploadSize']} MB |" in text
