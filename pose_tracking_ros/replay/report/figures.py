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


"""The plots of a report, all over one axis of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from pose_tracking_ros.blazepose import PoseLandmark, side
from pose_tracking_ros.replay.joint_angles import JOINT_ANGLES
from pose_tracking_ros.replay.report.series import Series, SPEEDS

COLORS = {'left': '#d9730d', 'right': '#1d74c4', 'center': '#5b6b73'}
"""Those of the drawings, dark enough to be read on white."""

_INK, _MUTED, _GRID, _PANEL, _NONE = '#1c2529', '#66757d', '#e7ecee', '#f6f8f9', '#e3e9ec'

_EVENTS = {
    'jump': ('Stamps jump', '#8e44ad'),
    'undecodable': ('Not decodable', '#c0392b'),
    'detector': ('Detector ran', '#1d74c4'),
    'person': ('Person found', '#2a9d6f'),
}
"""From bottom to top."""

_VISIBILITY_COLORS = [
    [0.0, '#fbe3d0'], [0.25, '#f5c9a2'], [0.5, '#cfe3da'], [0.75, '#6cbf9d'], [1.0, '#0f6e54'],
]

_SHOWN_LANDMARKS = tuple(
    landmark
    for landmark in PoseLandmark
    if not any(word in landmark.name for word in ('INNER', 'OUTER', 'PINKY', 'THUMB'))
)

_PAIRS = ('elbow', 'shoulder', 'hip', 'knee')


@dataclass(frozen=True)
class _Row:
    """
    A plot.

    :param name: its identifier
    :param title: what stands above it
    :param height: in pixels
    """

    name: str
    title: str
    height: int


_ROWS = (
    _Row('events', 'Timeline', 92),
    _Row('visibility', 'Visibility of the landmarks', 330),
    *(_Row(name, f'{name.capitalize()} angle, degrees', 118) for name in _PAIRS),
    _Row('trunk', 'Trunk lean and neck, degrees', 118),
    _Row('wrists', 'Wrist speed, seen from the hips, m/s', 118),
    _Row('ankles', 'Ankle speed, seen from the hips, m/s', 118),
)
_TITLE_HEIGHT = 46
_BOTTOM = 44


def time_figure(series: Series) -> go.Figure:
    """Return the plots over time, one below the other."""
    inner = sum(row.height + _TITLE_HEIGHT for row in _ROWS)
    figure = go.Figure()
    layout: dict[str, Any] = {'annotations': []}
    top = 0
    for number, row in enumerate(_ROWS, start=1):
        top += _TITLE_HEIGHT
        axis = f'y{number if number > 1 else ""}'
        domain = [max(0.0, 1 - (top + row.height) / inner), 1 - top / inner]
        top += row.height
        layout[f'yaxis{number if number > 1 else ""}'] = {
            'domain': domain, 'anchor': 'x', 'fixedrange': True,
            'gridcolor': _GRID, 'zeroline': False,
            'tickfont': {'size': 11, 'color': _MUTED}, 'nticks': 4, 'automargin': False,
            **_AXES.get(row.name, {'rangemode': 'normal'}),
        }
        layout['annotations'].append({
            'text': f'<b>{row.title}</b>', 'x': 0, 'xref': 'x domain', 'xanchor': 'left',
            'y': domain[1], 'yref': 'paper', 'yanchor': 'bottom', 'yshift': 8,
            'showarrow': False, 'font': {'size': 13, 'color': _INK},
        })
        for trace in _traces(row.name, series):
            trace.update(yaxis=axis, xaxis='x')
            figure.add_trace(trace)
    time = 'Seconds of the recording' if series.by_recording else 'Seconds since the first image'
    figure.update_layout(
        height=inner + _BOTTOM,
        margin={'l': 92, 'r': 16, 't': 0, 'b': _BOTTOM},
        paper_bgcolor='white',
        plot_bgcolor=_PANEL,
        font={'family': 'Inter, system-ui, sans-serif', 'size': 12, 'color': _INK},
        showlegend=False,
        hovermode='x',
        hoversubplots='axis',
        dragmode='zoom',
        xaxis={
            'anchor': f'y{len(_ROWS)}', 'range': [float(edge) for edge in series.edges[[0, -1]]],
            'title': {'text': time, 'font': {'size': 12, 'color': _MUTED}},
            'gridcolor': _GRID, 'zeroline': False,
            'tickfont': {'size': 11, 'color': _MUTED},
        },
        **layout,
    )
    return figure


_AXES: dict[str, dict[str, Any]] = {
    'events': {'showgrid': False, 'nticks': 0},
    'visibility': {
        'showgrid': False, 'autorange': 'reversed', 'nticks': 0, 'dtick': 1,
        'tickfont': {'size': 10, 'color': _MUTED},
    },
    'wrists': {'rangemode': 'tozero', 'nticks': 4},
    'ankles': {'rangemode': 'tozero', 'nticks': 4},
}


def _traces(name: str, series: Series) -> list[Any]:
    """Return what a plot shows."""
    if name == 'events':
        return [_events_trace(series)]
    if name == 'visibility':
        return [_visibility_trace(series)]
    if name in _PAIRS:
        return [
            _line(series, _angle(series, f'{which}_{name}'), f'{which} {name}', COLORS[which], '°')
            for which in ('left', 'right')
        ]
    if name == 'trunk':
        return [
            _line(series, _angle(series, 'trunk_lean'), 'trunk lean', COLORS['center'], '°'),
            _line(series, _angle(series, 'neck'), 'neck', '#b5547a', '°'),
        ]
    return [
        _line(
            series, series.speeds[:, index], landmark.replace('_', ' '),
            COLORS[landmark.split('_')[0]], ' m/s',
        )
        for index, landmark in enumerate(SPEEDS)
        if landmark.endswith(name.removesuffix('s'))
    ]


def _angle(series: Series, name: str) -> np.ndarray:
    return series.angles[:, JOINT_ANGLES.index(name)]


def _line(
    series: Series, values: np.ndarray, name: str, color: str, unit: str
) -> go.Scatter:
    """Return a line over time, with gaps where nothing is known."""
    return go.Scatter(
        x=_rounded(series.times, 4),
        y=_rounded(values, 2),
        name=name,
        mode='lines',
        line={'color': color, 'width': 1.6},
        connectgaps=False,
        hoverinfo='none',
        meta={'unit': unit},
    )


def _events_trace(series: Series) -> go.Heatmap:
    """
    Return a strip for each kind of event, as full as the bins are of it.

    The strips are one picture, in which each has a range of values, and so of colours, of its own.
    """
    rows, scale = [], []
    highest = 2 * len(_EVENTS) - 1
    for number, (name, (_, color)) in enumerate(_EVENTS.items()):
        counts = series.events[name]
        share = counts / np.maximum(series.images, 1)
        # A single event in a long bin is to be seen as well.
        if name != 'person':
            share = np.where(counts > 0, np.maximum(share, 0.65), 0.0)
        rows.append(_rounded(np.where(series.images > 0, 2 * number + share, np.nan), 3))
        scale += [[2 * number / highest, _NONE], [(2 * number + 1) / highest, color]]
    return go.Heatmap(
        x=_rounded(series.edges, 4), y=[title for title, _ in _EVENTS.values()], z=rows,
        zmin=0, zmax=highest, colorscale=scale, showscale=False, ygap=4, hoverinfo='none',
        name='events',
    )


def _visibility_trace(series: Series) -> go.Heatmap:
    """Return the visibility of the landmarks over time."""
    rows = [int(landmark) for landmark in _SHOWN_LANDMARKS]
    values = series.visibility[rows]
    return go.Heatmap(
        x=_rounded(series.edges, 4),
        y=[landmark.name.lower().replace('_', ' ') for landmark in _SHOWN_LANDMARKS],
        z=[_rounded(row, 3) for row in values],
        zmin=0, zmax=1, colorscale=_VISIBILITY_COLORS, ygap=1, hoverinfo='none', showscale=False,
        name='visibility',
    )


def jitter_figure(landmarks: dict[str, dict[str, float | None]]) -> go.Figure:
    """
    Return how calm each landmark is, and how well it is seen.

    :param landmarks: visibility and jitter of each, by its name
    """
    names = [landmark.name.lower() for landmark in _SHOWN_LANDMARKS]
    names = [name for name in names if name in landmarks]
    sides = [side(PoseLandmark[name.upper()]) for name in names]
    figure = go.Figure(
        go.Bar(
            x=[landmarks[name]['jitter_pixels'] for name in names],
            y=[name.replace('_', ' ') for name in names],
            orientation='h',
            marker={'color': [COLORS[name] for name in sides]},
            customdata=[landmarks[name]['visibility'] for name in names],
            hovertemplate='%{y}: %{x:.2f} pixels, visibility %{customdata:.2f}<extra></extra>',
        )
    )
    layout = plot_layout(height=24 * len(names) + 60, left=112, x_title='Pixels')
    figure.update_layout(bargap=0.35, **layout)
    figure.update_yaxes(autorange='reversed', dtick=1)
    return figure


def plot_layout(
    height: int, left: int, x_title: str, y_title: str = ''
) -> dict[str, Any]:
    """
    Return the layout of a single plot in the style of the report.

    :param height: in pixels
    :param left: width of the margin for the labels of the axis, in pixels
    :param x_title: of the axis that lies
    :param y_title: of the axis that stands, empty for none
    """

    def axis(title: str) -> dict[str, Any]:
        return {
            'title': {'text': title, 'font': {'size': 12, 'color': _MUTED}},
            'gridcolor': _GRID, 'zeroline': False, 'rangemode': 'tozero', 'fixedrange': True,
            'tickfont': {'size': 11, 'color': _MUTED},
        }

    return {
        'height': height,
        'margin': {'l': left, 'r': 16, 't': 4, 'b': _BOTTOM},
        'paper_bgcolor': 'white',
        'plot_bgcolor': _PANEL,
        'font': {'family': 'Inter, system-ui, sans-serif', 'size': 12, 'color': _INK},
        'xaxis': axis(x_title),
        'yaxis': axis(y_title),
    }


def _rounded(values: np.ndarray, digits: int) -> list[float | None]:
    """Return numbers as a page holds them: short, and null where there is none."""
    return [
        None if np.isnan(value) else round(float(value), digits) for value in values.tolist()
    ]
