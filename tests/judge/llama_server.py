"""Serves a GGUF file by llama.cpp's own server, as its package for Python holds it: FILE."""

import signal
import sys


def serve(file):
    """On a free port of this machine, until the process is told to end."""
    import xllamacpp  # not everyone who collects the tests has it

    asked = xllamacpp.CommonParams()
    asked.model.path = file
    asked.port = 0
    asked.n_ctx = 8192
    asked.n_parallel = 1
    asked.cpuparams.n_threads = 1
    asked.warmup = False
    server = xllamacpp.Server(asked)
    print(server.listening_address, flush=True)
    signal.pause()


if __name__ == "__main__":
    serve(sys.argv[1])
