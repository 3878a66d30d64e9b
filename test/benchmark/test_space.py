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

"""Where a man is from one camera, against the four that saw him."""

from __future__ import annotations

import numpy as np
import pytest
from space import Errors, measured, read_views, together, triangulated, VIEWS

from pose_tracking_ros.blazepose import PoseTrackerOptions
from reference_answers import sample_or_skip


@pytest.fixture(scope='module')
def views() -> list[Errors]:
    """Return the errors of the first third of a second in each view."""
    for name in ('pose2sim_calibration.xml', *(f'pose2sim_{view}.mp4' for view in VIEWS)):
        sample_or_skip(name)
    return measured(PoseTrackerOptions(), count=20)


def test_one_camera_tells_where_a_man_is(views: list[Errors]) -> None:
    for found in views:
        assert np.median(found.whole) < 6
        assert np.median(found.direction) < 0.9
    everything = together(views)
    assert len(everything.whole) >= 70
    assert np.median(everything.whole) < 3.5
    # The covariance tells how far off it can be: more than two sigma is rare.
    assert np.mean(everything.sigmas < 2.8) > 0.8


def test_a_point_is_where_the_rays_of_the_views_meet() -> None:
    views = list(read_views(sample_or_skip('pose2sim_calibration.xml')).values())
    point = np.array([-1.2, 0.1, 1.0])
    seen = np.array([view.seen(point) for view in views])
    rays = seen[:, :2] / seen[:, 2:]
    assert triangulated(views, rays) == pytest.approx(point)
    rays[2] += 0.1
    assert triangulated(views, rays) == pytest.approx(point)
    rays[:2] = np.nan
    assert np.isnan(triangulated(views, rays)).all()
