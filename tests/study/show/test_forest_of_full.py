"""The forest plot of the committed tables: nothing is clipped or stands on top of another."""

from itertools import pairwise

from matplotlib.backends.backend_agg import FigureCanvasAgg

from study import full
from study.show import forest

EVERY_GROUP = True


def test_nothing_is_clipped_or_overlaps():
    figure = forest.draw(full.table("comparisons"), "title")
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    for axes in figure.axes:
        panel = axes.get_window_extent(renderer)
        boxes = [each.get_window_extent(renderer) for each in axes.texts]
        for box in boxes:
            assert box.x0 >= 0 and box.x1 <= figure.bbox.width
            assert box.x1 < panel.x0 or box.x0 > panel.x1
        left = sorted((box.y0, box.y1) for box in boxes if box.x1 < panel.x0)
        assert all(below[1] <= above[0] + 1 for below, above in pairwise(left))
        ticks = [each.get_window_extent(renderer) for each in axes.get_xticklabels() if each.get_text()]
        assert all(first.x1 < second.x0 for first, second in pairwise(ticks))


def test_narrow_each_name_stands_above_its_bar_and_nothing_is_clipped_or_overlaps():
    figure = forest.draw(full.table("comparisons"), "title", forest.NARROW)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    assert figure.bbox.width / figure.dpi < 3.75  # inches: 360 pixels of a screen
    for axes in figure.axes:
        texts = [each for each in axes.texts if each.get_position()[0] == 0]
        boxes = [each.get_window_extent() for each in texts]
        assert all(box.x0 >= 0 and box.x1 <= figure.bbox.width for box in boxes)
        assert all(below.y1 <= above.y0 + 1 for above, below in pairwise(boxes))
        bars = [bar.lines[0].get_window_extent() for bar in axes.containers]
        names = [box for text, box in zip(texts, boxes, strict=True) if text.get_weight() != "bold"]
        assert all(0 <= name.y0 - bar.y0 < 20 for name, bar in zip(names, bars, strict=True))
        ticks = [each.get_window_extent() for each in axes.get_xticklabels() if each.get_text()]
        assert all(first.x1 < second.x0 for first, second in pairwise(ticks))
    assert figure.legends[0].get_window_extent().x0 >= 0
