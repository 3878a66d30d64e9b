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

"""Cameras of every model: rays and places in the image, checked against OpenCV."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import cv2
from hypothesis import assume, given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from pose_tracking_ros.blazepose import CameraModel

WIDTH, HEIGHT = 640, 480
ZERO = np.zeros(3)


def floats(lowest: float, highest: float) -> st.SearchStrategy[float]:
    return st.floats(lowest, highest, allow_nan=False)


@st.composite
def intrinsics(draw: st.DrawFn) -> list[float]:
    focal = draw(floats(300, 900))
    return [
        focal, 0, draw(floats(280, 360)), 0, focal * draw(floats(0.95, 1.05)),
        draw(floats(200, 280)), 0, 0, 1,
    ]  # fmt: skip


# Of real lenses, as far as they can be inverted within the image.
DISTORTIONS = st.one_of(
    st.tuples(st.just('plumb_bob'), st.tuples(
        floats(-0.2, 0.1), floats(-0.02, 0.05), floats(-0.002, 0.002), floats(-0.002, 0.002),
        floats(0, 0.01))),
    st.tuples(st.just('rational_polynomial'), st.tuples(
        floats(-0.1, 0.3), floats(-0.05, 0.05), floats(-0.002, 0.002), floats(-0.002, 0.002),
        floats(0, 0.01), floats(0, 0.3), floats(0, 0.1), floats(0, 0.01))),
    st.tuples(st.just('equidistant'), st.tuples(
        floats(-0.05, 0.05), floats(-0.02, 0.02), floats(-0.005, 0.005), floats(-0.001, 0.001))),
)  # fmt: skip

points_ahead = st.lists(
    st.tuples(floats(-0.4, 0.4), floats(-0.4, 0.4), floats(0.5, 10.0)), min_size=1, max_size=8
).map(lambda rows: np.array([[x * z, y * z, z] for x, y, z in rows]))

turns = st.tuples(floats(-0.1, 0.1), floats(-0.1, 0.1), floats(-0.1, 0.1)).map(
    lambda vector: cv2.Rodrigues(np.array(vector))[0]
)


def pixels_of_opencv(points: np.ndarray, k: list[float], model: str, d: Any) -> np.ndarray:
    matrix, distortion = np.reshape(k, (3, 3)), np.array(d, np.float64)
    if model == 'equidistant':
        return cv2.fisheye.projectPoints(points[:, np.newaxis], ZERO, ZERO, matrix, distortion)[0][
            :, 0
        ]
    return cv2.projectPoints(points, ZERO, ZERO, matrix, distortion)[0][:, 0]


@given(intrinsics(), DISTORTIONS, points_ahead)
def test_a_ray_leads_back_to_the_point_that_opencv_projected(
    k: list[float], distortion: tuple[str, tuple[float, ...]], points: np.ndarray
) -> None:
    model, d = distortion
    camera = CameraModel(WIDTH, HEIGHT, k, d, model)
    pixels = pixels_of_opencv(points, k, model, d)
    assert camera.project(points) * (WIDTH, HEIGHT) == pytest.approx(pixels, abs=1e-6)
    rays = camera.rays(pixels / (WIDTH, HEIGHT))
    # Half a millimetre at ten metres.
    assert rays == pytest.approx(points[:, :2] / points[:, 2:], abs=5e-5)


@given(intrinsics(), DISTORTIONS, st.lists(st.tuples(floats(0, 1), floats(0, 1)), min_size=1))
@settings(max_examples=30)
def test_a_ray_does_not_depend_on_the_other_points(
    k: list[float], distortion: tuple[str, tuple[float, ...]], points: list[tuple[float, float]]
) -> None:
    model, d = distortion
    camera = CameraModel(WIDTH, HEIGHT, k, d, model)
    rays = camera.rays(np.array([*points, (np.nan, np.nan), (-0.3, 1.2)]))
    assert np.isnan(rays[-2]).all()
    np.testing.assert_array_equal(rays[:-2], camera.rays(np.array(points)))


@given(
    intrinsics(), DISTORTIONS, points_ahead, st.integers(1, 4), st.integers(1, 4),
    st.integers(0, 200), st.integers(0, 100),
)  # fmt: skip
def test_binning_and_region_of_interest_move_pixels_as_they_do_in_the_driver(
    k: list[float],
    distortion: tuple[str, tuple[float, ...]],
    points: np.ndarray,
    binning_x: int,
    binning_y: int,
    left: int,
    top: int,
) -> None:
    model, d = distortion
    roi = (left, top, WIDTH - left, HEIGHT - top)
    camera = CameraModel(
        WIDTH, HEIGHT, k, d, model, binning_x=binning_x, binning_y=binning_y, roi=roi
    )
    assert camera.image_size == (roi[2] // binning_x, roi[3] // binning_y)
    pixels = (pixels_of_opencv(points, k, model, d) - (left, top)) / (binning_x, binning_y)
    assert camera.project(points) * camera.image_size == pytest.approx(pixels, abs=1e-6)
    rays = camera.rays(pixels / camera.image_size)
    assert rays == pytest.approx(points[:, :2] / points[:, 2:], abs=5e-5)


@given(
    intrinsics(), DISTORTIONS, points_ahead, turns, floats(400, 700), floats(-50, 50),
    st.booleans(),
)  # fmt: skip
def test_raw_and_rectified_images_give_the_same_position(
    k: list[float],
    distortion: tuple[str, tuple[float, ...]],
    points: np.ndarray,
    turn: np.ndarray,
    focal: float,
    shift: float,
    rectified: bool,
) -> None:
    model, d = distortion
    p = np.array([[focal, 0, 320, shift if rectified else 0], [0, focal, 240, 0], [0, 0, 1, 0]])
    camera = CameraModel(WIDTH, HEIGHT, k, d, model, r=turn, p=p, rectified=rectified)
    if rectified:
        homogeneous = np.column_stack([points, np.ones(len(points))]) @ p.T
        pixels = homogeneous[:, :2] / homogeneous[:, 2:]
    else:
        # Points of the rectified frame, as the lens sees them.
        seen = points @ turn
        assume((np.abs(seen[:, :2] / seen[:, 2:]) < 0.6).all())
        pixels = pixels_of_opencv(seen, k, model, d)
    assert camera.project(points) * (WIDTH, HEIGHT) == pytest.approx(pixels, abs=1e-6)
    rays = np.column_stack([camera.rays(pixels / (WIDTH, HEIGHT)), np.ones(len(points))])
    # On its ray the point is as far as it is along the axis of the image.
    along = camera.to_frame(points * 0)
    depth = ((points - along) @ (np.eye(3) if rectified else turn))[:, 2:]
    assert camera.to_frame(rays * depth) == pytest.approx(points, abs=5e-4)


def test_a_scaled_image_of_the_same_view_has_the_same_rays() -> None:
    k = [500, 0, 320, 0, 500, 240, 0, 0, 1]
    camera = CameraModel(WIDTH, HEIGHT, k, [-0.1, 0.01, 0, 0, 0])
    points = np.array([[0.1, 0.2], [0.9, 0.7]])
    for size in ((1280, 960), (320, 240), (213, 160)):
        assert camera.shows(size)
        assert camera.rays(points, size) == pytest.approx(camera.rays(points, (640, 480)))


@pytest.mark.parametrize('size', [(640, 400), (480, 640), (1280, 720), (600, 480)])
def test_an_image_of_another_shape_is_not_of_the_camera(size: tuple[int, int]) -> None:
    assert not CameraModel(WIDTH, HEIGHT, np.eye(3)).shows(size)


def test_the_padding_of_a_codec_moves_no_pixel() -> None:
    k = [1600, 0, 540, 0, 1600, 960, 0, 0, 1]
    camera = CameraModel(1088, 1920, k)
    assert camera.shows((1080, 1920))
    ray = camera.rays(np.array([[540 / 1080, 0.5]]), (1080, 1920))
    assert ray == pytest.approx(np.zeros((1, 2)))


def test_points_outside_the_view_of_the_lens_have_no_ray() -> None:
    # Beyond a radius this distortion folds back.
    camera = CameraModel(WIDTH, HEIGHT, [300, 0, 320, 0, 300, 240, 0, 0, 1], [-0.4, 0, 0, 0])
    rays = camera.rays(np.array([[0.5, 0.5], [3.0, 3.0], [np.nan, 0.5]]))
    assert np.isfinite(rays[0]).all()
    assert np.isnan(rays[1:]).all()
    behind = camera.project(np.array([[0, 0, -1.0], [0, 0, 1]]))
    assert np.isnan(behind[0]).all()
    assert np.isfinite(behind[1]).all()


def info(names: str = 'dkrp', **others: Any) -> SimpleNamespace:
    values = {
        'd': [0.1, 0, 0, 0, 0],
        'k': [500.0, 0, 320, 0, 500, 240, 0, 0, 1],
        'r': np.eye(3).ravel(),
        'p': [480.0, 0, 320, 0, 0, 480, 240, 0, 0, 0, 1, 0],
    }
    region = SimpleNamespace(x_offset=0, y_offset=0, width=0, height=0, do_rectify=False)
    fields = {
        'width': WIDTH,
        'height': HEIGHT,
        'distortion_model': 'plumb_bob',
        'binning_x': 0,
        'binning_y': 0,
        'roi': region,
        **{name: values[name.lower()] for name in names},
    }
    return SimpleNamespace(**{**fields, **others})


@pytest.mark.parametrize('names', ['dkrp', 'DKRP'])
def test_messages_of_both_generations_of_ros_are_read(names: str) -> None:
    camera = CameraModel.from_camera_info(info(names))
    assert camera.is_calibrated
    assert camera.image_size == (WIDTH, HEIGHT)
    assert camera.focal_lengths() * camera.image_size == pytest.approx([500, 500])
    rectified = CameraModel.from_camera_info(info(names), rectified=True)
    assert rectified.focal_lengths() * camera.image_size == pytest.approx([480, 480])


@pytest.mark.parametrize('rectified', [False, True])
def test_matrices_of_zeros_mean_an_uncalibrated_camera(rectified: bool) -> None:
    zeros = info(k=[0.0] * 9, p=[0.0] * 12, r=[0.0] * 9, d=[], distortion_model='')
    assert not CameraModel.from_camera_info(zeros, rectified).is_calibrated


def test_a_lens_of_an_unknown_model_without_distortion_is_accepted() -> None:
    camera = CameraModel.from_camera_info(info(d=[0.0] * 5, distortion_model='none'))
    assert camera.rays(np.array([[0.5, 0.5]])) == pytest.approx(np.zeros((1, 2)))


@pytest.mark.parametrize(
    ('change', 'reason'),
    [
        ({'k': [500.0] * 9}, 'focal lengths above 0'),
        ({'k': [-500.0, 0, 320, 0, 500, 240, 0, 0, 1]}, 'focal lengths above 0'),
        ({'k': [np.nan] * 9}, 'k is'),
        ({'k': [500.0]}, 'k is'),
        ({'p': [1.0]}, 'p is'),
        ({'r': [2.0, 0, 0, 0, 2, 0, 0, 0, 2]}, 'r is no rotation'),
        ({'d': [0.1] * 3}, 'd has 3 numbers'),
        ({'d': [np.inf] * 5}, 'd is'),
        ({'distortion_model': 'thin_prism'}, 'distortion_model is'),
        ({'distortion_model': 'equidistant'}, 'd has 5 numbers'),
        ({'width': 0}, 'width and height are 0'),
        ({'height': -1}, 'height is -1'),
        ({'binning_x': 1000}, 'binning by'),
        ({'roi': (0, 0, 9999, 10)}, 'does not lie inside'),
        ({'roi': (1, 2)}, 'roi is'),
    ],
)
def test_invalid_calibrations_are_rejected(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        CameraModel.from_camera_info(info(**change))
