package org.octothorpe.data.curation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.data.curation.select.RepeatPower;
import org.octothorpe.data.curation.senses.SenseRule;
import org.octothorpe.data.curation.write.OutputFormat;
import org.octothorpe.data.faults.BadSamples;

/** Inputs at fault: what is said, counted, and left behind. */
class CurationFaultsTest {
  @TempDir Path dir;
  private final List<String> named = new ArrayList<>();

  @BeforeEach
  void makeImages() throws IOException {
    for (String name : List.of("a", "b", "c", "d")) {
      Files.write(
          dir.resolve(name + ".jpg"),
          ("\u00ff\u00d8\u00ff image " + name).getBytes(StandardCharsets.ISO_8859_1));
    }
  }

  private CurationReport curate(Path input, String vocabulary, double maxBad, Path... drop)
      throws IOException {
    CurationSettings settings =
        new CurationSettings(
            List.of(input.toString()),
            vocabulary,
            null,
            SenseRule.CONTEXT,
            List.of(drop).stream().map(Path::toString).toList(),
            1,
            RepeatPower.NATURAL,
            0.1,
            0,
            1,
            OutputFormat.SHARDS,
            100,
            maxBad);
    return new Curation(settings, new OneMachine(2, 1 << 20), new CurationListener() {})
        .run(dir.resolve("set"), false, new BadSamples(maxBad, named::add));
  }

  @Test
  void imagesAreKnownByTheirContentAndWrittenWithItsEnding() throws IOException {
    byte[] png = {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10, 0, 0, 0, 13};
    byte[] webp = "RIFF....WEBPVP8 ".getBytes(StandardCharsets.ISO_8859_1);
    Files.write(dir.resolve("b.jpg"), png);
    Files.write(dir.resolve("c.jpg"), webp);
    Files.writeString(dir.resolve("d.jpg"), "<!DOCTYPE html><html></html>");
    Files.write(dir.resolve("e.jpg"), new byte[0]);
    Files.writeString(dir.resolve("f.png"), "GIF89a.................");
    Path input =
        input(
            "in.jsonl",
            Stream.of("a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg", "f.png")
                .map("{\"file\": \"%s\", \"tags\": [\"cat\"]}"::formatted)
                .toArray(String[]::new));
    CurationReport report = curate(input, "top:1", 1);
    assertThat(report.counts().images()).isEqualTo(3);
    assertThat(named)
        .containsExactlyInAnyOrder(
            input + ": line 4: it is an HTML page",
            input + ": line 5: it is empty",
            input
                + ": line 6: it is a GIF image; JPEG, PNG and WebP are read: convert it, as with"
                + " 'magick IMAGE IMAGE.png'");
    String shard =
        Files.readString(dir.resolve("set/curated-000000.tar"), StandardCharsets.ISO_8859_1);
    assertThat(shard)
        .contains("000000000.jpg", "000000001.png", "000000002.webp")
        .doesNotContain("000000001.jpg", "000000002.jpg");
  }

  private Path input(String name, String... lines) throws IOException {
    return Files.write(dir.resolve(name), List.of(lines));
  }

  private void assertRefused(Path input, String message) {
    assertThatThrownBy(() -> curate(input, "wordnet", 0)).hasMessageContaining(message);
    assertThat(dir.resolve("set.partial")).doesNotExist();
  }

  @Test
  void whatAnInputAtFaultLeavesIsInNobodysWay() throws IOException {
    String row = "{\"file\": \"a.jpg\", \"tags\": [%s]}";
    Path untagged = input("untagged.jsonl", String.format(Locale.ROOT, row, ""));
    assertRefused(untagged, "the set is empty: the 1 row of " + untagged + " carries no tags");
    Path none = input("none.jsonl");
    assertRefused(none, "the set is empty: " + none + " holds no row that can be used");
    Path foreign = input("foreign.jsonl", String.format(Locale.ROOT, row, "\"xyzzyx\""));
    assertRefused(
        foreign,
        "the set is empty: no tag of the 1 row of " + foreign + " fits the vocabulary 'wordnet'");
    assertRefused(input("columns.csv", "name,words", "a,b"), "must name the columns file and tags");
    assertRefused(input("empty.csv"), "must name the columns file and tags");
    assertRefused(input("broken.jsonl", "nonsense"), "is bad, but at most 0 may be");
    assertThat(
            curate(input("good.jsonl", String.format(Locale.ROOT, row, "\"cat\"")), "wordnet", 0)
                .counts()
                .rows())
        .isEqualTo(1);
  }

  @Test
  void everyRowIsCountedOnce() throws IOException {
    Path input =
        input(
            "rows.jsonl",
            "{\"id\": 1, \"file\": \"a.jpg\", \"tags\": [\"cat\"]}",
            "{\"id\": 1, \"file\": \"b.jpg\", \"tags\": [\"cat\"]}",
            "{\"id\": 1, \"file\": \"c.jpg\", \"tags\": [\"cat\"]}",
            "{\"id\": 2, \"file\": \"b.jpg\", \"tags\": [\"cat\", \"dog\"]}",
            "{\"id\": 3, \"file\": \"gone.jpg\", \"tags\": [\"cat\"]}",
            "{\"id\": 3, \"file\": \"gone.jpg\", \"tags\": [\"cat\"]}",
            "{\"id\": 4, \"file\": \"c.jpg\", \"tags\": []}",
            "{\"id\": 5, \"file\": \"d.jpg\", \"tags\": [\"cat\"]}",
            "nonsense",
            "",
            "{\"id\": 6",
            "[]");
    Path drop = input("drop.txt", "\td.jpg");
    CurationReport.Counts counts = curate(input, "top:5", 0.9, drop).counts();
    assertThat(counts.rows()).isEqualTo(11); // a blank line is not a row
    assertThat(counts.images()).isEqualTo(2);
    assertThat(counts.imagesWithoutTag()).isEqualTo(1);
    assertThat(counts.droppedImages()).isEqualTo(1);
    assertThat(counts.duplicateIds()).isEqualTo(2);
    assertThat(counts.badRows()).isEqualTo(7).isEqualTo(named.size());
    assertThat(counts.rows())
        .isEqualTo(
            counts.images()
                + counts.badRows()
                + counts.imagesWithoutTag()
                + counts.droppedImages());
  }
}
