package org.octothorpe.data.rows;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.testing.TestImages;
import org.octothorpe.data.testing.TestShard;
import org.octothorpe.random.Philox;

/** Damaged tables and labels: nothing crashes, and every row is used or named. */
class TableFuzzTest {
  private static final int MUTATIONS = 1000;
  private static final String JSON_LINES =
      """
      {"id": "1", "file": "a.jpg", "tags": ["#sea", "sky\\u00e9"], "x": {"y": [1, NaN, null]}}
      {"file": "b.jpg", "caption": "the #sea\\nat #night \\ud83d\\ude00"}

      {"id": 3, "file": "c.jpg", "tags": "['a', 'b']", "repeat": 1.5}
      {"id": 4, "file": "d/e.jpg", "tags": null}
      """;
  private static final String CSV =
      """
      id,file,tags
      1,a.jpg,#sea #sky
      2,b.jpg,"x;y

      ""z""\"
      3,"c, d.jpg","['a', 'b']"
      ,,
      5,e.jpg,caf\u00e9,
      6,f.jpg,"[""a"", ""b""]"
      """;
  private static final String[] PARTS = {
    "\"",
    "\"\"",
    ",",
    ";",
    "\n",
    "\r",
    "\r\n",
    "\t",
    "{",
    "}",
    "[",
    "]",
    "\\",
    "\\u",
    "'",
    "#",
    ":",
    "null",
    "NaN",
    "\u0000",
    "\ufeff",
    "\u00e9",
    "\ud83d\ude00",
    "file",
    "tags",
    "sep=;\n",
    "['",
    "  "
  };

  @TempDir Path dir;

  private static byte[] mutate(String seed, Philox random) {
    byte[] bytes = seed.getBytes(StandardCharsets.UTF_8);
    for (int n = random.nextInt(4); n >= 0; n--) {
      int at = random.nextInt(bytes.length + 1);
      int to = Math.min(bytes.length, at + random.nextInt(random.nextInt(8) == 0 ? 40 : 3));
      byte[] part =
          switch (random.nextInt(4)) {
            case 0 -> new byte[] {(byte) random.nextInt(256)};
            case 1 -> java.util.Arrays.copyOfRange(bytes, at, to); // twice, as below it stays
            default -> PARTS[random.nextInt(PARTS.length)].getBytes(StandardCharsets.UTF_8);
          };
      int rest = random.nextInt(2) == 0 ? at : to;
      byte[] next = new byte[at + part.length + bytes.length - rest];
      System.arraycopy(bytes, 0, next, 0, at);
      System.arraycopy(part, 0, next, at, part.length);
      System.arraycopy(bytes, rest, next, at + part.length, bytes.length - rest);
      bytes = next;
    }
    return bytes;
  }

  /** The numbers of the lines that are not blank, with where they start. */
  private static Map<Long, Integer> lines(byte[] bytes) {
    TreeMap<Long, Integer> lines = new TreeMap<>();
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    long number = 1;
    for (int start = 0; start < text.length(); number++) {
      int end = start;
      while (end < text.length() && text.charAt(end) != '\n' && text.charAt(end) != '\r') {
        end++;
      }
      if (!text.substring(start, end).replaceAll("[ \t]", "").isEmpty()) {
        lines.put(number, start);
      }
      start = text.startsWith("\r\n", end) ? end + 2 : end + 1;
    }
    return lines;
  }

  private record Found(List<Row> rows, TreeSet<Long> named, Set<Long> unclosed, boolean refused) {
    static Found read(Path file) throws IOException {
      List<Row> rows = new ArrayList<>();
      BadSamples bad = new BadSamples(1, message -> {});
      boolean refused = false;
      try {
        RowFile.of(file, "").read(0, false, rows::add, bad);
      } catch (IllegalArgumentException e) {
        assertThat(e.getMessage()).startsWith(file.toString());
        refused = true;
      }
      TreeSet<Long> named = new TreeSet<>();
      Set<Long> unclosed = new TreeSet<>();
      bad.forEach(
          (where, reason) -> {
            named.add(line(where));
            if (reason.endsWith("is not closed")) {
              unclosed.add(line(where));
            }
          });
      bad.notedPlaces().values().forEach(places -> places.forEach(at -> named.add(line(at))));
      return new Found(rows, named, unclosed, refused);
    }

    static long line(String where) {
      return Long.parseLong(where.substring(where.lastIndexOf(' ') + 1));
    }
  }

  @Test
  @Timeout(60)
  void everyLineOfJsonIsUsedOrNamed() throws IOException {
    Philox random = Philox.of(1, "json");
    Path file = dir.resolve("rows.jsonl");
    int used = 0;
    for (int trial = 0; trial < MUTATIONS; trial++) {
      byte[] bytes = mutate(JSON_LINES, random);
      Files.write(file, bytes);
      Found found = Found.read(file);
      if (!found.refused) {
        Set<Long> lines = new TreeSet<>(found.named);
        found.rows.forEach(row -> lines.add(Found.line(row.place())));
        assertThat(lines).isEqualTo(lines(bytes).keySet());
        used += found.rows.size();
      }
    }
    assertThat(used).isGreaterThan(MUTATIONS);
  }

  @Test
  @Timeout(60)
  void everyLineOfCsvIsUsedOrNamed() throws IOException {
    Philox random = Philox.of(1, "csv");
    Path file = dir.resolve("rows.csv");
    int used = 0;
    for (int trial = 0; trial < MUTATIONS; trial++) {
      byte[] bytes = mutate(CSV, random);
      Files.write(file, bytes);
      Found found = Found.read(file);
      if (found.refused) {
        continue;
      }
      TreeSet<Long> starts = new TreeSet<>(found.named);
      found.rows.forEach(row -> starts.add(Found.line(row.place())));
      used += found.rows.size();
      Map<Long, Integer> lines = lines(bytes);
      String text = new String(bytes, StandardCharsets.ISO_8859_1);
      boolean first = true;
      for (long line : lines.keySet()) {
        boolean header = starts.isEmpty() || line < starts.first();
        if (header) {
          assertThat(first || text.startsWith("sep=")).as(text).isTrue();
        } else if (!starts.contains(line)) { // within a record that began before, in its quotes
          long start = starts.floor(line);
          assertThat(found.unclosed).as(text).doesNotContain(start);
          Long end = starts.higher(line);
          int to = end == null ? text.length() : lines.getOrDefault(end, 0);
          assertThat(
                  text.substring(lines.getOrDefault(start, 0), to)
                      .chars()
                      .filter(c -> c == '"')
                      .count())
              .as(text)
              .isGreaterThanOrEqualTo(2);
        }
        first = false;
      }
      for (Row row : found.rows) {
        List<Row> again = new ArrayList<>();
        RowFile.of(file, "").read(row.position(), false, again::add, new BadSamples(1, m -> {}));
        assertThat(again.get(0).tags()).isEqualTo(row.tags());
      }
    }
    assertThat(used).isGreaterThan(MUTATIONS);
  }

  @Test
  @Timeout(60)
  void everyLabelOfAShardIsUsedOrNamed() throws IOException {
    Philox random = Philox.of(1, "labels");
    List<String> seeds = JSON_LINES.lines().filter(line -> !line.isEmpty()).toList();
    TestShard shard = new TestShard();
    for (int i = 0; i < MUTATIONS; i++) {
      shard.add("k" + i + ".jpg", TestImages.jpeg(8, 8, 1));
      shard.add("k" + i + ".json", mutate(seeds.get(i % seeds.size()), random));
    }
    List<Row> rows = new ArrayList<>();
    BadSamples bad = new BadSamples(1, message -> {});
    RowFile.of(shard.write(dir.resolve("x.tar")), "").read(0, false, rows::add, bad);
    assertThat(rows.size() + bad.count()).isEqualTo(MUTATIONS);
    assertThat(rows).hasSizeGreaterThan(MUTATIONS / 10);
    assertThat(bad.count()).isGreaterThan(MUTATIONS / 10);
  }
}
