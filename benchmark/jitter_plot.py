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

"""Draw the lag and the jitter of each smoothing."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MultipleLocator, NullLocator

# Images a second, or beta -> lag in milliseconds, jitter in thousandths of the body.
Points = dict[int, tuple[float, float]]

INK, MUTED, GRID = '#24292f', '#7d8590', '#e6e9ed'
COLORS = {'off': '#7d8590', 'official': '#d9480f', 'strong': '#1565c0'}
MARKERS = {15: 'o', 30: 's', 60: '^'}

# Of the named smoothings, which need no other label.
NAMED_BETA = 80


def draw(path: Path, named: dict[str, Points], plain: Points, resting: Points) -> None:
    """
    Write the plot as a PNG.

    :param path: of the file
    :param named: for each named smoothing its points at 15, 30 and 60 images a second
    :param plain: for each beta the point of a one-euro filter at 30 images a second
    :param resting: the same with a rest speed
    """
    figure = Figure(figsize=(8.4, 4.9), dpi=160, layout='constrained')
    axes = figure.add_subplot()
    _draw_family(axes, plain, COLORS['official'], 'one-euro filter')
    _draw_family(axes, resting, COLORS['strong'], 'with a rest speed')
    for name, points in named.items():
        _draw_named(axes, name, points)
    _finish(axes)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def _draw_family(axes: Axes, points: Points, color: str, label: str) -> None:
    """Draw the curve of a filter over its beta, with labels of beta along the curve."""
    lags, jitters = zip(*points.values())
    axes.plot(lags, jitters, color=color, alpha=0.35, linewidth=1.4, zorder=1)
    for beta, (lag, jitter) in points.items():
        axes.plot(lag, jitter, '.', color=color, alpha=0.5, markersize=5, zorder=1)
        if beta != NAMED_BETA:
            axes.annotate(
                f'beta {beta}',
                (lag, jitter),
                xytext=(4, 5),
                textcoords='offset points',
                color=MUTED,
                fontsize=8.5,
            )
    axes.annotate(
        label,
        (lags[-1], jitters[-1]),
        xytext=(0, -8),
        textcoords='offset points',
        ha='center',
        va='top',
        color=color,
        fontsize=9.5,
    )


def _draw_named(axes: Axes, name: str, points: Points) -> None:
    """Draw the points of a named smoothing, with its name."""
    lags, jitters = zip(*points.values())
    color = COLORS[name]
    axes.plot(lags, jitters, color=color, linewidth=2.2, zorder=2)
    for rate, (lag, jitter) in points.items():
        axes.plot(
            lag,
            jitter,
            MARKERS[rate],
            color=color,
            markersize=8,
            markeredgecolor='white',
            markeredgewidth=1.2,
            zorder=3,
        )
    axes.annotate(
        name,
        (max(lags), max(jitters)),
        xytext=(11, -3),
        textcoords='offset points',
        va='center',
        color=color,
        fontsize=13,
        fontweight='bold',
    )


def _finish(axes: Axes) -> None:
    axes.set_yscale('log')
    axes.set_xlim(-1, 20)
    axes.set_ylim(0.08, 1.1)
    axes.xaxis.set_major_locator(MultipleLocator(5))
    axes.yaxis.set_major_locator(FixedLocator([0.05, 0.1, 0.2, 0.5, 1.0]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f'{value:g}'))
    axes.set_xlabel('lag of a fast reach, ms', color=INK)
    axes.set_ylabel('jitter at rest, px on a body of 1000 px', color=INK)
    axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, colors=INK)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.annotate(
        'calmer and quicker',
        (0, 0),
        xytext=(62, 44),
        xycoords='axes fraction',
        textcoords='offset points',
        color=MUTED,
        fontsize=9,
        va='center',
        arrowprops={'arrowstyle': '->', 'color': MUTED, 'shrinkB': 14},
    )
    for rate, marker in MARKERS.items():
        axes.plot([], [], marker, color=MUTED, markersize=7, label=f'{rate} images a second')
    axes.legend(frameon=False, labelcolor=INK, fontsize=9, loc='upper right')
