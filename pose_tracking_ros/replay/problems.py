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

"""Problems of a recording or an analysis, counted by kind."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import asdict, dataclass
from enum import Enum
import threading

from pose_tracking_ros.safe_text import unicode_path


class ProblemKind(Enum):
    """
    A kind of problem.

    The value names it in ``summary.json``.
    """

    NO_METADATA = 'no_metadata'
    MISSING_FILE = 'missing_file'
    DAMAGED_FILE = 'damaged_file'
    DAMAGED_CHUNK = 'damaged_chunk'
    UNREADABLE_MESSAGE = 'unreadable_message'
    UNKNOWN_DEFINITION = 'unknown_definition'
    OTHER_DEFINITION = 'other_definition'
    RENAMED_TOPIC = 'renamed_topic'
    BEFORE_KEY_FRAME = 'before_key_frame'
    UNDECODABLE_IMAGE = 'undecodable_image'
    DAMAGED_IMAGE = 'damaged_image'
    REPEATED_STAMP = 'repeated_stamp'
    STAMP_OUT_OF_ORDER = 'stamp_out_of_order'
    MISSING_STAMP = 'missing_stamp'
    WRONG_STAMP_UNIT = 'wrong_stamp_unit'
    BACKWARD_STAMP = 'backward_stamp'
    GAP = 'gap'
    BAD_CALIBRATION = 'bad_calibration'
    NO_DEPTH = 'no_depth'
    SIZE_CHANGE = 'size_change'
    OWN_OUTPUT = 'own_output'
    NO_IMAGES = 'no_images'
    NOT_IN_VIDEO = 'not_in_video'
    OUTPUT_FAILED = 'output_failed'
    INTERRUPTED = 'interrupted'
    FAILED = 'failed'


_SENTENCES = {
    ProblemKind.NO_METADATA: 'bag without a usable metadata.yaml: its files were read directly',
    ProblemKind.MISSING_FILE: 'missing file{s}, by metadata.yaml or by their numbers',
    ProblemKind.DAMAGED_FILE: 'damaged or truncated file{s}, read as far as possible',
    ProblemKind.DAMAGED_CHUNK: 'damaged chunk{s}, with missing messages',
    ProblemKind.UNREADABLE_MESSAGE: 'message{s} left out: damaged, or not of the expected type',
    ProblemKind.UNKNOWN_DEFINITION: 'topic{s} not copied, without a definition of the type',
    ProblemKind.OTHER_DEFINITION: 'topic{s} not copied: the results define the type otherwise',
    ProblemKind.RENAMED_TOPIC: 'topic{s} with the name of a result, copied under another name',
    ProblemKind.BEFORE_KEY_FRAME: 'packet{s} left out before the first key frame of the video',
    ProblemKind.UNDECODABLE_IMAGE: 'image{s} left out that cannot be decoded or analysed',
    ProblemKind.DAMAGED_IMAGE: 'image{s} after a damaged or lost packet, which may be smeared',
    ProblemKind.REPEATED_STAMP: 'image{s} with a repeated stamp: the usual interval was assumed',
    ProblemKind.STAMP_OUT_OF_ORDER: 'image{s} slightly out of order by the stamp: the usual '
    'interval was assumed',
    ProblemKind.MISSING_STAMP: 'image{s} with a stamp of zero: the usual interval was assumed',
    ProblemKind.WRONG_STAMP_UNIT: 'image{s} less than 0.5 ms after the one before: the stamps are '
    'not in nanoseconds, and motion is smoothed away',
    ProblemKind.BACKWARD_STAMP: 'image{s} with a much earlier stamp: the tracker starts again',
    ProblemKind.GAP: 'gap{s} between images above tracking_timeout: the tracker starts again',
    ProblemKind.BAD_CALIBRATION: 'invalid calibration{s}: positions in metres are unknown',
    ProblemKind.NO_DEPTH: 'image{s} analysed without depth: none in time, or none usable',
    ProblemKind.SIZE_CHANGE: 'change{s} of the image size: the tracker starts again',
    ProblemKind.OWN_OUTPUT: 'topic that is an output of this package, with drawings in its images',
    ProblemKind.NO_IMAGES: 'recording without an image in the selected part',
    ProblemKind.NOT_IN_VIDEO: 'image{s} left out of the video: an earlier stamp or another size',
    ProblemKind.OUTPUT_FAILED: 'result{s} that could not be written',
    ProblemKind.INTERRUPTED: 'interruption: the results are those of the images before it',
    ProblemKind.FAILED: 'recording that could not be analysed',
}

LOSSES = frozenset(
    {
        ProblemKind.MISSING_FILE,
        ProblemKind.DAMAGED_FILE,
        ProblemKind.DAMAGED_CHUNK,
        ProblemKind.UNREADABLE_MESSAGE,
        ProblemKind.UNDECODABLE_IMAGE,
        ProblemKind.DAMAGED_IMAGE,
        ProblemKind.NO_IMAGES,
        ProblemKind.OUTPUT_FAILED,
        ProblemKind.INTERRUPTED,
        ProblemKind.FAILED,
    }
)
"""The kinds after which something of the recording is missing in the results."""


_LONGEST_REASON = 1000
"""Maximum characters of a problem, which may quote untrusted text."""


@dataclass(frozen=True)
class Problem:
    """
    The problems of a kind.

    :param kind: name of the kind
    :param count: number of occurrences
    :param meaning: its meaning and treatment
    :param first: place and reason of the first one
    """

    kind: str
    count: int
    meaning: str
    first: str

    @property
    def text(self) -> str:
        """Return the problem as a sentence."""
        first = 'first: ' if self.count > 1 else ''
        return f'{self.count} {self.meaning} ({first}{self.first})'


_MAX_KEYS = 1_000_000
"""Maximum number of keys; beyond it, repeated problems are counted again."""


class Problems:
    """Counts problems by their kind; several threads may share it."""

    def __init__(self) -> None:
        self._counts: dict[ProblemKind, int] = {}
        self._first: dict[ProblemKind, str] = {}
        self._keys: set[tuple[ProblemKind, Hashable]] = set()
        self._lock = threading.Lock()

    def add(self, kind: ProblemKind, what: str, key: Hashable = None) -> None:
        """
        Count a problem, and keep the description of the first of its kind.

        :param kind: its kind
        :param what: its place and reason
        :param key: unique key, to count a problem once that is found several times
        """
        with self._lock:
            if key is not None:
                if (kind, key) in self._keys:
                    return
                if len(self._keys) < _MAX_KEYS:
                    self._keys.add((kind, key))
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._first.setdefault(kind, unicode_path(what))

    def count(self, kind: ProblemKind) -> int:
        """Return how many problems there are of a kind."""
        return self._counts.get(kind, 0)

    @property
    def lost_something(self) -> bool:
        """Return whether something of the recording is missing in the results."""
        return any(kind in LOSSES for kind in self._counts)

    def __iter__(self) -> Iterator[Problem]:
        """Yield a summary of each kind that occurred, in the order of the kinds."""
        for kind in ProblemKind:
            if kind in self._counts:
                count = self._counts[kind]
                meaning = _SENTENCES[kind].format(s='' if count == 1 else 's')
                yield Problem(kind.value, count, meaning, self._first[kind])

    def as_list(self) -> list[dict[str, str | int]]:
        """Return the problems as plain values."""
        return [asdict(problem) for problem in self]


def reason(error: BaseException) -> str:
    """Return the reason of a failure: the message, with the type of an unexpected error."""
    text = str(error)
    if isinstance(error, FileNotFoundError) and error.filename:
        text = f'{error.filename} does not exist'
    if not isinstance(error, OSError | ValueError | RuntimeError) or not text:
        text = ': '.join(filter(None, [type(error).__name__, ' '.join(text.split())]))
    return text if len(text) <= _LONGEST_REASON else f'{text[:_LONGEST_REASON]} ...'
