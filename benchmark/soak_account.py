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

"""Observations of a node under load and faults, and their table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from page import markdown_table

DEALT_WITH = ('processed', 'dropped', 'rejected', 'failed')
_WARM_UP = 10  # seconds before memory is measured


@dataclass
class Account:
    """
    Observations of the node.

    :param sent: valid images sent
    :param broken: invalid images sent
    :param sent_at: stamp of each unanswered image -> time of sending
    :param latencies: seconds from sending to the answer
    :param answers: number of answers
    :param poses: answers with a person
    :param people: number of answers by number of people
    :param identities: track ids in all answers
    :param private: the node's own memory in megabytes, once a second
    :param shared: its shared memory for messages in megabytes, once a second
    :param counts: of the node's diagnostics, summed over its lifecycle
    """

    sent: int = 0
    broken: int = 0
    sent_at: dict[int, float] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    answers: int = 0
    poses: int = 0
    people: Counter[int] = field(default_factory=Counter)
    identities: set[int] = field(default_factory=set)
    private: list[float] = field(default_factory=list)
    shared: list[float] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


def unaccounted(counts: dict[str, int]) -> int:
    """Return the number of received images without an outcome."""
    return counts.get('received', 0) - sum(counts.get(name, 0) for name in DEALT_WITH)


def report(account: Account, exit_code: int, log: str) -> str:
    """Return the account as a table in Markdown."""
    counts = account.counts
    milliseconds = 1000 * np.array(account.latencies)
    rows = {
        'minutes': f'{len(account.private) / 60:.1f}',
        'images sent, and broken ones': f'{account.sent}, {account.broken}',
        'received by the node': counts['received'],
        'processed, dropped, rejected, failed': ', '.join(
            str(counts[name]) for name in DEALT_WITH
        ),
        'received, but not accounted for': unaccounted(counts),
        'answers, with a person': f'{account.answers}, {account.poses}',
        'answers with 0, 1, ... people; identities': '{}; {}'.format(
            ', '.join(str(account.people[k]) for k in range(max(account.people, default=0) + 1)),
            len(account.identities),
        ),
        'latency: median, 99 %, worst (ms)': ', '.join(
            f'{np.percentile(milliseconds, percent):.1f}' for percent in (50, 99, 100)
        ),
        'memory of its own in each fifth of the time (MB)': _by_fifths(account.private),
        'shared memory with images in each fifth of the time (MB)': _by_fifths(account.shared),
        'errors in the log': sum('[ERROR]' in line for line in log.splitlines()),
        'exit code': exit_code,
    }
    return markdown_table(('', ''), [(key, str(value)) for key, value in rows.items()])


def _by_fifths(megabytes: list[float]) -> str:
    parts = np.array_split(megabytes[_WARM_UP :], 5)
    return ', '.join(f'{np.median(part):.0f}' for part in parts)
