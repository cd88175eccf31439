package org.octothorpe.cli.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.cli.CommandRun;
import org.octothorpe.cli.Main;
import org.octothorpe.cli.world.World;
import org.octothorpe.io.RunFolder;

class TrainCommandTest {
  @TempDir static Path folder;

  @BeforeAll
  static void drawWorld() throws IOException {
    new World(5, 16, 300, 10, 10).write(folder, 2);
  }

  private static String[] arguments(String out, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                "--data",
                folder.resolve("train-*.tar").toString(),
                "--vocabulary",
                "top:20"));
    arguments.addAll(
        List.of("--model", "resnext14_2x8d_w8", "--image-size", "16", "--batch", "10"));
    arguments.addAll(List.of("--images", "800", "--checkpoint-every", "100", "--out", at(out)));
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }

  private static String at(String name) {
    return folder.resolve(name).toString();
  }

  private static CommandRun train(String out, String... more) {
    CommandRun run = CommandRun.of(arguments(out, more));
    assertThat(run.exit()).as(run.all()).isZero();
    return run;
  }

  private static void assertSameCheckpoint(String run, String other) throws IOException {
    for (String file : List.of("model.safetensors", "optimizer.safetensors")) {
      assertThat(
              Files.mismatch(
                  folder.resolve(run + "/latest/" + file),
                  folder.resolve(other + "/latest/" + file)))
          .as("first differing byte of %s", file)
          .isEqualTo(-1);
    }
  }

  /** A run in a process of its own, which prints to a file. */
  private static Process child(String out, String... more) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home", ""), "bin", "java").toString());
    String cache = System.getProperty("org.bytedeco.javacpp.cachedir", "");
    if (!cache.isEmpty()) {
      command.add("-Dorg.bytedeco.javacpp.cachedir=" + cache);
    }
    command.addAll(
        List.of("-Xmx1g", "-cp", System.getProperty("java.class.path", ""), Main.class.getName()));
    command.addAll(List.of(arguments(out, more)));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve(out + ".log").toFile())
        .start();
  }

  private static void awaitCheckpoint(Process process, String out, String name)
      throws IOException, InterruptedException {
    Path checkpoint = folder.resolve(out).resolve("checkpoints").resolve(name);
    Path latest = folder.resolve(out).resolve("latest");
    for (int i = 0; i < 3000 && process.isAlive(); i++) {
      if (Files.exists(checkpoint) && Files.exists(latest)) {
        return;
      }
      Thread.sleep(10);
    }
    assertThat(Files.exists(latest)).as(log(out)).isTrue();
  }

  private static String log(String out) throws IOException {
    return Files.readString(folder.resolve(out + ".log"), StandardCharsets.UTF_8);
  }

  @Test
  void writesARunFolderAndLearns() throws IOException {
    CommandRun run = train("whole");
    assertThat(run.out()).contains("Finished after 800 images");
    for (String file :
        List.of("config.json", "log.csv", "loss.png", "vocabulary.txt", "latest/state.json")) {
      assertThat(folder.resolve("whole").resolve(file)).as(file).isNotEmptyFile();
    }
    assertThat(Files.readAllLines(folder.resolve("whole/log.csv"))).hasSize(81);
  }

  @Test
  void theSameSeedGivesTheSameBytesAndAnotherDoesNot() throws IOException {
    train("seed-a", "--seed", "7");
    train("seed-b", "--seed", "7", "--loader-threads", "1");
    train("seed-c", "--seed", "8");
    assertSameCheckpoint("seed-a", "seed-b");
    assertThat(
            Files.mismatch(
                folder.resolve("seed-a/latest/model.safetensors"),
                folder.resolve("seed-c/latest/model.safetensors")))
        .isNotEqualTo(-1);
  }

  @Test
  void aDeterministicRunDoesNotDependOnTheThreads() throws IOException {
    train("one", "--deterministic", "--threads", "1");
    train("two", "--deterministic", "--threads", "2");
    assertSameCheckpoint("one", "two");
  }

  @Test
  void aKilledRunGoesOnBitForBit() throws IOException, InterruptedException {
    train("undisturbed");
    Process process = child("killed");
    awaitCheckpoint(process, "killed", "images-000000000200");
    process.destroyForcibly().waitFor();
    train("killed", "--resume");
    assertSameCheckpoint("killed", "undisturbed");
    // The log is that of one run: the lines behind the checkpoint were cut off.
    assertThat(Files.readAllLines(folder.resolve("killed/log.csv"))).hasSize(81);
  }

  @Test
  void anInterruptedRunWritesACheckpointAndGoesOn() throws IOException, InterruptedException {
    train("calm");
    Process process = child("interrupted");
    awaitCheckpoint(process, "interrupted", "images-000000000100");
    process.destroy(); // SIGTERM; Ctrl-C is SIGINT, which the JVM treats alike
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    try (RunFolder run = RunFolder.open(folder.resolve("interrupted"))) {
      assertThat(run.resume()).isPresent();
    }
    train("interrupted", "--resume");
    assertSameCheckpoint("interrupted", "calm");
  }

  @Test
  void aSecondProcessIsRefused() throws IOException {
    train("shared");
    try (RunFolder held = RunFolder.open(folder.resolve("shared"))) {
      CommandRun run = CommandRun.of(arguments("shared", "--resume"));
      assertThat(run.exit()).as(run.all()).isEqualTo(1);
      assertThat(run.err()).contains(held.path().toString());
    }
  }

  @Test
  void aRunIsNotOverwritten() {
    train("kept");
    CommandRun run = CommandRun.of(arguments("kept"));
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err())
        .contains("holds a run already; go on with it by --resume, or give another --out");
  }

  @Test
  void resumingWithOtherSettingsIsRefused() {
    train("settled");
    CommandRun run = CommandRun.of(arguments("settled", "--resume", "--lr", "0.5"));
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("--lr is 0.5, but the run in");
  }

  @Test
  void aHopelessLearningRateStopsWithTheLastGoodCheckpoint() {
    CommandRun run = CommandRun.of(arguments("wild", "--lr", "1e30", "--warmup", "200"));
    assertThat(run.exit()).as(run.all()).isEqualTo(1);
    assertThat(run.err()).contains("at learning rate").contains("Last good checkpoint: ");
  }

  @Test
  void impossibleOptionsAreRefused() {
    CommandRun run = CommandRun.of(arguments("never", "--stem", "huge"));
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err()).contains("--stem is 'huge', but must be auto, full or small");
    CommandRun empty =
        CommandRun.of(
            "train", "--data", at("nothing-*.tar"), "--images", "10", "--out", at("empty"));
    assertThat(empty.exit()).as(empty.all()).isEqualTo(1);
    assertThat(empty.err()).contains("nothing-*.tar");
    // A run that never began leaves nothing, so that the corrected command can have the folder.
    assertThat(folder.resolve("empty")).doesNotExist();
  }
}
