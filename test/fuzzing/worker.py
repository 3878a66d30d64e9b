# Copyright 2026 The pose_tracking_ros authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""
Check seeds of a kind, one after the other, in a process with little memory.

Prints a line of JSON before and after each, for :mod:`fuzzing.campaign`.
"""

from __future__ import annotations

from collections.abc import Mapping
import json
import os
from pathlib import Path
import re
import resource
import sys
from tempfile import TemporaryDirectory
import time
import traceback

from fuzzing.images import MAX_MEMORY
from fuzzing.kinds import Kind, KINDS


def main(kinds: Mapping[str, Kind] = KINDS) -> None:
    """Check the seeds that the command line names: kind, first seed, number of seeds."""
    name, first, count = sys.argv[1], *map(int, sys.argv[2:])
    kind = kinds[name]
    resource.setrlimit(resource.RLIMIT_DATA, (kind.max_data, kind.max_data))
    # Libraries write to the output as well, and theirs is not for the parent.
    with os.fdopen(os.dup(1), 'w', buffering=1) as output:
        os.dup2(2, 1)
        for seed in range(first, first + count):
            print(json.dumps({'begun': seed}), file=output)
            print(json.dumps(_checked(kind, seed)), file=output)


def _checked(kind: Kind, seed: int) -> dict[str, object]:
    """Return what came of a seed."""
    problem = end = ''
    with TemporaryDirectory(prefix='fuzzing', ignore_cleanup_errors=True) as folder:
        made = kind.make(Path(folder), seed)
        # The peak of what is checked is asked for, not of what made it.
        Path('/proc/self/clear_refs').write_text('5')
        started = time.monotonic()
        try:
            end = kind.check(made)
        except BaseException as error:
            reported = made if isinstance(made, tuple | list) else ''
            problem = f'{reported}\n{"".join(traceback.format_exception(error))[-3000:]}'
        seconds = time.monotonic() - started
        peak = max(_peak(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10)
    if peak > MAX_MEMORY and not problem:
        problem = f'{peak >> 20} MiB of memory, accepted are {MAX_MEMORY >> 20}'
    return {'seed': seed, 'end': end, 'problem': problem, 'seconds': seconds, 'peak': peak}


def _peak() -> int:
    """Return the most bytes of memory that this process had since the last reset."""
    status = Path('/proc/self/status').read_text()
    return int(re.search(r'VmHWM:\s*(\d+) kB', status)[1]) << 10


if __name__ == '__main__':
    main()
