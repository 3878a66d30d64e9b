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

"""The plots of a comparison: an HTML page that needs no network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pose_tracking_ros.replay.compare import Comparison
from pose_tracking_ros.replay.report.figures import Figure, landmark_bars, plot_layout, rounded
from pose_tracking_ros.replay.report.page import render
from pose_tracking_ros.replay.safe_files import replace

_MAX_POINTS = 4000

_PERCENTILES = ((95, '95th percentile', '#b5547a'), (50, 'median', '#0f6e54'))


def write_comparison(
    path: Path, comparison: Comparison, first: str, second: str, lines: Sequence[str]
) -> None:
    """
    Write the page of a comparison.

    :param path: the .html file, replaced if it exists
    :param first: name of an analysis
    :param second: name of the other one
    :param lines: the summary
    """
    page = render(
        'comparison.html',
        first=first,
        second=second,
        lines=lines,
        over_time=_over_time(comparison),
        by_landmark=_by_landmark(comparison),
    )
    replace(path, page)


def _over_time(comparison: Comparison) -> Figure:
    """Return the distance of the landmarks over time."""
    order = np.argsort(comparison.times, kind='stable')
    times, begins = np.unique(comparison.times[order], return_index=True)
    step = -(-len(times) // _MAX_POINTS) or 1
    # The landmarks of all people in an image are pooled.
    images = np.split(comparison.pixels[order], begins[1:])[::step]
    traces = []
    if comparison.pixels.size:
        traces = [
            {
                'type': 'scatter',
                'x': rounded(times[::step], 4),
                'y': rounded([np.nanpercentile(pixels, percent) for pixels in images], 3),
                'mode': 'lines',
                'name': name,
                'line': {'color': color, 'width': 1.6},
                'hovertemplate': '%{y:.2f} pixels<extra></extra>',
            }
            for percent, name, color in _PERCENTILES
        ]
    layout = plot_layout(height=320, left=60, x_title='Seconds', y_title='Pixels')
    layout |= {'showlegend': True, 'legend': {'orientation': 'h', 'y': 1.12}, 'hovermode': 'x'}
    return {'data': traces, 'layout': layout}


def _by_landmark(comparison: Comparison) -> Figure:
    """Return the distance of each landmark between the analyses."""
    medians = np.full(len(comparison.landmarks), np.nan)
    if comparison.pixels.size:
        medians = np.nanmedian(comparison.pixels, axis=0)
    return landmark_bars(
        comparison.landmarks,
        rounded(medians, 3),
        x_title='Pixels, median',
        hovertemplate='%{y}: %{x:.2f} pixels<extra></extra>',
    )
