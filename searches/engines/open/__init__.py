"""The default engine: dlib's public-domain weights on onnxruntime, built once into a package."""

import os

# Read by onnxruntime when it is first imported: nothing about a search leaves this machine.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
