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

"""The node takes H.264 and H.265 where the packages of their messages are installed."""

from __future__ import annotations

from array import array

import numpy as np
import pytest
from rclpy.qos import qos_profile_sensor_data

from pose_tracking_ros.node.image_subscription import image_type, VIDEO_TRANSPORTS
from ros_graph import image_message, values
from video.video_messages import encode, ffmpeg_message, foxglove_message

PACKAGES = {'foxglove': 'foxglove_msgs', 'ffmpeg': 'ffmpeg_image_transport_msgs'}
GOP = 4


def messages(transport: str, packets: list[bytes], codec: str) -> list:
    """Return packets as messages, a second from one to the next."""
    pytest.importorskip(
        f'{PACKAGES[transport]}.msg', reason=f'{PACKAGES[transport]} is not installed'
    )
    made = []
    for second, data in enumerate(packets, 1):
        header = image_message(np.zeros((1, 1, 3), np.uint8), second).header
        if transport == 'foxglove':
            fields = foxglove_message(data, codec, header.stamp)
        else:
            fields = ffmpeg_message(data, codec, header)
        fields.data = array('B', data)
        made.append(image_type(transport)(**vars(fields)))
    return made


def advertise(graph, transport: str) -> None:
    """Let the camera of the test send video."""
    graph.camera = graph.node.create_publisher(
        image_type(transport), f'image/{transport}', qos_profile_sensor_data
    )
    graph.meet_subscribers_of(graph.camera)


@pytest.mark.parametrize('transport', VIDEO_TRANSPORTS)
@pytest.mark.parametrize('codec', ['h264', 'h265'])
def test_video_is_tracked_from_the_first_key_frame_on(
    graph, make_node, astronaut, transport, codec
):
    packets = encode([astronaut[:, :, ::-1]] * (2 * GOP), codec, GOP)
    sent = messages(transport, packets, codec)[2:]
    sent[GOP].data = array('B', b'no video')
    node = make_node(image_transport=transport, tracking_timeout=2.0)
    advertise(graph, transport)
    (camera,) = node._cameras
    counts = camera.statistics
    for index, message in enumerate(sent):
        graph.camera.publish(message)
        graph.spin_until(
            lambda done=index + 1: (
                counts.counts.processed + counts.counts.rejected.total() == done
            )
        )
    assert counts.counts.rejected['no key frame'] == GOP - 2
    graph.spin_until(lambda: len(graph.landmarks) == counts.counts.processed)
    answered = [answer.header.stamp.sec for answer in graph.landmarks]
    assert answered[:2] == [GOP + 1, GOP + 2]
    assert all(answer.persons for answer in graph.landmarks[:2])
    assert len({answer.persons[0].track_id for answer in graph.landmarks[:2]}) == 1
    assert counts.counts.rejected['not an image'] >= 1
    reported = graph.diagnostics()['images']
    assert 'rejected: no key frame' in values(reported)


@pytest.mark.parametrize('transport', VIDEO_TRANSPORTS)
def test_of_a_burst_each_packet_is_decoded_and_the_newest_image_processed(
    graph, make_node, astronaut, transport
):
    """The last of a burst builds on all before it."""
    brightened = [astronaut[:, :, ::-1] // 4 * 3 + 5 * number for number in range(12)]
    sent = messages(transport, encode(brightened, gop=100), 'h264')
    node = make_node(image_transport=transport)
    advertise(graph, transport)
    for message in sent:
        graph.camera.publish(message)
    (camera,) = node._cameras

    def is_done() -> bool:
        counts = camera.statistics.counts
        return counts.processed + counts.dropped == len(sent)

    graph.spin_until(is_done)
    graph.spin_until(lambda: graph.landmarks and graph.landmarks[-1].header.stamp.sec == len(sent))
    assert graph.landmarks[-1].persons
    counts = camera.statistics.counts
    assert (counts.received, counts.damaged, counts.rejected.total()) == (len(sent), 0, 0)


@pytest.mark.parametrize('transport', VIDEO_TRANSPORTS)
def test_without_its_package_a_transport_is_refused_with_what_installs_it(
    graph, start_node, tmp_path, monkeypatch, transport
):
    package = PACKAGES[transport]
    (tmp_path / f'{package}.py').write_text(f'raise ModuleNotFoundError(name={package!r})\n')
    monkeypatch.setenv('PYTHONPATH', str(tmp_path), prepend=':')
    node = start_node(image_transport=transport)
    node.wait_for_log('Cannot configure')
    assert f'image_transport is {transport}, which needs {package}' in node.log
    assert f'-{package.replace("_", "-")}' in node.log
    assert 'Traceback' not in node.log
    reported = graph.diagnostics()['node']
    assert 'sudo apt install' in reported.message
