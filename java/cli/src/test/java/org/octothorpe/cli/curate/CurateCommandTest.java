package org.octothorpe.cli.curate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.cli.CommandRun;
import org.octothorpe.cli.Main;
import org.octothorpe.cli.doctor.DoctorCommand;
import org.octothorpe.cli.world.World;
import org.octothorpe.data.Samples;

/** The verb on a small drawn world. */
class CurateCommandTest {
  @TempDir Path dir;

  @BeforeEach
  void drawWorld() throws IOException {
    new World(1, 32, 400, 10, 10).write(dir.resolve("world"), 2);
  }

  private CommandRun curate(String... options) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("curate", "--input", dir + "/world/train-*.tar"));
    arguments.addAll(List.of(options));
    return CommandRun.of(arguments.toArray(String[]::new));
  }

  @Test
  void makesASetThatTrainsAndAReport() throws IOException {
    Path set = dir.resolve("set");
    CommandRun run =
        curate(
            "--vocabulary",
            "top:12",
            "--min-count",
            "3",
            "--sampling",
            "uniform",
            "--t",
            "0.2",
            "--noise",
            "0.1",
            "--shard-size",
            "150",
            "--out",
            set.toString());
    assertThat(run.exit()).as(run.all()).isZero();
    assertThat(run.out())
        .contains("dropped", "images of the set", "tags replaced by noise", "and ", " more drops");
    assertThat(set).isDirectoryContaining("glob:**/report.html");
    String html = Files.readString(set.resolve("report.html"));
    assertThat(html).contains("data:image/png;base64,", "Merges", "Drops", "epoch 0");
    assertThat(html).doesNotContain("http"); // needs nothing else
    assertThat(run.out()).doesNotContain("No image is repeated");
    assertThat(curate("--vocabulary", "top:3", "--t", "0.0005", "--out", dir + "/often").out())
        .contains(
            "No image is repeated: every tag is on 0.05 % of the images or more; a larger --t");
    assertThat(curate("--vocabulary", "top:3", "--sampling", "natural", "--out", dir + "/n").out())
        .doesNotContain("No image is repeated");
    assertThat(Files.readString(set.resolve("manifest.json")))
        .contains("\"program\" : \"" + DoctorCommand.version() + "\"");
    Samples samples = Samples.open(set + "/*.tar");
    assertThat(samples.all().stream().anyMatch(sample -> sample.repeat() > 1)).isTrue();
    CommandRun training =
        CommandRun.of(
            "train",
            "--data",
            set + "/*.tar",
            "--vocabulary",
            "file:" + set + "/vocabulary.txt",
            "--model",
            "resnext14_2x8d_w8",
            "--image-size",
            "32",
            "--images",
            "64",
            "--batch",
            "16",
            "--out",
            dir.resolve("run").toString());
    assertThat(training.exit()).as(training.all()).isZero();
    assertThat(training.out()).contains("12 tags", "(0 without a tag of the vocabulary left out)");
  }

  @Test
  void saysWhatIsWrongInOneLine() throws IOException {
    String out = dir.resolve("set").toString();
    assertThat(curate("--out", out, "--vocabulary", "best:3").err())
        .contains("--vocabulary is 'best:3', but must be");
    assertThat(curate("--out", out, "--t", "2").err())
        .contains("--t is 2.0, but must be in (0, 1]");
    assertThat(curate("--out", out, "--memory", "much").err())
        .contains("--memory is 'much', but must be a size such as 512M or 2G");
    assertThat(curate("--out", out, "--memory", "900G").err()).contains("half of the Java heap");
    assertThat(curate("--out", out, "--threads", "0").err())
        .contains("--threads is 0, but must be in [1, 256]");
    String folder = dir + " is a folder, but must be a file";
    assertThat(curate("--out", out, "--drop", dir.toString()).err())
        .isEqualToIgnoringNewLines("octothorpe curate: drop: " + folder);
    assertThat(curate("--out", out, "--overrides", dir.toString()).err())
        .isEqualToIgnoringNewLines("octothorpe curate: overrides: " + folder);
    for (String kind : List.of("file:", "synsets:")) {
      assertThat(curate("--out", out, "--vocabulary", kind + dir).err())
          .isEqualToIgnoringNewLines("octothorpe curate: vocabulary: " + folder);
    }
    assertThat(dir.resolve("set.partial")).doesNotExist();
    Files.createDirectory(dir.resolve("set"));
    CommandRun run = curate("--out", out, "--vocabulary", "top:5");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("set exists; give another folder").hasLineCount(1);
  }

  @Test
  void whatDedupListsIsLeftOut() throws IOException {
    Path world = dir.resolve("world");
    String[] options = {"--vocabulary", "top:12", "--shard-size", "150", "--out", dir + "/whole"};
    assertThat(curate(options).exit()).isZero();
    Files.copy(world.resolve("train-000000.tar"), world.resolve("train-copy.tar"));
    CommandRun dedup =
        CommandRun.of(
            "dedup",
            "--train",
            world + "/train-*.tar",
            "--within",
            "--threshold",
            "1",
            "--out",
            dir + "/dedup");
    assertThat(dedup.exit()).as(dedup.all()).isZero();
    Path list = dir.resolve("dedup/drop.txt");
    int copies = Files.readAllLines(list).size();
    assertThat(copies).isBetween(100, 400);
    Files.writeString(list, "train-none.tar\t1.jpg\n", StandardOpenOption.APPEND);
    CommandRun run =
        curate(
            "--drop",
            list.toString(),
            "--vocabulary",
            "top:12",
            "--shard-size",
            "150",
            "--out",
            dir + "/set");
    assertThat(run.exit()).as(run.all()).isZero();
    assertThat(run.out())
        .containsPattern("images dropped by a list +" + copies)
        .contains("1 line of " + list + " names no image");
    Map<String, String> set = contents(dir.resolve("set"));
    Map<String, String> whole = contents(dir.resolve("whole"));
    for (String same : List.of("curated-000000.tar", "curated-000001.tar", "tags.csv")) {
      assertThat(set.get(same)).as(same).isEqualTo(whole.get(same)).isNotNull();
    }
  }

  @Test
  void sizesHaveUnits() {
    ByteSize size = new ByteSize();
    assertThat(size.convert("4096")).isEqualTo(4096);
    assertThat(size.convert("512m")).isEqualTo(512L << 20);
    assertThat(size.convert("2G")).isEqualTo(2L << 30);
  }

  /** Starts the verb in a process of its own, in which no file may exceed so many KiB. */
  private Process start(int fileKibibytes, String... options) throws IOException {
    List<String> command = new ArrayList<>();
    command.addAll(List.of("bash", "-c", "ulimit -f " + fileKibibytes + "; exec \"$@\"", "bash"));
    command.add(Path.of(System.getProperty("java.home", ""), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-XX:-UsePerfData", "-Djava.awt.headless=true", "-cp"));
    command.addAll(List.of(System.getProperty("java.class.path", ""), Main.class.getName()));
    command.addAll(List.of("curate", "--input", dir + "/world/train-*.tar", "--threads", "1"));
    command.addAll(List.of("--vocabulary", "top:12", "--memory", "16M"));
    command.addAll(List.of(options));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  private Map<String, String> contents(Path folder) throws IOException {
    Map<String, String> contents = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        byte[] bytes = Files.readAllBytes(file);
        contents.put(file.getFileName().toString(), Base64.getEncoder().encodeToString(bytes));
      }
    }
    return contents;
  }

  @Test
  @Timeout(300)
  void aFullDiskIsToldWithItsFileAndTheRunGoesOnLater() throws Exception {
    String out = dir.resolve("set").toString();
    Process full = start(256, "--shard-size", "300", "--out", out); // a shard has about 600 KiB
    String text = new String(full.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(full.waitFor()).as(text).isEqualTo(1);
    assertThat(text).contains("cannot write " + out + ".partial/curated-000000.tar");
    assertThat(dir.resolve("set")).doesNotExist();
    String[] again = {"--vocabulary", "top:12", "--shard-size", "300", "--out", out, "--resume"};
    CommandRun resumed = curate(again);
    assertThat(resumed.exit()).as(resumed.all()).isZero();
    again[5] = dir.resolve("whole").toString();
    assertThat(curate(again).exit()).isZero();
    assertThat(contents(dir.resolve("set"))).isEqualTo(contents(dir.resolve("whole")));
  }

  @Test
  @Timeout(300)
  void aKilledProcessLeavesAPartThatIsGoneOnWith() throws Exception {
    Path set = dir.resolve("set");
    Process killed = start(1 << 20, "--shard-size", "2", "--out", set.toString());
    while (!Files.exists(dir.resolve("set.partial/curated-000003.tar"))) {
      assertThat(killed.isAlive()).isTrue();
      Thread.sleep(2);
    }
    killed.destroyForcibly().waitFor();
    assertThat(set).doesNotExist();
    String[] options = {
      "--vocabulary", "top:12", "--shard-size", "2", "--out", set.toString(), "--resume"
    };
    CommandRun resumed = curate(options);
    assertThat(resumed.exit()).as(resumed.all()).isZero();
    options[5] = dir.resolve("whole").toString();
    assertThat(curate(options).exit()).isZero();
    assertThat(contents(set)).isEqualTo(contents(dir.resolve("whole")));
  }
}
