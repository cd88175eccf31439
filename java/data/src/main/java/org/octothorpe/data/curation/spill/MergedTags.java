package org.octothorpe.data.curation.spill;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.tags.Hashtags;

/** The tags of several sorted runs in one order, the counts of equal ones added. */
final class MergedTags implements TagRun.Cursor {
  private record Head(TagCount tag, TagRun.Cursor rest) {}

  private final List<TagRun.Cursor> cursors;
  private final PriorityQueue<Head> heads =
      new PriorityQueue<>(
          Comparator.comparing((Head head) -> head.tag.tag(), Hashtags.BY_CODE_POINT));

  MergedTags(List<TagRun.Cursor> cursors) throws IOException {
    this.cursors = new ArrayList<>(cursors);
    for (TagRun.Cursor cursor : cursors) {
      advance(cursor);
    }
  }

  private void advance(TagRun.Cursor cursor) throws IOException {
    TagCount tag = cursor.next();
    if (tag != null) {
      heads.add(new Head(tag, cursor));
    }
  }

  @Override
  public @Nullable TagCount next() throws IOException {
    Head first = heads.poll();
    if (first == null) {
      return null;
    }
    advance(first.rest);
    String tag = first.tag.tag();
    long images = first.tag.images();
    for (Head same = heads.peek();
        same != null && same.tag.tag().equals(tag);
        same = heads.peek()) {
      heads.remove();
      images += same.tag.images();
      advance(same.rest);
    }
    return new TagCount(tag, images);
  }

  @Override
  public void close() throws IOException {
    for (TagRun.Cursor cursor : cursors) {
      cursor.close();
    }
  }
}
