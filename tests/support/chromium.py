"""How the tests start Chromium: without what nobody looks at here, a fifth of the processor time of a visit."""

import contextlib
from collections.abc import Iterator

from playwright.sync_api import Browser, sync_playwright

# The lists of suggestions of the address bar are two pages of their own that each new window would load: half a
# second of the processor. Only the last such list counts: those of Playwright that matter here stand in it, too.
_OFF = (
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "AimEnabled",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    f"--disable-features={','.join(_OFF)}",
)


@contextlib.contextmanager
def launched(path: str) -> Iterator[Browser]:
    """The Chromium at this path, headless; it ends with the context."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()
