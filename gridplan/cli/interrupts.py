"""Ctrl-C while libraries load: some of them catch every exception and would swallow it."""

import _thread
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

LOADING = "<frozen importlib._bootstrap>"
AGAIN_S = 0.05


@contextmanager
def heard() -> Iterator[None]:
    """Let an interrupt wait for the import it comes into; all others act at once."""
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    ):
        yield
        return
    signal.signal(signal.SIGINT, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _interrupt(_: int, frame: FrameType | None) -> None:
    while frame is not None and frame.f_code.co_filename != LOADING:
        frame = frame.f_back
    if frame is None:
        raise KeyboardInterrupt
    again = threading.Timer(AGAIN_S, _knock)
    again.daemon = True
    again.start()


def _knock() -> None:
    """Send the interrupt again, so that what the main thread waits for ends too."""
    main = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main is not None:
        signal.pthread_kill(main, signal.SIGINT)
    else:
        _thread.interrupt_main()
