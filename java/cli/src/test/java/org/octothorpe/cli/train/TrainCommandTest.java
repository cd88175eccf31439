package org.octothorpe.cli.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.octothorpe.cli.CommandRun;
import org.octothorpe.cli.Main;
import org.octothorpe.cli.world.World;
import org.octothorpe.internal.AtomicFiles;
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
    for (String option : more) { // in place of the default
      int at = option.startsWith("--") ? arguments.indexOf(option) : -1;
      if (at >= 0) {
        arguments.subList(at, at + 2).clear();
      }
    }
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
    return new ProcessBuilder(childCommand(out, more))
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve(out + ".log").toFile())
        .start();
  }

  private static List<String> childCommand(String out, String... more) {
    // A shell starts what runs in its background, tests as well, with SIGINT ignored, and a JVM
    // that finds it ignored
    // leaves it so.
    List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
    command.add(Path.of(System.getProperty("java.home", ""), "bin", "java").toString());
    String cache = System.getProperty("org.bytedeco.javacpp.cachedir", "");
    if (!cache.isEmpty()) {
      command.add("-Dorg.bytedeco.javacpp.cachedir=" + cache);
    }
    command.addAll(
        List.of("-Xmx1g", "-cp", System.getProperty("java.class.path", ""), Main.class.getName()));
    command.addAll(List.of(arguments(out, more)));
    return command;
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
    // SIGINT, which is what Ctrl-C sends.
    new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertInterrupted(process, "interrupted");
    try (RunFolder run = RunFolder.open(folder.resolve("interrupted"))) {
      assertThat(run.resume()).isPresent();
    }
    train("interrupted", "--resume");
    assertSameCheckpoint("interrupted", "calm");
  }

  private static void assertInterrupted(Process process, String out) throws IOException {
    assertThat(process.exitValue()).as(log(out)).isEqualTo(130);
    assertThat(log(out))
        .contains("Stopped after ")
        .contains(
            "checkpoint written; continue with: ./octothorpe train --resume --out " + at(out));
  }

  /** Under a terminal of its own, to which the byte of Ctrl-C is typed. */
  @Test
  void ctrlCOnATerminalWritesACheckpoint() throws IOException, InterruptedException {
    assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/script")), "needs script(1) of util-linux for a pty");
    train("still");
    String command =
        childCommand("typed").stream()
            .map(word -> "'" + word.replace("'", "'\\''") + "'")
            .collect(Collectors.joining(" "));
    ProcessBuilder builder =
        new ProcessBuilder("/usr/bin/script", "-qec", "exec " + command, "/dev/null")
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("typed.log").toFile());
    builder.environment().put("TERM", "xterm"); // so that the bar is painted
    builder.environment().put("SHELL", "/bin/sh");
    Process process = builder.start();
    try (OutputStream keyboard = process.getOutputStream()) {
      awaitCheckpoint(process, "typed", "images-000000000100");
      keyboard.write(3); // Ctrl-C
      keyboard.flush();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(log("typed")).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertInterrupted(process, "typed");
    assertThat(log("typed")).contains("/800  ");
    train("typed", "--resume");
    assertSameCheckpoint("typed", "still");
  }

  @Test
  void aRunWithoutWhatItWroteIsNotStartedAgain() throws IOException {
    for (String part : List.of("vocabulary.txt", "checkpoints", "latest")) {
      String out = "without-" + part;
      train(out);
      AtomicFiles.deleteTree(folder.resolve(out).resolve(part));
      if (part.equals("latest")) {
        AtomicFiles.deleteTree(folder.resolve(out).resolve("checkpoints"));
        Files.createDirectory(folder.resolve(out).resolve("checkpoints"));
      }
      CommandRun run = CommandRun.of("train", "--resume", "--out", at(out));
      assertThat(run.exit()).as(run.all()).isEqualTo(1);
      String missing =
          part.equals("latest") ? "checkpoints has no checkpoint" : part + " is missing";
      assertThat(run.err()).contains(out + "/" + missing);
    }
  }

  @Test
  void aRunThatWasEndedBeforeItsFirstCheckpointBeginsAgain() throws IOException {
    train("early");
    AtomicFiles.deleteTree(folder.resolve("early/checkpoints"));
    AtomicFiles.deleteTree(folder.resolve("early/latest"));
    Files.createDirectory(folder.resolve("early/checkpoints"));
    List<String> log = Files.readAllLines(folder.resolve("early/log.csv"));
    Files.write(folder.resolve("early/log.csv"), log.subList(0, 6));
    CommandRun run = CommandRun.of("train", "--resume", "--out", at("early"));
    assertThat(run.exit()).as(run.all()).isZero();
    assertThat(run.out()).contains("ended before its first checkpoint: it begins again");
    assertThat(Files.readAllLines(folder.resolve("early/log.csv"))).isNotEmpty().hasSize(81);
  }

  @Test
  void aMissingLogIsNamed() throws IOException {
    train("unlogged");
    Files.delete(folder.resolve("unlogged/log.csv"));
    CommandRun run = CommandRun.of("train", "--resume", "--out", at("unlogged"));
    assertThat(run.exit()).as(run.all()).isZero();
    assertThat(run.out()).contains("unlogged/log.csv is missing").doesNotContain("NaN");
  }

  @Test
  void allMistakesAreReportedBeforeTheFolderIsLookedAt() {
    train("taken");
    CommandRun run =
        CommandRun.of(
            arguments(
                "taken", "--model", "resnext14_2x8", "--vocabulary", "most", "--stem", "huge"));
    assertThat(run.exit()).as(run.all()).isEqualTo(2);
    assertThat(run.err())
        .contains("model is 'resnext14_2x8', but must be", "the 'd' behind C is missing")
        .contains("vocabulary is 'most', but must be top:N")
        .contains("--stem is 'huge', but must be auto, full or small")
        .doesNotContain("holds a run already");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--images       | abc     | --images is 'abc', but must be a whole number",
        "--lr           | fast    | --lr is 'fast', but must be a number",
        "--lr           | -1      | learning rate is -1.0, but must be finite and > 0",
        "--momentum     | 2       | momentum is 2.0, but must be in [0,1)",
        "--loss         | hinge   | --loss is 'hinge', but must be one of: softmax, sigmoid",
        "--dtype        | i32     | --dtype is 'i32', but must be one of: f32, bf16",
        "--device       | gpu     | device is 'gpu', but must be one of",
        "--image-size   | 0       | --image-size is 0, but must be in [1,4096]",
        "--loader-threads | -3    | --loader-threads is -3, but must be in [0,256]",
        "--threads      | -1      | --threads is -1, but must be in [0,1024]",
        "--warmup       | 900     | warm-up is 900 images, but must be in [0,800]",
        "--model | resnext14_2x8d_w0 | the P of its suffix _w0 must be >= 1",
        "--color       | red     | Unknown option",
      })
  void aUsageMistakeEndsWithExitCode2(String option, String value, String message) {
    CommandRun run = CommandRun.of(arguments("mistaken", option, value));
    assertThat(run.exit()).as(run.all()).isEqualTo(2);
    assertThat(run.err()).contains(message);
    assertThat(folder.resolve("mistaken")).doesNotExist();
  }

  @Test
  void whatIsMissingIsSaid() {
    CommandRun run = CommandRun.of("train", "--data", at("train-*.tar"));
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err()).contains("--images is missing", "--out is missing");
  }

  @ParameterizedTest
  @CsvSource({"1, padded, small", "1, crop, full", "3, padded, full"})
  void theSmallestImagesTrain(String size, String augment, String stem) {
    String out = "dots-" + size + augment;
    train(out, "--image-size", size, "--augment", augment, "--stem", stem, "--images", "40");
  }

  @Test
  void softmaxOfOneTagIsRefused() {
    CommandRun run = CommandRun.of(arguments("lone", "--vocabulary", "top:1"));
    assertThat(run.exit()).as(run.all()).isEqualTo(1);
    assertThat(run.err()).contains("softmax needs at least 2 tags; the vocabulary has 1");
  }

  @Test
  void aBatchThatMemoryDoesNotHoldIsRefusedWithItsBytes() throws IOException {
    assumeTrue(
        !Files.readString(Path.of("/proc/sys/vm/overcommit_memory")).startsWith("1"),
        "needs a system that does not promise more memory than it has");
    CommandRun run =
        CommandRun.of(
            arguments("huge", "--image-size", "2048", "--batch", "65536", "--images", "65536"));
    assertThat(run.exit()).as(run.all()).isEqualTo(1);
    assertThat(run.err())
        .containsPattern("no memory for [0-9]+ bytes on the cpu; [0-9,]+ MiB are free")
        .contains("it grows with --batch 65536 and --image-size 2048: a smaller one needs less");
    assertThat(folder.resolve("huge")).doesNotExist();
  }

  @Test
  void aShortRunWarmsUpOverHalfOfItsSteps() throws IOException {
    CommandRun run = train("short", "--lr", "0.1", "--images", "400", "--checkpoint-every", "400");
    assertThat(run.out()).contains("Finished after 400 images");
    String first = Files.readAllLines(folder.resolve("short/log.csv")).get(1);
    // A warm-up of 20 of the 40 steps; the first has a twentieth of the peak, not 0.
    assertThat(Double.parseDouble(first.split(",", -1)[4])).isCloseTo(0.005, within(1e-9));
  }

  @Test
  void aShardThatIsCutShortIsNamedAtTheEnd() throws IOException {
    byte[] shard = Files.readAllBytes(folder.resolve("train-000000.tar"));
    Path cut = folder.resolve("cut.tar");
    Files.write(cut, Arrays.copyOf(shard, shard.length / 2));
    CommandRun refused =
        CommandRun.of(arguments("refused", "--data", cut.toString(), "--images", "40"));
    assertThat(refused.exit()).as(refused.all()).isEqualTo(1);
    assertThat(refused.err()).contains(" of them in the lost part of 1 shard), but at most 1 may");
    CommandRun run = train("cut", "--data", cut.toString(), "--images", "40", "--max-bad", "0.9");
    String end = run.out().substring(run.out().indexOf("arena"));
    assertThat(end)
        .contains("WARNING: 1 shard is cut short or overwritten:")
        .containsPattern("cut\\.tar, [0-9]+ samples read, about [0-9]+ lost")
        .contains("WARNING: 1 bad item was left out: " + at("cut/bad.txt"));
    assertThat(folder.resolve("cut/bad.txt")).content().contains("truncated");
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
        .contains("holds a run already; continue it with --resume, or give another --out");
  }

  @Test
  void resumingWithOtherSettingsIsRefused() {
    Path here = Path.of("").toAbsolutePath();
    String data = at("train-*.tar");
    train("settled", "--data", here.relativize(Path.of(data)).toString());
    // A run is resumed from any working folder.
    assertThat(folder.resolve("settled/config.json")).content().contains('"' + data + '"');
    train("settled", "--resume", "--data", data);
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
