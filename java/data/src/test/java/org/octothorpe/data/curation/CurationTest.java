package org.octothorpe.data.curation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.data.curation.count.DropLists;
import org.octothorpe.data.curation.select.RepeatPower;
import org.octothorpe.data.curation.senses.SenseRule;
import org.octothorpe.data.curation.write.OutputFormat;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.faults.BadSamplesException;
import org.octothorpe.data.rows.Row;
import org.octothorpe.data.rows.RowFile;
import org.octothorpe.io.FolderInUseException;
import org.octothorpe.random.Philox;

/** The engine: the same set for any threads, memory, and sizes of files, killed or not. */
class CurationTest {
  private static final int ROWS = 700;
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path dir;
  private final List<String> named = new ArrayList<>();

  @BeforeEach
  void makeInput() throws IOException {
    Files.createDirectories(dir.resolve("in/images"));
    for (int i = 0; i < ROWS; i++) {
      Files.write(
          dir.resolve("in/images/" + i + ".jpg"),
          ("\u00ff\u00d8\u00ff image " + i).getBytes(StandardCharsets.ISO_8859_1));
    }
    writeInput(3);
  }

  /** The same rows in any number of files. */
  private void writeInput(int files) throws IOException {
    try (Stream<Path> old = Files.list(dir.resolve("in"))) {
      for (Path file : old.filter(Files::isRegularFile).toList()) {
        Files.delete(file);
      }
    }
    Philox random = Philox.of(1, "tags");
    List<StringBuilder> texts = new ArrayList<>();
    for (int i = 0; i < files; i++) {
      texts.add(new StringBuilder());
    }
    for (int i = 0; i < ROWS; i++) {
      Philox draw = random.at(i);
      List<String> tags = new ArrayList<>();
      for (int k = draw.nextInt(4); k >= 0; k--) {
        tags.add("#Tag" + (int) (30 * Math.pow(draw.nextDouble(), 2)));
      }
      texts
          .get(i * files / ROWS)
          .append(
              JSON.writeValueAsString(
                  Map.of("id", "id" + i, "file", "images/" + i + ".jpg", "tags", tags)))
          .append('\n');
    }
    for (int i = 0; i < files; i++) {
      Files.writeString(dir.resolve("in/rows-" + i + ".jsonl"), texts.get(i));
    }
  }

  private CurationSettings settings(OutputFormat format, long shardSize, double maxBad) {
    return new CurationSettings(
        List.of(dir.resolve("in") + "/rows-*.jsonl"),
        "top:20",
        null,
        SenseRule.CONTEXT,
        List.of(),
        5,
        RepeatPower.SQRT,
        0.2,
        0.1,
        7,
        format,
        shardSize,
        maxBad);
  }

  private CurationSettings dropping(Path... lists) {
    CurationSettings all = settings(OutputFormat.SHARDS, 100, 0);
    return new CurationSettings(
        all.input(),
        all.vocabulary(),
        null,
        all.senses(),
        Stream.of(lists).map(Path::toString).toList(),
        all.minCount(),
        all.sampling(),
        all.threshold(),
        all.noise(),
        all.seed(),
        all.format(),
        all.shardSize(),
        all.maxBad());
  }

  private CurationReport curate(
      CurationSettings settings, String out, int threads, boolean resume, CurationListener listener)
      throws IOException {
    return new Curation(settings, new OneMachine(threads, 1 << 20), listener)
        .run(dir.resolve(out), resume, new BadSamples(settings.maxBad(), named::add));
  }

  private CurationReport curate(CurationSettings settings, String out, int threads)
      throws IOException {
    return curate(settings, out, threads, false, new CurationListener() {});
  }

  /** The set as id to label and image, whatever the names of files and images are. */
  private Map<String, String> set(String out) throws IOException {
    Map<String, String> set = new TreeMap<>();
    List<Row> rows = new ArrayList<>();
    for (RowFile file : RowFile.of(List.of(dir.resolve(out) + "/curated-*"), new BadSamples())) {
      file.read(0, false, rows::add, new BadSamples(0, named::add));
    }
    for (Row row : rows) {
      String image = new String(row.image().read(), java.nio.charset.StandardCharsets.UTF_8);
      assertThat(set.put(row.id(), row.tags() + image)).isNull();
    }
    return set;
  }

  private Map<String, byte[]> bytes(String out) throws IOException {
    Map<String, byte[]> bytes = new TreeMap<>();
    try (Stream<Path> files = Files.list(dir.resolve(out))) {
      for (Path file : files.toList()) {
        bytes.put(file.getFileName().toString(), Files.readAllBytes(file));
      }
    }
    return bytes;
  }

  private void assertSameBytes(String a, String b) throws IOException {
    Map<String, byte[]> one = bytes(a);
    Map<String, byte[]> other = bytes(b);
    assertThat(other.keySet()).isEqualTo(one.keySet());
    one.forEach((name, content) -> assertThat(other.get(name)).as(name).isEqualTo(content));
  }

  @Test
  void theSetIsTheSameForAnyThreadsPartitionsAndSizes() throws IOException {
    CurationReport report = curate(settings(OutputFormat.SHARDS, 100, 0), "reference", 1);
    assertThat(report.counts().images()).isBetween(300L, (long) ROWS - 1);
    assertThat(report.counts().images() + report.counts().imagesWithoutTag()).isEqualTo(ROWS);
    assertThat(report.tags()).hasSize(20);
    assertThat(report.counts().replacedTags()).isPositive();
    Map<String, String> reference = set("reference");
    assertThat(reference).hasSize((int) report.counts().images());
    curate(settings(OutputFormat.SHARDS, 100, 0), "threads", 5);
    assertSameBytes("reference", "threads");
    for (int size : new int[] {23, 299, 100_000}) {
      CurationReport other = curate(settings(OutputFormat.SHARDS, size, 0), "size" + size, 2);
      assertThat(other).isEqualTo(report);
      assertThat(set("size" + size)).isEqualTo(reference);
    }
    writeInput(17);
    assertThat(curate(settings(OutputFormat.SHARDS, 100, 0), "split", 3)).isEqualTo(report);
    assertThat(set("split")).isEqualTo(reference);
  }

  @Test
  void aParquetManifestHoldsTheSameSet() throws IOException {
    CurationReport report = curate(settings(OutputFormat.SHARDS, 100, 0), "shards", 2);
    assertThat(curate(settings(OutputFormat.PARQUET, 250, 0), "manifest", 2)).isEqualTo(report);
    assertThat(set("manifest")).isEqualTo(set("shards"));
    // A manifest of a set of shards points into them.
    CurationSettings again =
        new CurationSettings(
            List.of(dir.resolve("shards") + "/*.tar"),
            "top:20",
            null,
            SenseRule.CONTEXT,
            List.of(),
            0,
            RepeatPower.NATURAL,
            0.1,
            0,
            1,
            OutputFormat.PARQUET,
            1000,
            0);
    curate(again, "pointers", 2);
    assertThat(set("pointers")).isEqualTo(set("shards"));
  }

  @Test
  void frequenciesAndFactorsAreThoseOfTheKeptImages() throws IOException {
    CurationReport report = curate(settings(OutputFormat.PARQUET, 1000, 0), "set", 2);
    long images = report.counts().images();
    for (CurationReport.Tag tag : report.tags()) {
      assertThat(tag.repeat()).isEqualTo(Math.max(1, Math.sqrt(0.2 * images / tag.images())));
    }
    assertThat(report.counts().expectedEpochImages()).isGreaterThan((double) images);
    // Bernoulli draws, one per image: 5 standard deviations of at most 1/2 each.
    assertThat(Math.abs(report.counts().firstEpochImages() - report.counts().expectedEpochImages()))
        .isLessThan(5 * 0.5 * Math.sqrt((double) images));
    assertThat(report.merges()).isEmpty(); // folding is not a merge
    assertThat(report.drops()).isNotEmpty();
    long withTags = report.tagsPerImageAfter().stream().skip(1).mapToLong(n -> n).sum();
    assertThat(withTags).isEqualTo(images);
    assertThat(Files.readAllLines(dir.resolve("set/vocabulary.txt"))).hasSize(20);
    List<String> table = Files.readAllLines(dir.resolve("set/tags.csv"));
    assertThat(table).hasSize(1 + (int) report.counts().distinctTags());
    JsonNode manifest = JSON.readTree(dir.resolve("set/manifest.json").toFile());
    assertThat(manifest.at("/program").asText()).matches("[0-9]+\\.[0-9]+\\.[0-9]+");
    assertThat(manifest.at("/settings/seed").asLong()).isEqualTo(7);
    assertThat(manifest.at("/input/2/sha256").asText()).matches("[0-9a-f]{64}");
    assertThat(manifest.at("/counts/images").asLong()).isEqualTo(images);
    assertThat(manifest.at("/output/0/file").asText()).isEqualTo("curated-000000.parquet");
  }

  @Test
  void badRowsAreNamedAndLeftOutAndTheFirstOfAnIdStays() throws IOException {
    curate(settings(OutputFormat.SHARDS, 100, 0), "clean", 2);
    Path extra = dir.resolve("in/rows-9.jsonl");
    Files.write(
        extra,
        List.of(
            "nonsense",
            "{\"id\": \"id3\", \"file\": \"images/4.jpg\", \"tags\": [\"tag0\", \"new\"]}",
            "{\"id\": \"gone\", \"file\": \"images/gone.jpg\", \"tags\": [\"tag0\"]}"));
    CurationReport report = curate(settings(OutputFormat.SHARDS, 100, 0.01), "dirty", 2);
    assertThat(set("dirty")).isEqualTo(set("clean"));
    assertThat(report.counts().badRows()).isEqualTo(3);
    assertThat(report.counts().duplicateIds()).isEqualTo(1);
    assertThat(report.counts().rows()).isEqualTo(ROWS + 3);
    assertThat(named).hasSize(3);
    assertThat(Files.readAllLines(dir.resolve("dirty/bad.txt")))
        .containsExactly(named.get(0), named.get(2), named.get(1)); // by line
    assertThat(Files.readString(dir.resolve("dirty/manifest.json"))).contains("bad.txt");
    assertThat(dir.resolve("clean/bad.txt")).doesNotExist();
    assertThat(named.get(0)).startsWith(extra + ": line 1: it is not JSON");
    assertThat(named.get(1))
        .isEqualTo(extra + ": line 3: there is no file " + dir.resolve("in/images/gone.jpg"));
    assertThat(named.get(2))
        .isEqualTo(
            extra + ": line 2: it has the id of line 4 of " + dir.resolve("in/rows-0.jsonl"));
    assertThatThrownBy(() -> curate(settings(OutputFormat.SHARDS, 100, 0.001), "strict", 2))
        .isInstanceOf(BadSamplesException.class)
        .hasMessageStartingWith("3 images of 703 are bad, but at most 1 may be");
    assertThat(dir.resolve("strict")).doesNotExist();
  }

  @Test
  void droppedImagesAreAsIfTheyWereNotThere() throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < ROWS; i += 3) {
      lines.add("\timages/" + i + ".jpg");
      Files.delete(dir.resolve("in/images/" + i + ".jpg")); // what is dropped need not be there
    }
    lines.add(5, lines.get(2));
    Path list = Files.write(dir.resolve("drop.txt"), lines);
    Path second = dir.resolve("more.txt");
    Files.write(second, List.of("\timages/0.jpg", "x.tar\timages/1.jpg", "\t1.jpg"));
    CurationReport dropped = curate(dropping(list, second), "dropped", 2);
    int left = ROWS - (ROWS + 2) / 3;
    assertThat(dropped.counts().rows()).isEqualTo(ROWS);
    assertThat(dropped.counts().badRows()).isZero();
    assertThat(dropped.counts().droppedImages()).isEqualTo(ROWS - left);
    assertThat(dropped.counts().images() + dropped.counts().imagesWithoutTag()).isEqualTo(left);
    assertThat(dropped.dropLists())
        .containsExactly(
            new DropLists.Outcome(list.toString(), ROWS - left, 0),
            new DropLists.Outcome(second.toString(), 1, 2));
    assertThat(dropped.dropLists().get(1).unmatched())
        .isEqualTo("2 lines of " + second + " name no image");
    JsonNode manifest = JSON.readTree(dir.resolve("dropped/manifest.json").toFile());
    assertThat(manifest.at("/input/3/file").asText()).isEqualTo(list.toString());
    for (int i = 0; i < 3; i++) {
      Path file = dir.resolve("in/rows-" + i + ".jsonl");
      List<String> rows = new ArrayList<>();
      for (String row : Files.readAllLines(file)) {
        if (lines.stream().noneMatch(line -> row.contains('"' + line.substring(1) + '"'))) {
          rows.add(row);
        }
      }
      Files.write(file, rows);
    }
    CurationReport absent = curate(settings(OutputFormat.SHARDS, 100, 0), "absent", 2);
    assertThat(absent.counts().rows()).isEqualTo(left);
    assertThat(absent.tags()).isEqualTo(dropped.tags());
    assertThat(absent.tagsPerImageBefore()).isEqualTo(dropped.tagsPerImageBefore());
    assertThat(bytes("dropped").get("curated-000001.tar"))
        .isEqualTo(bytes("absent").get("curated-000001.tar"));
  }

  @Test
  void aDropListMustBeWellFormedAndUnambiguous() throws IOException {
    Path list = dir.resolve("drop.txt");
    for (String line : List.of("images/1.jpg", "x.tar\t", "a/x.tar\t1.jpg")) {
      Files.write(list, List.of("x.tar\t1.jpg", line));
      assertThatThrownBy(() -> curate(dropping(list), "set", 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith(list + ":2: '" + line + "' is not a shard's file name without");
    }
    Files.createDirectories(dir.resolve("in/rows-x"));
    Files.copy(dir.resolve("in/rows-0.jsonl"), dir.resolve("in/rows-x/rows-0.jsonl"));
    Files.write(list, List.of("\timages/1.jpg"));
    CurationSettings one = dropping(list);
    List<String> input =
        List.of(one.input().get(0), dir.resolve("in/rows-x/rows-0.jsonl").toString());
    CurationSettings both =
        new CurationSettings(
            input,
            one.vocabulary(),
            null,
            one.senses(),
            one.drop(),
            1,
            one.sampling(),
            0.2,
            0,
            1,
            one.format(),
            100,
            0);
    assertThatThrownBy(() -> curate(both, "set", 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("of the input differ in their folder alone; curate them apart");
    assertThat(dir.resolve("set.partial")).doesNotExist();
  }

  /** The killing of a run after some of its files, as far as its folder shows. */
  private static final class Killed extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  @Test
  void aKilledRunGoesOnAndEndsWithTheSameBytes() throws IOException {
    CurationSettings settings = settings(OutputFormat.SHARDS, 50, 0);
    curate(settings, "whole", 2);
    for (String at :
        List.of("counting tags", "selecting images", "writing images", "hashing the set")) {
      String out = "killed " + at.replace(' ', '-');
      CurationListener killer =
          new CurationListener() {
            private int calls;

            @Override
            public synchronized void onProgress(String task, long done, long total) {
              if (task.equals(at) && ++calls == 2) {
                throw new Killed();
              }
            }
          };
      assertThatThrownBy(() -> curate(settings, out, 1, false, killer)).isInstanceOf(Killed.class);
      assertThat(dir.resolve(out)).doesNotExist();
      assertThatThrownBy(() -> curate(settings, out, 1))
          .hasMessageContaining(".partial holds an unfinished set; --resume continues it, rm -r");
      Path first = dir.resolve(out + ".partial/curated-000000.tar");
      Object before = Files.exists(first) ? Files.getAttribute(first, "unix:ino") : "none";
      curate(settings, out, 2, true, new CurationListener() {});
      assertSameBytes("whole", out);
      if (at.equals("writing images")) {
        assertThat(Files.getAttribute(dir.resolve(out + "/curated-000000.tar"), "unix:ino"))
            .isEqualTo(before); // it was not written again
      }
      assertThat(dir.resolve(out + ".partial")).doesNotExist();
    }
  }

  @Test
  void aRunDoesNotGoOnWithOtherSettingsOrInput() throws IOException {
    CurationListener killer =
        new CurationListener() {
          @Override
          public void onReport(CurationReport report, Path folder) {
            throw new Killed();
          }
        };
    CurationSettings settings = settings(OutputFormat.SHARDS, 50, 0);
    assertThatThrownBy(() -> curate(settings, "set", 1, false, killer)).isInstanceOf(Killed.class);
    assertThatThrownBy(
            () ->
                curate(
                    settings(OutputFormat.SHARDS, 51, 0),
                    "set",
                    1,
                    true,
                    new CurationListener() {}))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("was begun with other settings, shardSize: 50 then, 51 now");
    Files.writeString(dir.resolve("in/rows-0.jsonl"), "");
    assertThatThrownBy(() -> curate(settings, "set", 1, true, new CurationListener() {}))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("was begun with other input files");
  }

  @Test
  void twoAtOnceAreRefused() throws IOException {
    CurationSettings settings = settings(OutputFormat.SHARDS, 50, 0);
    List<String> refusals = new ArrayList<>();
    CurationListener second =
        new CurationListener() {
          @Override
          public void onReport(CurationReport report, Path folder) {
            for (boolean resume : new boolean[] {true, false}) {
              assertThatThrownBy(
                      () -> curate(settings, "set", 1, resume, new CurationListener() {}))
                  .isInstanceOf(FolderInUseException.class)
                  .satisfies(refusal -> refusals.add(refusal.getMessage()));
            }
          }
        };
    curate(settings, "set", 1, false, second);
    assertThat(refusals).hasSize(2);
    assertThat(refusals.get(0))
        .startsWith(dir.resolve("set.partial") + " is in use by process ")
        .endsWith("; one process at a time may work in a folder");
    assertThat(dir.resolve("set/lock")).doesNotExist();
    curate(settings, "other", 1);
    assertSameBytes("other", "set");
  }

  @Test
  void whatIsThereIsNotOverwritten() throws IOException {
    Files.createDirectories(dir.resolve("set"));
    assertThatThrownBy(() -> curate(settings(OutputFormat.SHARDS, 50, 0), "set", 1))
        .hasMessageContaining("set exists; give another folder");
  }

  @Test
  void aVocabularyThatNothingReachesIsRefused() {
    CurationSettings settings =
        new CurationSettings(
            List.of(dir.resolve("in") + "/*.jsonl"),
            "top:20",
            null,
            SenseRule.CONTEXT,
            List.of(),
            10_000,
            RepeatPower.SQRT,
            0.1,
            0,
            1,
            OutputFormat.PARQUET,
            1000,
            0);
    assertThatThrownBy(() -> curate(settings, "set", 1))
        .hasMessageContaining("none of the 30 canonical tags is on at least 10000 images");
  }
}
