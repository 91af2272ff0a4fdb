"""Routes over inference: pictures come in by HTTP, answers go out as JSON.

`application` imports FastAPI, which is the extra `serve` and takes a second: import it where it is used.
"""

from digitrec.rest import keys, settings
from digitrec.rest.settings import Settings, SettingsError, is_installed

__all__ = ["Settings", "SettingsError", "application", "is_installed", "keys", "server", "settings"]
