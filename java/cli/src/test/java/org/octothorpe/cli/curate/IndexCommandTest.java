package org.octothorpe.cli.curate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.cli.CommandRun;
import org.octothorpe.cli.world.World;
import org.octothorpe.data.Samples;

/** The verb on the shards of a small drawn world. */
class IndexCommandTest {
  @TempDir Path dir;
  private Path first = Path.of("");

  @BeforeEach
  void drawWorld() throws IOException {
    new World(1, 16, 60, 10, 10).write(dir, 2);
    first = dir.resolve("train-000000.tar");
  }

  private CommandRun index(String... options) {
    String[] arguments = {"index", "--data", dir + "/train-*.tar"};
    String[] all = Arrays.copyOf(arguments, arguments.length + options.length);
    System.arraycopy(options, 0, all, arguments.length, options.length);
    return CommandRun.of(all);
  }

  @Test
  void writesAndChecksIndexes() throws IOException {
    Samples samples = Samples.open(dir + "/train-*.tar");
    CommandRun run = index();
    assertThat(run.exit()).as(run.all()).isZero();
    assertThat(run.out())
        .contains("indexing: 100 %")
        .containsPattern("train-000000\\.tar +\\d+ +written");
    assertThat(dir.resolve("train-000000.tar.index")).exists();
    assertThat(Samples.open(dir + "/train-*.tar").all()).isEqualTo(samples.all());
    CommandRun check = index("--check");
    assertThat(check.exit()).as(check.all()).isZero();
    assertThat(check.out()).containsPattern("train-000000\\.tar +\\d+ +good");
    Path damaged = dir.resolve("train-000000.tar.index");
    Files.write(damaged, Arrays.copyOf(Files.readAllBytes(damaged), 100));
    check = index("--check");
    assertThat(check.exit()).isEqualTo(1);
    assertThat(check.err())
        .contains(damaged + ": its SHA-256 is wrong", "without --check they are written again");
  }

  @Test
  void corruptShardsAreNamedAndCounted() throws IOException {
    byte[] bytes = Files.readAllBytes(first);
    Files.write(first, Arrays.copyOf(bytes, bytes.length / 2 / 512 * 512));
    CommandRun run = index("--max-bad", "1");
    assertThat(run.exit()).as(run.all()).isZero();
    assertThat(run.err())
        .contains(first + ": ", "(truncated)", "1 shard is cut short", "1 bad item was left out");
    assertThat(run.out()).containsPattern("train-000000\\.tar +\\d+ +none: 1 bad");
    assertThat(dir.resolve("train-000000.tar.index")).doesNotExist();
    run = index(); // half of the samples are lost, not one
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("of them in the lost part of 1 shard), but at most 1 may be");
    run = index("--max-bad", "0");
    assertThat(run.err()).contains("but at most 0 may be");
    assertThat(index("--max-bad", "2").err()).contains("--max-bad is 2.0, but must be in [0,1]");
    Files.writeString(dir.resolve("labels.csv"), "file,tags\n");
    assertThat(CommandRun.of("index", "--data", dir.toString()).err())
        .contains("labels.csv is not a plain shard; only a .tar has an index beside it");
  }
}
