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

from __future__ import annotations

import os
from pathlib import Path

from frames import Frames, prepare
from measured_process import Answer, our_process, same_work
import pytest


def test_a_process_tracks_the_frames_that_it_is_asked_for(
    walking_man: Path, tmp_path: Path
) -> None:
    clip = prepare(walking_man, 2, (320, 240), tmp_path)
    process = our_process({'model_complexity': 0}, sorted(os.sched_getaffinity(0))[:1])
    answers = [process.ask(clip, frame, fresh=frame == 0) for frame in (0, 1)]
    process.close()
    assert all(answer.found for answer in answers)
    assert [answer.detected for answer in answers] == [True, False]
    assert process.started_ns < answers[0].done_ns < answers[1].done_ns
    for answer in answers:
        assert answer.wall_ms > 0
        assert answer.cpu_ms > 0
        assert 20 < answer.peak_mb < 2000


def test_a_process_that_fails_tells_why() -> None:
    clip = Frames('none', Path('none.rgb'), (4, 4), 1)
    process = our_process({'model_complexity': 7}, os.sched_getaffinity(0))
    with pytest.raises(RuntimeError, match='model_complexity is 7'):
        process.ask(clip, 0, fresh=True)


def test_frames_count_on_which_both_detected_or_both_tracked() -> None:
    work = {'detect': (True, True), 'track': (True, False), 'miss': (False, True)}

    def answers(*kinds: str) -> list[Answer]:
        return [
            Answer(1.0, 1.0, found=work[kind][0], detected=work[kind][1], done_ns=k, peak_mb=1.0)
            for k, kind in enumerate(kinds)
        ]

    ours = answers('detect', 'track', 'track', 'detect', 'miss', 'track', 'miss')
    theirs = answers('detect', 'track', 'detect', 'track', 'track', 'miss', 'miss')
    counted = same_work(ours, theirs)
    assert [(one.done_ns, other.done_ns) for one, other in counted] == [(0, 0), (1, 1)]
