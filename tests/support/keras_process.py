"""Keras in processes of its own, as in the program; but TensorFlow, which takes seconds, is imported once for all.

Each script runs in a fork of a process that has imported Keras and nothing of digitrec, and has used neither:
TensorFlow's own threads begin with the first operation, so that a fork is whole.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]  # not imported: this file is also run as a script
SECONDS = 600  # a deadline for a hang, not a measurement
MAIN = "import sys; from digitrec.cli.main import main; sys.exit(main(sys.argv[1:]))"
# Fewer images of nothing than teach a network to refuse them well: for trainings whose sureness nobody asks about.
LITTLE_CALIBRATION = "from digitrec.inference import ood_fit; ood_fit.MAX_OUTLIERS = 60\n"


class KerasProcess:
    """Runs scripts as `python -c` does, in the environment of the moment.

    Args:
        folder: for what the scripts print.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._count = folder, 0
        self._server: subprocess.Popen[str] | None = None

    def run(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a script to its end, whatever that is."""
        if not sys.platform.startswith("linux"):  # elsewhere a fork may not be whole
            command = [sys.executable, "-c", script, *arguments]
            return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS)
        self._count += 1
        printed = [self._folder / f"{self._count}-{name}" for name in ("out", "err")]
        asked = {"script": script, "arguments": arguments, "environment": dict(os.environ)}
        server = self._started()
        server.stdin.write(json.dumps(asked | {"printed": list(map(str, printed))}) + "\n")
        server.stdin.flush()
        status = int(server.stdout.readline())
        return subprocess.CompletedProcess(arguments, status, *(path.read_text() for path in printed))

    def digitrec(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `python -m digitrec`, with little calibration."""
        return self.run(LITTLE_CALIBRATION + MAIN, *arguments)

    def end(self) -> None:
        """End the process that the others are forks of."""
        if self._server is not None:
            self._server.communicate()  # closes its standard input

    def _started(self) -> subprocess.Popen[str]:
        if self._server is None:
            with (self._folder / "server").open("w") as log:
                command = [sys.executable, __file__]
                pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": log}
                self._server = subprocess.Popen(command, cwd=ROOT, text=True, **pipes)
        return self._server


def _serve() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    sys.path[0] = str(ROOT)
    import keras  # noqa: F401
    import tensorflow  # noqa: F401

    gc.freeze()  # no fork looks through what is imported for garbage, and copies it by that
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            _do(**json.loads(line))
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


def _do(script: str, arguments: list[str], environment: dict[str, str], printed: list[str]) -> None:
    status = 1
    try:
        signal.alarm(SECONDS)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number, path in enumerate(printed, start=1):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["-c", *arguments]
        exec(compile(script, "<script>", "exec"), {"__name__": "__main__"})
        status = 0
    except SystemExit as end:
        status = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    _serve()
