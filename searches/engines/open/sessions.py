"""onnxruntime sessions as a service with several worker processes needs them."""

from pathlib import Path

from onnxruntime import InferenceSession, SessionOptions

PROVIDERS = ("CPUExecutionProvider",)


def session_options(threads: int) -> SessionOptions:
    """Options for a session that uses `threads` CPU threads and none while it waits."""
    options = SessionOptions()
    options.intra_op_num_threads = max(1, threads)
    options.inter_op_num_threads = 1
    # Spinning threads would take the cores from the other workers.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    # A warning would name a path of this machine on a worker's stderr; errors still raise.
    options.log_severity_level = 3
    return options


def open_session(model: Path, threads: int) -> InferenceSession:
    return InferenceSession(
        str(model), sess_options=session_options(threads), providers=list(PROVIDERS)
    )
