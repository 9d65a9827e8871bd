"""Exit codes of commands that end without an error; those of errors stand with the errors."""

PROMISE_BROKEN = 4
SOME_FAILED = 5
INTERRUPTED = 130
