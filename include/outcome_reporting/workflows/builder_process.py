"""The child that builds reports: started by `builders`, never imported by anything else.

It reads its settings and then one job after the other from standard input, and answers each with one line of JSON.
It ends when its parent closes the pipe.
"""

from __future__ import annotations

import gc
import json
import os
import pickle
import sys


def main() -> None:
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints never mixes with the answers
    from outcome_reporting.workflows.report_pages import build_pages  # at once, even if there is no work yet

    # Collecting in the middle of a page only costs time: what is imported stays, the rest goes after each job.
    gc.disable()
    gc.freeze()
    inbox = sys.stdin.buffer
    try:
        settings = pickle.load(inbox)
    except EOFError:
        return
    while True:
        try:
            job = pickle.load(inbox)
        except EOFError:
            return
        print(json.dumps(build_pages(settings, job).as_dict()), file=channel, flush=True)
        gc.collect()


if __name__ == "__main__":
    main()
