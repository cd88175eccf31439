package org.octothorpe.cli.curate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.cli.CommandRun;
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
    java.util.ArrayList<String> arguments = new java.util.ArrayList<>();
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
    Files.createDirectory(dir.resolve("set"));
    CommandRun run = curate("--out", out, "--vocabulary", "top:5");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("set exists; give another folder").hasLineCount(1);
  }

  @Test
  void sizesHaveUnits() {
    ByteSize size = new ByteSize();
    assertThat(size.convert("4096")).isEqualTo(4096);
    assertThat(size.convert("512m")).isEqualTo(512L << 20);
    assertThat(size.convert("2G")).isEqualTo(2L << 30);
  }
}
