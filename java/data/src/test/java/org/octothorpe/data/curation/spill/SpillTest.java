package org.octothorpe.data.curation.spill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.data.samples.SampleKey;
import org.octothorpe.data.tags.Hashtags;
import org.octothorpe.random.Philox;

/** What counts and compares more than memory holds. */
class SpillTest {
  @TempDir Path dir;

  @Test
  void countsAreTheSameInMemoryAndOnDisk() throws IOException {
    List<TagCounter> counters = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      counters.add(new TagCounter(dir, "t" + i, 1 << 12)); // about 25 tags
    }
    Map<String, Long> expected = new TreeMap<>(Hashtags.BY_CODE_POINT);
    Philox random = Philox.of(1, "tags");
    for (int i = 0; i < 20_000; i++) {
      // Beyond U+FFFF too: UTF-16 orders those otherwise.
      int rank = (int) (2000 * Math.pow(random.nextDouble(), 3));
      String tag =
          new StringBuilder()
              .appendCodePoint(rank % 2 == 0 ? 0x1D4B3 : 0xFB00)
              .append(rank)
              .toString();
      counters.get(i % 3).add(tag);
      expected.merge(tag, 1L, Long::sum);
    }
    assertThat(counters.get(0).written()).isGreaterThan(64); // runs were merged on the way
    List<TagCount> found = new ArrayList<>();
    try (TagRun.Cursor all = TagCounter.merge(counters)) {
      for (TagCount tag = all.next(); tag != null; tag = all.next()) {
        found.add(tag);
      }
    }
    assertThat(found)
        .isEqualTo(
            expected.entrySet().stream().map(e -> new TagCount(e.getKey(), e.getValue())).toList());
  }

  @Test
  void aRunThatIsCutShortIsNamed() throws IOException {
    Path run = dir.resolve("run");
    TagRun.write(run, TagRun.of(List.of(new TagCount("a", 1), new TagCount("b", 2))));
    Files.write(run, java.util.Arrays.copyOf(Files.readAllBytes(run), 15));
    try (TagRun.Cursor cursor = TagRun.open(run)) {
      cursor.next();
      assertThatThrownBy(cursor::next).hasMessage(run + " is cut short");
    }
  }

  @Test
  void idsThatOccurAgainAreFoundInAnyOrder() throws IOException {
    List<String> found = new ArrayList<>();
    IdPartitions ids = new IdPartitions(dir);
    for (int i = 4_999; i >= 0; i--) {
      ids.add(SampleKey.of("id " + i % 4_998), i / 2_500, i % 2_500);
    }
    ids.find((file, place, first, at) -> found.add(file + ":" + place + " " + first + ":" + at));
    assertThat(found).containsExactlyInAnyOrder("1:2498 0:0", "1:2499 0:1");
  }
}
