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

"""Levels mean something: each problem is reported, and only that."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from pose_tracking_ros.node.health import (
    images_report,
    Level,
    position_report,
    PositionFacts,
    tracking_report,
)
from pose_tracking_ros.node.settings import Limits
from pose_tracking_ros.node.statistics import Counts, Snapshot, STAGES

LIMITS = Limits(expected_rate=20.0, max_latency=0.2, max_dropped=0.5, image_timeout=3.0)
GOOD = Counts(
    received=150, processed=150, with_pose=150, people=4, people_lost=3, people_found_again=2
)


def snapshot(
    latency: float = 0.05,
    age: float = 0.01,
    settled: bool = True,
    people: int = 1,
    **recent: object,
) -> Snapshot:
    """Return five seconds at 30 images a second, with differences."""
    counts = replace(GOOD, **recent)
    return Snapshot(
        time=100.0,
        counts=counts,
        recent=counts,
        rate=counts.received / 5.0,
        processed_rate=counts.processed / 5.0,
        settled=settled,
        age=age,
        latencies=np.full((counts.processed, len(STAGES)), latency),
        people=people,
        last_image=99.9,
        last_pose=np.nan,
        last_problem='a step of 0',
    )


def test_all_is_well():
    assert images_report(snapshot(), '', LIMITS).level is Level.OK
    report = tracking_report(snapshot(), 0, LIMITS)
    assert (report.level, report.message) == (Level.OK, 'follows a person')


def test_people_are_counted():
    report = tracking_report(snapshot(people=3), 0, LIMITS)
    assert report.message == 'follows 3 people'
    values = {name: value for name, value in report.values.items() if name.startswith('people')}
    assert values == {
        'people in the last image': '3',
        'people so far': '4',
        'people lost': '3',
        'people found again': '2',
    }


@pytest.mark.parametrize(
    ('recent', 'problem', 'level', 'words'),
    [
        ({}, 'nobody publishes', Level.ERROR, 'nobody publishes'),
        ({'rejected': Counter(step=3)}, '', Level.WARN, '3 of 150 images rejected: a step of 0'),
        ({'rejected': Counter(step=150)}, '', Level.ERROR, '150 of 150 images rejected'),
        ({'received': 50}, '', Level.WARN, '10.0 images a second, expected 20'),
        ({'without_stamp': 150}, '', Level.WARN, 'stamps are zero'),
        ({'lost': 7}, '', Level.WARN, '7 lost on the way'),
        ({'back_in_time': 1}, '', Level.OK, '30.0 images a second'),
        ({'back_in_time': 30}, '', Level.WARN, '30 of 150 stamps are earlier than the one before'),
        ({'age': -0.2}, '', Level.WARN, 'stamps are 0.2 s ahead of the clock of this node'),
        ({'age': -3600.0}, '', Level.WARN, 'stamps are 3600 s (60.0 minutes) ahead of the clock'),
        ({'age': 12000.0}, '', Level.WARN, 'stamps are 12000 s (3.3 hours) behind the clock'),
        ({'age': 1.5e9}, '', Level.WARN, 'stamps are 1500000000 s (17361.1 days) behind'),
        ({'age': 0.19}, '', Level.OK, '30.0 images a second'),
        ({'age': np.nan}, '', Level.OK, '30.0 images a second'),
        ({'age': -0.005}, '', Level.OK, '30.0 images a second'),
        ({'received': 50, 'settled': False}, '', Level.OK, '10.0 images a second'),
    ],
)
def test_what_is_wrong_with_the_images_is_reported(recent, problem, level, words):
    report = images_report(snapshot(**recent), problem, LIMITS)
    assert report.level is level
    assert words in report.message


@pytest.mark.parametrize(
    ('recent', 'level', 'words'),
    [
        ({'failed': 2}, Level.ERROR, '2 images not processed, the last: a step of 0'),
        ({'latency': 0.3}, Level.WARN, 'latency is 0.300 s, the limit is 0.2'),
        ({'dropped': 80}, Level.WARN, '53% of the images dropped'),
        ({'with_pose': 0}, Level.OK, 'no people in the images'),
        ({'with_pose': 0, 'processed': 0, 'received': 0}, Level.OK, 'no images'),
    ],
)
def test_what_is_wrong_with_the_tracking_is_reported(recent, level, words):
    report = tracking_report(snapshot(**recent), 0, LIMITS)
    assert report.level is level
    assert words in report.message


def test_all_that_is_wrong_with_the_images_is_reported():
    wrong = snapshot(age=-0.2, received=50, lost=7, rejected=Counter(step=3))
    message = images_report(wrong, '', LIMITS, ['2 publishers']).message
    for words in ('expected 20', '3 of 50 images rejected', 'ahead', '7 lost', '2 publishers'):
        assert words in message


def test_latency_is_in_the_unit_that_its_limit_is_in():
    assert tracking_report(snapshot(latency=0.199), 0, LIMITS).level is Level.OK
    assert tracking_report(snapshot(latency=0.201), 0, LIMITS).level is Level.WARN
    values = tracking_report(snapshot(latency=0.05), 0, LIMITS).values
    assert values['tracking (ms) p50 p95 max'] == '50.0 50.0 50.0'


def test_no_latency_is_no_warning():
    """Where there is none, as for stamps of zero."""
    assert tracking_report(snapshot(latency=np.nan), 0, LIMITS).level is Level.OK


NO_INFO = 'no camera_info on /camera/camera_info'
DEPTH = {'wanted': True, 'depth_topic': '/depth', 'depth_publishers': 1}


@pytest.mark.parametrize(
    ('recent', 'facts', 'level', 'words'),
    [
        ({'placed': 150}, {}, Level.OK, 'positions are known'),
        ({}, {'calibration': NO_INFO}, Level.OK, f'positions are not known: {NO_INFO}'),
        ({}, {'calibration': NO_INFO, 'wanted': True}, Level.WARN, NO_INFO),
        ({}, {'calibration': 'no sense', 'calibration_wrong': True}, Level.WARN, 'no sense'),
        ({'position_problems': Counter(legs_hidden=9)}, {}, Level.OK, 'not known: legs hidden'),
        ({'with_pose': 0}, {}, Level.OK, 'no people in the images'),
        ({'received': 0, 'processed': 0}, {}, Level.OK, 'no images'),
        ({'with_depth': 150, 'placed': 150}, DEPTH, Level.OK, 'positions are known'),
        (
            {'with_depth': 100, 'without_depth': 50, 'placed': 150}, DEPTH, Level.WARN,
            '50 of 150 images processed without depth: no depth image on /depth in time',
        ),
        (
            {'without_depth': 150}, {**DEPTH, 'depth_publishers': 0}, Level.WARN,
            '150 of 150 images processed without depth: no publisher on /depth',
        ),
        (
            {'without_depth': 150, 'depth_rejected': Counter(step=150)}, DEPTH, Level.WARN,
            'without depth: a depth image with a step of 0',
        ),
        ({'transforms_missing': 7}, {}, Level.WARN, '7 of 150 images have no transform to map'),
    ],
)  # fmt: skip
def test_what_is_wrong_with_positions_is_reported(recent, facts, level, words):
    now = replace(
        snapshot(**recent),
        depth_problem='a depth image with a step of 0',
        transform_problem='no transform to map: unknown',
    )
    report = position_report(now, PositionFacts(**facts))
    assert report.level is level
    assert words in report.message
    assert report.values['calibration'] == facts.get('calibration', 'known')


def test_figures_are_shown():
    rejected = Counter(step=3, encoding=1)
    values = images_report(snapshot(rejected=rejected, back_in_time=2), '', LIMITS).values
    assert (values['rejected'], values['rejected: step']) == ('4', '3')
    assert values['rate (images/s)'] == '30.0'
    assert values['stamps back in time'] == '2'
    assert values['since the last image (s)'] == '0.1'
    values = tracking_report(snapshot(dropped=5, detector_runs=6), 9, LIMITS).values
    assert (values['dropped'], values['detector runs'], values['waiting']) == ('5', '6', '9')
    assert values['since the last pose (s)'] == 'never'
