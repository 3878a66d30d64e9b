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

"""The bridge to ROS4HRI: bodies come with people and go with them, through a real graph."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest
from sensor_msgs.msg import Image, JointState

from ros_graph import image_message, NodeProcess

has_hri_msgs = bool(find_spec('hri_msgs'))


@pytest.mark.skipif(has_hri_msgs, reason='hri_msgs is installed')
def test_says_which_package_is_missing(ros_environment, tmp_path):
    bridge = NodeProcess(tmp_path / 'log', [], 'ros4hri_bridge')
    assert bridge.wait() == 1
    assert bridge.log == (
        'ros4hri_bridge needs the package hri_msgs, which is not installed here\n'
    )


def test_prints_its_help_with_and_without_the_package(ros_environment, tmp_path):
    bridge = NodeProcess(tmp_path / 'log', ['--help'], 'ros4hri_bridge')
    assert bridge.wait() == 0
    assert 'REP-155' in bridge.log


@pytest.mark.skipif(
    not has_hri_msgs, reason='needs hri_msgs: it comes with a ROS 2 distribution'
)
def test_bodies_come_with_people_and_go_with_them(graph, make_node, astronaut, coffee, tmp_path):
    import hri_msgs.msg as hri

    make_node(model_complexity=0)
    bridge = NodeProcess(tmp_path / 'log', [], 'ros4hri_bridge')
    try:
        tracked = graph.listen(hri.IdsList, '/humans/bodies/tracked')
        graph.spin_until(lambda: len(graph.node.get_subscriptions_info_by_topic('image')) == 2)
        graph.meet('ros4hri_bridge')
        graph.answer_to(image_message(astronaut, second=1))
        graph.spin_until(lambda: tracked)
        (name,) = tracked[0].ids
        body = f'/humans/bodies/{name}'
        rois = graph.listen(hri.NormalizedRegionOfInterest2D, f'{body}/roi')
        skeletons = graph.listen(hri.Skeleton2D, f'{body}/skeleton2d')
        states = graph.listen(JointState, f'{body}/joint_states')
        crops = graph.listen(Image, f'{body}/cropped')
        everything = (rois, skeletons, states, crops)
        second = iter(range(2, 1000))

        def send() -> bool:
            graph.answer_to(image_message(astronaut, second=next(second)))
            return all(everything)

        graph.spin_until(send)
        assert 0 <= rois[0].xmin < rois[0].xmax <= 1
        assert len(skeletons[0].skeleton) == 18
        assert f'l_elbow_{name}' in states[0].name
        width = round((rois[0].xmax - rois[0].xmin) * astronaut.shape[1])
        assert abs(crops[0].width - width) <= 12
        pixels = np.frombuffer(crops[0].data, np.uint8)
        assert pixels.size == crops[0].width * crops[0].height * 3
        graph.answer_to(image_message(coffee, second=next(second)))
        graph.spin_until(lambda: not tracked[-1].ids)
        graph.spin_until(lambda: not graph.node.count_publishers(f'{body}/roi'))
        assert bridge.stop() == 0
    finally:
        bridge.close()
