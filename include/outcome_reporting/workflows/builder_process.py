"""The program that builds reports: started by `builders`, never imported by anything else.

It is given the sockets of as many processes as are wanted, imports once what all of them need, and forks itself for
each further one. Each reads settings and then one job after the other from its socket, and answers each job with one
line of JSON. It ends when its parent closes the socket.
"""

from __future__ import annotations

import gc
import json
import os
import pickle
import socket
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from outcome_reporting.workflows.pages_job import CellsJob, PagesJob


def main() -> None:
    os.dup2(2, 1)  # what a library prints is no answer of the command that started this one
    channels = [socket.socket(fileno=int(number)) for number in sys.argv[1:]]
    # Collecting in the middle of a page only costs time: what is imported stays, the rest goes between jobs.
    gc.disable()
    # at once, even if there is no work yet; Arrow would import its functions in each fork when it numbers codes
    import pyarrow.compute  # noqa: F401

    from outcome_reporting.workflows import report_pages  # noqa: F401

    gc.freeze()
    forks: list[int] = []
    _serve(_own_channel(channels, forks))
    for fork in forks:
        os.waitpid(fork, 0)
    os._exit(0)  # whoever waits for the end need not wait until all that was made is taken apart


def _own_channel(channels: Sequence[socket.socket], forks: list[int]) -> socket.socket:
    """The first socket is this process's, each other one a fork's: no process holds another's, so that it can end."""
    own = channels[0]
    for channel in channels[1:]:
        process = os.fork()
        if process == 0:
            own = channel
            forks.clear()
            break
        forks.append(process)
    for channel in channels:
        if channel is not own:
            channel.close()
    return own


def _serve(channel: socket.socket) -> None:
    from outcome_reporting.workflows.pages_job import CellsJob
    from outcome_reporting.workflows.report_pages import Builder

    with channel, channel.makefile("rb") as inbox:
        try:
            settings = pickle.load(inbox)
        except EOFError:
            return
        with Builder(settings) as builder:
            for job in _jobs(inbox):
                answer = {}
                if isinstance(job, CellsJob):
                    builder.read_ahead(job)
                else:
                    answer = builder.build(job).as_dict()
                try:
                    channel.sendall(json.dumps(answer).encode() + b"\n")
                except BrokenPipeError:  # dismissed meanwhile
                    return


def _jobs(inbox: BinaryIO) -> Iterator[CellsJob | PagesJob]:
    """Jobs until the parent has no more."""
    while True:
        try:
            job = pickle.load(inbox)
        except EOFError:
            return
        gc.collect(0)  # what the last job has left, only if there is a next one; cells that wait are not looked through
        yield job


if __name__ == "__main__":
    main()
