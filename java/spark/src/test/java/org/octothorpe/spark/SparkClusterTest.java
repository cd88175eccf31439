package org.octothorpe.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.data.curation.Curation;
import org.octothorpe.data.curation.CurationEngine;
import org.octothorpe.data.curation.CurationListener;
import org.octothorpe.data.curation.CurationReport;
import org.octothorpe.data.curation.CurationSettings;
import org.octothorpe.data.curation.OneMachine;
import org.octothorpe.data.curation.select.RepeatPower;
import org.octothorpe.data.curation.senses.SenseRule;
import org.octothorpe.data.curation.write.OutputFormat;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.faults.BadSamplesException;
import org.octothorpe.data.tar.TarWriter;
import org.octothorpe.random.Philox;

/** A cluster makes the set that one machine makes: the same files, byte for byte. */
class SparkClusterTest {
  private static final int ROWS = 900;
  private static final List<String> NOUNS =
      List.of(
          "car",
          "kitty",
          "meow",
          "Automobiles",
          "crane",
          "heron",
          "cranes",
          "dog",
          "dogs",
          "cat",
          "auto",
          "brownbear",
          "ursus arctos",
          "kitten",
          "instagood");

  @TempDir Path dir;

  @AfterEach
  void clear() {
    for (String key : List.of("spark.master", "spark.driver.host", "spark.ui.enabled")) {
      System.clearProperty(key);
    }
  }

  private static SparkConf configuration(String master) {
    return new SparkConf()
        .setMaster(master)
        .setAppName("test")
        .set("spark.ui.enabled", "false")
        .set("spark.driver.host", "127.0.0.1")
        .set("spark.driver.bindAddress", "127.0.0.1");
  }

  /**
   * Rows of JSON Lines in five files: Zipf tags, the nouns among them, one id twice, two rows that
   * are none.
   */
  private void writeInput() throws IOException {
    Files.createDirectories(dir.resolve("in/images"));
    Philox random = Philox.of(5, "rows");
    List<StringBuilder> files = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      files.add(new StringBuilder());
    }
    for (int i = 0; i < ROWS; i++) {
      Files.write(
          dir.resolve("in/images/" + i + ".jpg"),
          ("\u00ff\u00d8\u00ff image " + i).getBytes(StandardCharsets.ISO_8859_1));
      Philox draw = random.at(i);
      StringBuilder tags = new StringBuilder();
      for (int k = draw.nextInt(4); k >= 0; k--) {
        int rank = (int) (24 * draw.nextDouble() * draw.nextDouble());
        String tag = rank < NOUNS.size() ? NOUNS.get(rank) : "𝒳" + rank;
        tags.append(tags.length() == 0 ? "" : ",").append('"').append(tag).append('"');
      }
      int id = i == 700 ? 3 : i;
      files
          .get(i * 5 / ROWS)
          .append(
              String.format(
                  Locale.ROOT,
                  "{\"id\":\"id%d\",\"file\":\"images/%d.jpg\",\"tags\":[%s]}\n",
                  id,
                  i,
                  tags));
      if (i == 100 || i == 600) {
        files.get(i * 5 / ROWS).append("{\"id\":\n");
      }
    }
    for (int i = 0; i < 5; i++) {
      Files.writeString(
          dir.resolve("in/rows-" + i + ".jsonl"), files.get(i), StandardCharsets.UTF_8);
    }
    Files.delete(dir.resolve("in/images/44.jpg"));
  }

  /** A list of every seventh image, and of one that is not there. */
  private Path dropList() throws IOException {
    List<String> lines = new ArrayList<>(List.of("\timages/none.jpg"));
    for (int i = 1; i < ROWS; i += 7) {
      lines.add("\timages/" + i + ".jpg");
    }
    return Files.write(dir.resolve("drop.txt"), lines);
  }

  private CurationSettings settings(
      String vocabulary, OutputFormat format, double maxBad, List<String> drop) {
    return new CurationSettings(
        List.of(dir.resolve("in") + "/rows-*.jsonl"),
        vocabulary,
        null,
        SenseRule.CONTEXT,
        drop,
        3,
        RepeatPower.SQRT,
        0.2,
        0.15,
        11,
        format,
        130,
        maxBad);
  }

  private CurationReport curate(
      CurationSettings settings, CurationEngine engine, String out, List<String> named)
      throws IOException {
    return new Curation(settings, engine, new CurationListener() {})
        .run(dir.resolve(out), false, new BadSamples(settings.maxBad(), named::add));
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
    assertThat(other.keySet()).isEqualTo(one.keySet()).contains("curated-000001.tar");
    one.forEach((name, content) -> assertThat(other.get(name)).as(name).isEqualTo(content));
  }

  @Test
  void theSetIsThatOfOneMachine() throws IOException {
    writeInput();
    List<String> drop = List.of(dropList().toString());
    CurationSettings settings = settings("wordnet", OutputFormat.SHARDS, 0.01, drop);
    List<String> named = new ArrayList<>();
    CurationReport expected = curate(settings, new OneMachine(2, 1 << 20), "one", named);
    assertThat(expected.counts().badRows()).isEqualTo(4);
    assertThat(expected.counts().duplicateIds()).isEqualTo(1);
    assertThat(expected.counts().droppedImages()).isEqualTo(129);
    assertThat(expected.counts().rows())
        .isEqualTo(ROWS + 2)
        .isEqualTo(expected.counts().images() + 4 + expected.counts().imagesWithoutTag() + 129);
    assertThat(expected.dropLists().get(0).linesWithoutImage()).isEqualTo(1);
    assertThat(expected.counts().replacedTags()).isPositive();
    assertThat(expected.merges()).isNotEmpty();
    List<String> onSpark = new ArrayList<>();
    try (JavaSparkContext spark = new JavaSparkContext(configuration("local[2]"))) {
      assertThat(curate(settings, new SparkCluster(spark), "spark", onSpark)).isEqualTo(expected);
    }
    assertSameBytes("one", "spark");
    assertThat(onSpark).containsExactlyInAnyOrderElementsOf(named);
  }

  /** Compressed shards whose keys start again, of one name in two folders and of another. */
  @Test
  void keysThatStartAgainAreOtherImagesAsOnOneMachine() throws IOException {
    List<String> input = new ArrayList<>();
    for (String name : List.of("a/s.tar.gz", "b/s.tar.gz", "b/t.tar")) {
      Path shard = dir.resolve(name);
      Files.createDirectories(dir.resolve(name).getParent());
      TarWriter.write(
          shard,
          writer -> {
            for (int i = 0; i < 60; i++) {
              String image = "\u00ff\u00d8\u00ff" + name + i; // begins as a JPEG does
              writer.add(i + ".v1.jpg", image.getBytes(StandardCharsets.ISO_8859_1));
              String label = String.format(Locale.ROOT, "{\"tags\": [\"tag%d\"]}", i % 5);
              writer.add(i + ".v1.json", label.getBytes(StandardCharsets.UTF_8));
            }
          });
      if (name.endsWith("gz")) {
        byte[] tar = Files.readAllBytes(shard);
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(shard))) {
          out.write(tar);
        }
      }
      input.add(shard.toString());
    }
    CurationSettings settings =
        new CurationSettings(
            input,
            "top:5",
            null,
            SenseRule.CONTEXT,
            List.of(),
            1,
            RepeatPower.SQRT,
            0.3,
            0.5,
            7,
            OutputFormat.SHARDS,
            70,
            0);
    List<String> named = new ArrayList<>();
    CurationReport expected = curate(settings, new OneMachine(2, 1 << 20), "one", named);
    assertThat(expected.counts().images()).isEqualTo(180);
    try (JavaSparkContext spark = new JavaSparkContext(configuration("local[2]"))) {
      assertThat(curate(settings, new SparkCluster(spark), "spark", named)).isEqualTo(expected);
    }
    assertSameBytes("one", "spark");
    assertThat(named).isEmpty();
  }

  @Test
  void theSetIsTheSameInOtherProcesses() throws IOException {
    Path home = Path.of(System.getProperty("spark.test.home", ""));
    org.junit.jupiter.api.Assumptions.assumeTrue(
        Files.isDirectory(home.resolve("jars")), "no folder with Spark's jars");
    writeInput();
    CurationSettings settings = settings("top:15", OutputFormat.SHARDS, 0.01, List.of());
    CurationReport expected =
        curate(settings, new OneMachine(1, 1 << 20), "one", new ArrayList<>());
    SparkConf configuration =
        configuration("local-cluster[2,1,768]")
            .set("spark.executor.memory", "512m")
            .set("spark.executor.extraClassPath", System.getProperty("java.class.path"));
    try (JavaSparkContext spark = new JavaSparkContext(configuration)) {
      List<Long> processes =
          spark
              .parallelize(List.of(1, 2, 3, 4), 4)
              .map(i -> ProcessHandle.current().pid())
              .collect();
      assertThat(processes).doesNotContain(ProcessHandle.current().pid());
      assertThat(curate(settings, new SparkCluster(spark), "spark", new ArrayList<>()))
          .isEqualTo(expected);
    }
    assertSameBytes("one", "spark");
  }

  @Test
  void tooManyBadRowsEndIt() throws IOException {
    writeInput();
    CurationSettings settings = settings("top:15", OutputFormat.SHARDS, 0, List.of());
    try (JavaSparkContext spark = new JavaSparkContext(configuration("local[1]"))) {
      assertThatThrownBy(
              () -> curate(settings, new SparkCluster(spark), "spark", new ArrayList<>()))
          .isInstanceOf(BadSamplesException.class)
          .hasMessageContaining("rows-0.jsonl");
    }
    assertThat(dir.resolve("spark")).doesNotExist();
    assertThat(dir.resolve("spark.partial")).doesNotExist();
  }

  @Test
  void aShardThatIsCutShortEndsItAsOnOneMachine() throws IOException {
    Path tar = dir.resolve("cut.tar");
    byte[] tags = "{\"tags\":[\"dog\"]}".getBytes(StandardCharsets.UTF_8);
    TarWriter.write(
        tar,
        shard -> {
          for (int i = 0; i < 20; i++) {
            shard.add(i + ".jpg", new byte[] {(byte) 0xff, (byte) 0xd8, (byte) 0xff});
            shard.add(i + ".json", tags);
          }
        });
    Files.write(tar, Arrays.copyOf(Files.readAllBytes(tar), 20_000));
    CurationSettings settings =
        new CurationSettings(
            List.of(tar.toString()),
            "top:5",
            null,
            SenseRule.CONTEXT,
            List.of(),
            1,
            RepeatPower.NATURAL,
            0.2,
            0,
            1,
            OutputFormat.SHARDS,
            130,
            0.1);
    Throwable one =
        catchThrowable(() -> curate(settings, new OneMachine(1, 1 << 20), "o", new ArrayList<>()));
    assertThat(one).hasMessageContaining("of them in the lost part of 1 shard), but at most ");
    try (JavaSparkContext spark = new JavaSparkContext(configuration("local[1]"))) {
      assertThatThrownBy(() -> curate(settings, new SparkCluster(spark), "s", new ArrayList<>()))
          .isInstanceOf(BadSamplesException.class)
          .hasMessage(one.getMessage());
    }
  }

  @Test
  void theProgramWritesTheSet() throws IOException {
    writeInput();
    System.setProperty("spark.master", "local[2]");
    System.setProperty("spark.ui.enabled", "false");
    System.setProperty("spark.driver.host", "127.0.0.1");
    StringWriter output = new StringWriter();
    int exit =
        CurateOnSpark.commandLine()
            .setOut(new PrintWriter(output))
            .execute(
                "--input",
                dir.resolve("in") + "/rows-*.jsonl",
                "--vocabulary",
                "wordnet",
                "--format",
                "parquet",
                "--max-bad",
                "0.01",
                "--out",
                dir.resolve("set").toString());
    assertThat(exit).isZero();
    assertThat(output.toString()).contains("writing images", "of 902 rows");
    assertThat(dir.resolve("set/curated-000000.parquet")).exists();
    assertThat(dir.resolve("set/manifest.json")).exists();
    StringWriter errors = new StringWriter();
    assertThat(
            CurateOnSpark.commandLine()
                .setErr(new PrintWriter(errors))
                .execute("--input", "x.jsonl", "--vocabulary", "nonsense", "--out", "y"))
        .isEqualTo(2);
    assertThat(errors.toString()).contains("nonsense");
  }
}
