"""The figures on a projector: one message a scene, by keys or by themselves, without a network."""

from __future__ import annotations

from pages.shared import stage
from pages.shared.filters import reader_of_address

stage.leave_if_asked()
reader = reader_of_address()
show = stage.open_show(reader)
stage.scene(reader, show)
stage.controls(reader, show)
stage.clock(reader, show)
stage.prepare_others(reader, show)
